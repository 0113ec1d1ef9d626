"""Rules that turn released rows into proposals, for a person to approve.

A rule is data: an indicator, conditions on its released rows, and a text. It proposes nothing
by itself; every proposal names the rule and the rows it rests on.

``rules``      what a rule is, and how ``recommendations.yaml`` is read and checked
``support``    released rows as rules see them: which difference is supported, which limit counts
``proposing``  what the rules propose for an area, and why some of them are silent
"""

from analysis.recommendations.proposing import Proposal, missing_sources, propose
from analysis.recommendations.rules import (
    PLACEHOLDERS,
    RULES_FILE,
    Condition,
    Rule,
    Rules,
    read_rules,
)

__all__ = [
    "PLACEHOLDERS",
    "RULES_FILE",
    "Condition",
    "Proposal",
    "Rule",
    "Rules",
    "missing_sources",
    "propose",
    "read_rules",
]
