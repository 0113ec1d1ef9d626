"""Czech names in all the forms in which a sentence may hold them.

The endings are made by the last letters of a name, generously: a form that nobody uses does no
harm, a form that is missing would let a name through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SOFT = "žščřcjďťň"
_SOFTENED = {"k": "c", "h": "z", "g": "z", "r": "ř"}
_SOFTENED_CH = ("ch", "š")
_POSSESSIVE_HIS = ("ův", "ova", "ovo", "ovy", "ovu", "ově", "ovou", "ových", "ovým", "ovými", "ovi")
_POSSESSIVE_HERS = (
    "in",
    "ina",
    "ino",
    "iny",
    "inu",
    "ině",
    "inou",
    "iných",
    "iným",
    "inými",
    "ini",
)
_ADJECTIVE = ("ý", "ého", "ému", "ým", "ém", "í", "ých", "ými", "á", "é", "ou")
_SOFT_ADJECTIVE = ("í", "ího", "ímu", "ím", "ích", "ími")
_MASCULINE = ("", "a", "u", "e", "i", "ovi", "em", "ové", "ů", "ům", "y", "ech", "ích", "ovic")
_FEMININE = ("a", "y", "i", "ě", "e", "u", "o", "ou", "ám", "ách", "ami", "")
_MARRIED = ("ová", "ové", "ovou", "ových", "ovým", "ovými")
_HARDENED = {"ě": {"n": "ň", "d": "ď", "t": "ť"}}


def given_forms(name: str, sex: str) -> frozenset[str]:
    """A given name in its cases, the plural and what belongs to its bearer.

    Parameters
    ----------
    name
        In the nominative.
    sex
        ``male`` or ``female``.
    """
    forms = _male_given(name) if sex == "male" else _female_given(name)
    return frozenset({name, *forms})


def family_forms(name: str) -> frozenset[str]:
    """A family name, given as men bear it, in the forms of men, women and families."""
    return frozenset({name, *_family(name)})


def place_forms(word: str) -> frozenset[str]:
    """One word of the name of a place in its cases."""
    return frozenset({word, *_place(word)})


# --- given names --------------------------------------------------------------------------


def _male_given(name: str) -> Iterator[str]:
    if name[-1] in "ýí":
        stem = name[:-1]
        yield from _joined(stem, (*_SOFT_ADJECTIVE, "íkovi", "íka", "íkem", "íku", "íků"))
    elif name[-1] == "é":
        yield from _joined(name, ("", "ho", "mu", "m", "ův", "ovi"))
    elif name[-1] in "aoe":
        yield from _joined(name[:-1], _FEMININE)
        yield from _joined(name[:-1], (*_MASCULINE, *_POSSESSIVE_HIS))
    else:
        yield from _of_consonant(name)


def _of_consonant(name: str) -> Iterator[str]:
    for stem in _stems(name):
        yield from _joined(stem, (*_MASCULINE, *_POSSESSIVE_HIS))
        yield stem[:-1] + _SOFTENED.get(stem[-1], stem[-1]) + "e"
        yield stem[:-1] + {"k": "č", "c": "č"}.get(stem[-1], stem[-1]) + "e"
        yield stem[:-1] + _SOFTENED.get(stem[-1], stem[-1]) + "i"


def _stems(name: str) -> Iterator[str]:
    """The stem, and the one without the vowel that other cases drop (Pavel, Pavla)."""
    yield name
    dropped = re.fullmatch(r"(.+[^aeiouyáéíóúůýě])(e|ě)([klc])", name)
    if dropped:
        before, vowel, last = dropped.groups()
        harder = _HARDENED.get(vowel, {})
        yield before[:-1] + harder.get(before[-1], before[-1]) + last
    if name.endswith("ůj"):
        yield name[:-2] + "oj"


def _female_given(name: str) -> Iterator[str]:
    if name[-1] == "a":
        stem = name[:-1]
        yield from _joined(stem, _FEMININE)
        soft = _softened(stem)
        yield from (soft + "e", soft + "ě", _palatal(stem) + "e")
        yield from _joined(_palatal(stem), _POSSESSIVE_HERS)
        if stem[-1] in "ňďť":
            plain = stem[:-1] + {"ň": "n", "ď": "d", "ť": "t"}[stem[-1]]
            yield from _joined(plain, ("i", "ě", *_POSSESSIVE_HERS))
    elif name[-1] in "eě":
        yield from _joined(name[:-1], ("e", "ě", "i", "í", "ím", "ích", "emi", "u", "o", "ou"))
        yield from _joined(name[:-1], _POSSESSIVE_HERS)
    else:
        yield from _joined(name, ("", "y", "u", "ou", "i", "í", "e", "ě", *_POSSESSIVE_HERS))
        yield from _joined(_softened(name), ("e", "in", "ina", "iny"))


def _softened(stem: str) -> str:
    if stem.endswith(_SOFTENED_CH[0]):
        return stem[:-2] + _SOFTENED_CH[1]
    return stem[:-1] + _SOFTENED.get(stem[-1], stem[-1])


def _palatal(stem: str) -> str:
    """The stem before ``-in``: Lenka, Lenčin; Olga, Olžin; Petra, Petřin."""
    if stem.endswith("ch"):
        return stem[:-2] + "š"
    return stem[:-1] + {"k": "č", "g": "ž", "h": "ž", "r": "ř"}.get(stem[-1], stem[-1])


# --- family names -------------------------------------------------------------------------


def _family(name: str) -> Iterator[str]:
    last = name[-1]
    if last == "ý":
        yield from _joined(name[:-1], _ADJECTIVE)
    elif last == "í":
        yield from _joined(name[:-1], (*_SOFT_ADJECTIVE, "ovi", *_MARRIED))
    elif last == "ů":
        yield name
    elif last in "aoe" or last == "ě":
        yield from _joined(name[:-1], (*_FEMININE, *_MASCULINE, *_POSSESSIVE_HIS, *_MARRIED))
        yield from _joined(name, ("te", "ti", "tem", "ťová", "tová", "tové", "tovou"))
    else:
        yield from _of_consonant(name)
        for stem in _stems(name):
            yield from _joined(stem, _MARRIED)
        yield from _joined(_softened(name), ("i",))


# --- places -------------------------------------------------------------------------------


def _place(word: str) -> Iterator[str]:
    last = word[-1]
    if word.endswith("ice"):
        yield from _joined(word[:-2], ("ce", "c", "cím", "cích", "cemi", "ci", "cí"))
    elif last == "e" and word.endswith("iště"):
        yield from _joined(word[:-1], ("e", "ě", "i", "ím", "ích"))
    elif last == "y":
        yield from _joined(word[:-1], ("y", "", "ům", "ám", "ech", "ách", "ami"))
        yield from _joined(_softened(word[:-1]), ("ích",))
    elif last in "ýáé":
        yield from _joined(word[:-1], _ADJECTIVE)
    elif last == "í":
        yield from _joined(word[:-1], _SOFT_ADJECTIVE)
    elif last in "aoeě":
        stem = word[:-1]
        yield from _joined(stem, (*_FEMININE, "em", "ím", "í", "ích", "ech", "ů", "ům", "ách"))
        yield from _joined(_softened(stem), ("e", "ě", "i", "ích"))
    else:
        for stem in _stems(word):
            yield from _joined(stem, ("", "a", "u", "e", "ě", "i", "í", "em", "ov", "ích", "ech"))
            yield from _joined(_softened(stem), ("e", "i", "ích"))


def _joined(stem: str, endings: tuple[str, ...]) -> Iterator[str]:
    return (stem + ending for ending in endings)
