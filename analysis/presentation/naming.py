"""The names of things in a study, in one language: indicators, categories, groups, areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from analysis.presentation.numbers import NO_BREAK_SPACE
from analysis.presentation.wording import Words, capitalised, words
from analysis.study import Study
from analysis.study_definitions.rows import Indicator
from analysis.territory import Case

Form = Literal["label", "short", "accusative"]
_PLURAL_CASES = ("genitive", "dative", "locative")
#: The placeholders that every text of a make-up may use.
PLACE_NAMES = (
    "area", "area_genitive", "area_locative", "name", "name_genitive", "name_locative",
    "whole", "rest", "in_whole",
)  # fmt: skip


@dataclass(frozen=True)
class Names:
    """What things are called; falls back to the study's default language, then to codes."""

    study: Study
    language: str
    _categories: dict[str, dict[str, Mapping[Form, str]]] = field(default_factory=dict)

    @cached_property
    def words(self) -> Words:
        """The phrases of the language."""
        return words(self.language)

    def text(self, labels: Mapping[str, str], otherwise: str = "") -> str:
        """A label in the language, typeset."""
        chosen = labels.get(self.language) or labels.get(self.study.card.default_language)
        return self.words.typeset(chosen or otherwise)

    # --- indicators -------------------------------------------------------------------------

    def indicator(self, code: str) -> str:
        """An indicator in words."""
        return self.text(self.definition(code).label, code)

    def definition(self, code: str, category: str = "") -> Indicator:
        """The definition of an indicator, the one of its category where it has own rows."""
        found = self.study.indicator(code)
        own = (indicator for indicator in found if indicator.category == category)
        return next(own, found[0])

    def unit(self, code: str, category: str = "") -> str:
        """``percent``, ``points`` or ``number``."""
        return self.definition(code, category).unit

    def category(self, code: str, category: str, form: Form = "label") -> str:
        """A category of an indicator in words; empty for the only one."""
        forms = self._forms(code).get(category)
        return forms[form] if forms else category

    def categories(self, code: str) -> list[str]:
        """The categories of an indicator in the order of their definition."""
        return list(self._forms(code))

    def full(self, code: str, category: str = "") -> str:
        """Indicator and category in one, such as ``Aided awareness: shelters``.

        A category that repeats the indicator's name stands alone.
        """
        inner, name = self.category(code, category), self.indicator(code)
        if inner and name.lower() in inner.lower():
            return capitalised(inner)
        return f"{name}: {inner}" if inner else name

    def list_of(self, code: str) -> str | None:
        """The list whose choices are the categories of an indicator."""
        over = self._over(code)
        if over is None:
            return None
        form = self.study.questionnaire
        return form.items_list(over) if over in form.groups else self.study.list_of(over)

    def is_multiple(self, code: str) -> bool:
        """Whether the categories are answers of which several could be given."""
        over = self._over(code)
        return over is not None and self.study.questionnaire.is_multiple(over)

    def is_single(self, code: str) -> bool:
        """Whether the values are the shares of all answers to a single-choice question."""
        first = self.study.indicator(code)[0]
        return bool(
            first.over
            and first.statistic == "share"
            and first.select is None
            and self.study.list_of(first.over)
            and not self.study.questionnaire.is_multiple(first.over)
        )

    def _over(self, code: str) -> str | None:
        first = self.study.indicator(code)[0]
        if first.over or len(first.sources) != 1:
            return first.over
        return self.study.indicator(first.sources[0])[0].over

    def _forms(self, code: str) -> dict[str, Mapping[Form, str]]:
        if code not in self._categories:
            self._categories[code] = self._read_forms(code)
        return self._categories[code]

    def _read_forms(self, code: str) -> dict[str, Mapping[Form, str]]:
        over = self._over(code)
        if over is None:
            return {
                one.category: _same(self.text(one.category_label, one.category))
                for one in self.study.indicator(code)
            }
        form, list_name = self.study.questionnaire, self.list_of(code)
        items = dict(form.group_items(over)) if over in form.groups else None
        if list_name is None:
            return {
                item: _same(self.text(form.questions[name].label, item))
                for name, item in (items or {}).items()
            }
        return {
            choice.name: self._choice_forms(list_name, choice.name)
            for choice in form.choices[list_name]
            if items is None or choice.name in items.values()
        }

    def _choice_forms(self, list_name: str, name: str) -> Mapping[Form, str]:
        choice = self.study.questionnaire.choice(list_name, name)
        label = self.text(choice.label, name)
        short = choice.attributes.get(f"short_{self.language}") or label
        accusative = choice.attributes.get(f"accusative_{self.language}") or label
        typeset = self.words.typeset
        return {"label": label, "short": typeset(short), "accusative": typeset(accusative)}

    # --- breakdowns -------------------------------------------------------------------------

    def breakdown(self, name: str) -> str:
        """A breakdown variable in words."""
        return self.words.typeset(self.study.label_of(name, self.language))

    def groups(self, breakdown: str) -> list[str]:
        """The groups of a breakdown in the order of their list."""
        list_name = self.study.list_of(breakdown)
        return list(self.study.questionnaire.choice_names(list_name)) if list_name else []

    def group(self, breakdown: str, group: str) -> str:
        """A group in words; its code where the list does not have it."""
        list_name = self.study.list_of(breakdown)
        if list_name is None or group not in self.groups(breakdown):
            return group
        return self.text(self.study.questionnaire.choice(list_name, group).label, group)

    # --- places -----------------------------------------------------------------------------

    def area(self, code: str) -> str:
        """An area's bare name; the whole's for the code of the whole."""
        if code == self.study.whole:
            return self.whole
        areas = self.study.areas
        return str(areas.loc[code, "name"]) if code in areas.index else code

    def area_titled(self, code: str) -> str:
        """An area's name with the title of its kind, where the study card gives one."""
        title = self.text(self.study.card.area_title) if self.study.card.area_title else ""
        name = self.area(code)
        if not title or code == self.study.whole:
            return name
        return self.words.typeset(self.words.say("place.area", title=title, name=name))

    @cached_property
    def whole(self) -> str:
        """All areas together in words."""
        territory = self.study.territory
        if self.study.region and territory is not None:
            case: Case = "english" if self.language == "en" else "nominative"
            return self.words.typeset(territory.name(self.study.region, case))
        return self.words.say("place.whole_areas", **self.areas_plural)

    def by_kind(self, key: str) -> str:
        """The key of a phrase, of its own form for studies without a region if it has one."""
        own = f"{key}_areas"
        return own if not self.study.region and self.words.has(own) else key

    def say(self, key: str, **values: object) -> str:
        """A phrase, in its form for studies without a region where they need another.

        It may use what the areas are called in the plural: ``areas``, ``areas_genitive``,
        ``areas_dative``, ``areas_locative``.
        """
        return self.words.say(self.by_kind(key), **{**self.areas_plural, **values})

    @cached_property
    def areas_plural(self) -> Mapping[str, str]:
        """What the areas are called together, by placeholder: as the study card says, or areas."""
        title = self.study.card.area_title_plural.get(self.language)
        keys = {"areas": "nominative"} | {f"areas_{case}": case for case in _PLURAL_CASES}
        if title is None:
            return {key: self.words.say(f"place.{key}") for key in keys}
        return {
            key: self.words.typeset(title if isinstance(title, str) else getattr(title, case))
            for key, case in keys.items()
        }

    def areas_counted(self, number: int) -> str:
        """So many areas, under the name that the study card gives them."""
        card, plural = self.study.card, self.words.numbers.plural(number)
        named = card.area_title if plural == "one" else card.area_title_plural
        if self.language not in named:
            return self.words.count("areas", number)
        forms = {"one": card.area_title.get(self.language), "few": self.areas_plural["areas"]}
        form = forms.get(plural, self.areas_plural["areas_genitive"])
        return f"{self.words.numbers.whole(number)}{NO_BREAK_SPACE}{form}"

    @cached_property
    def place_values(self) -> dict[str, str]:
        """Placeholders that stand for the whole."""
        return {
            "whole": self.whole,
            "rest": self.say("place.rest"),
            "in_whole": self.say("place.in_whole"),
        }

    def area_values(self, code: str) -> dict[str, str]:
        """Placeholders that stand for an area, with its cases, and for the whole.

        ``area``, ``area_genitive`` and ``area_locative`` are the name with the title of its
        kind, which does not change; ``name…`` is the bare name. A locative has its
        preposition.
        """
        name = self._cases(code)
        titled = self.area_titled(code)
        if titled == name["name"]:
            own = {key.replace("name", "area", 1): text for key, text in name.items()}
        else:
            place = self.words.say("place.in_area", area=titled)
            own = {"area": titled, "area_genitive": titled, "area_locative": place}
        return {**own, **name, **self.place_values}

    def _cases(self, code: str) -> dict[str, str]:
        genitive, locative = self._inflected(code)
        typeset = self.words.typeset
        return {
            "name": self.area(code),
            "name_genitive": typeset(genitive),
            "name_locative": typeset(locative),
        }

    def _inflected(self, code: str) -> tuple[str, str]:
        """Genitive and locative, the latter with its preposition.

        The territory knows the Czech cases; a study's own areas have those of its default
        language. Elsewhere a name stands as it is.
        """
        name, territory = self.area(code), self.study.territory
        known = "cs" if self.study.region else self.study.card.default_language
        if self.language != known:
            return name, self.words.say("place.in_area", area=name)
        if code in self.study.areas.index:
            cases = self.study.areas.loc[code]
            return str(cases["genitive"]), str(cases["locative"])
        if territory is not None and self.study.region and code == self.study.whole:
            return territory.name(code, "genitive"), territory.name(code, "locative")
        return name, self.place_values["in_whole"]


def _same(text: str) -> Mapping[Form, str]:
    return {"label": text, "short": text, "accusative": text}
