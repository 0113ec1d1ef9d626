"""What the entries of a make-up have in common."""

from __future__ import annotations

from typing import ClassVar, Literal

from analysis.definitions import Definition

Labels = dict[str, str]
Style = Literal["body", "lead", "note"]


class BlockSpec(Definition):
    """What all entries of a chapter share; ``block`` names the type.

    ``only`` limits an entry to reports of one area (``area``) or of the whole (``whole``).
    """

    extra_placeholders: ClassVar[tuple[str, ...]] = ()

    block: str
    only: Literal["area", "whole"] | None = None
    sample: str | None = None
