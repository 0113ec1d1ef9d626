"""Open answers that may be offered to a person for quoting, without personal data.

An answer is offered only where enough people answered the question in that place, else under
the whole; with sex or age only where enough of each group did. What is offered is confidential
until a person has approved it: :mod:`analysis.release.texts` is the gate.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import pandas as pd
from pydantic import Field

from analysis.approvals import evidence_of
from analysis.definitions import Definition, Tree, parse_tree, read_tree, suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.questionnaire import Question
from analysis.release.personal_data import Scrubber
from analysis.release.rules import rule_set
from analysis.study import Study
from analysis.validation.missing import reveals

QUOTATIONS_FILE = "quotations.yaml"
#: Under so many answers nothing is quoted, whatever a study says.
LEAST_ANSWERED = 20


class QuotationRules(Definition):
    """``quotations.yaml``.

    Parameters
    ----------
    questions
        Open questions to be quoted from; all that are not sensitive when not given.
    minimum_answered
        Answers to the question in a place, or in a group there, from which one is quoted.
    most
        How many answers to a question are offered in one place.
    minimum_words, maximum_characters
        Shorter and longer texts are not offered.
    attributes
        Questions or derived variables that may be told of who answered, where every group
        of them in the place is large enough.
    small_place
        The name of a municipality with fewer inhabitants is removed.
    harmless
        Names that are no person's although they look so: institutions, services.
    """

    questions: tuple[str, ...] | None = None
    minimum_answered: int = Field(default=LEAST_ANSWERED, ge=LEAST_ANSWERED)
    most: int = Field(default=8, ge=1)
    minimum_words: int = Field(default=3, ge=1)
    maximum_characters: int = Field(default=300, ge=10)
    attributes: tuple[str, ...] = ()
    small_place: int = Field(default=2000, ge=0)
    harmless: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenAnswer:
    """A text that is offered for quoting.

    Parameters
    ----------
    item
        Its id: question, place and the beginning of a hash of the text.
    evidence
        Hash of the text and of what it rests on.
    question, sample, area
        What was asked, of whom, and the place it is quoted under: an area or the whole.
    text
        Without personal data, in the study's default language.
    n
        How many answered the question there; where the number itself would tell something
        sensitive, the smallest that is ever quoted from.
    n_at_least
        Whether ``n`` is only a lower bound.
    group
        Variable → code of what may be told of the person; may be empty.
    data_origin
        ``observed`` or ``modelled``.
    """

    item: str
    evidence: str
    question: str
    sample: str
    area: str
    text: str
    n: int
    n_at_least: bool
    group: Mapping[str, str]
    data_origin: str


def read_quotation_rules(study: Study) -> QuotationRules:
    """The rules of a study for quoting open answers; the defaults where it has no file.

    Raises
    ------
    WorkbenchError
        With an issue for each thing that cannot be meant.
    """
    path = study.files / QUOTATIONS_FILE
    tree = read_tree(path) if path.exists() else Tree({}, str(path), {})
    rules = parse_tree(QuotationRules, tree)
    issues = [*_question_issues(study, rules, tree), *_attribute_issues(study, rules, tree)]
    if issues:
        raise WorkbenchError(f"{QUOTATIONS_FILE} cannot be used", issues=issues)
    return rules


def quoted_questions(study: Study, rules: QuotationRules) -> list[Question]:
    """The open questions that are quoted from, in the order of the questionnaire."""
    return [
        question
        for question in study.questionnaire.questions.values()
        if question.type == "text"
        and not question.sensitive
        and (rules.questions is None or question.name in rules.questions)
    ]


def scrubber(study: Study, rules: QuotationRules) -> Scrubber:
    """What removes personal data from the answers of a study.

    Large towns and the study's areas stay; names of municipalities with few people go.
    """
    names = list(study.areas["name"])
    if study.territory is None or study.region is None:
        return Scrubber(harmless=[*names, *rules.harmless])
    territory = study.territory
    municipalities = territory.municipalities
    small = municipalities["population"] < rules.small_place
    large = municipalities.loc[~small, "name"]
    near = municipalities["region"] == study.region
    return Scrubber(
        small_places=set(municipalities.loc[small & near, "name"]) - set(large) - set(names),
        harmless=[*names, *large, *territory.regions["name"], *rules.harmless],
    )


def offer_answers(
    study: Study, frames: Mapping[str, pd.DataFrame]
) -> tuple[list[OpenAnswer], dict[str, list[dict[str, Any]]]]:
    """The open answers that a person may approve, and what to say of all open answers.

    Parameters
    ----------
    study
        The study.
    frames
        Sample → its checked answers with derived variables.

    Returns
    -------
    list of OpenAnswer
        By question and place, each in an order drawn by the study's seed, so that nobody
        has chosen which answers are offered first.
    dict
        Sample → a record for each open question asked of it: ``question``, ``answered``
        (None where the number would tell something sensitive or is small), ``offered`` and
        ``removed``, how many pieces of personal data by kind.
    """
    rules = read_quotation_rules(study)
    cleaner = scrubber(study, rules)
    offered: list[OpenAnswer] = []
    records: dict[str, list[dict[str, Any]]] = {}
    for sample, frame in frames.items():
        records[sample] = []
        asked = {question.name for question in study.questionnaire.asked_of(sample)}
        for question in quoted_questions(study, rules):
            if question.name in asked and question.name in frame:
                texts = _Texts(study, rules, sample, question, frame)
                found = texts.offered(cleaner)
                offered += found
                records[sample].append(texts.record(len(found)))
    return offered, records


class _Texts:
    """The answers of one sample to one open question."""

    def __init__(
        self,
        study: Study,
        rules: QuotationRules,
        sample: str,
        question: Question,
        frame: pd.DataFrame,
    ) -> None:
        self.study, self.rules, self.sample, self.question = study, rules, sample, question
        texts = frame[question.name]
        given = texts.notna() & ~texts.isin(study.card.missing.codes)
        self.frame = frame[given & texts.astype(str).str.contains(r"[^\W\d_]", regex=True)]
        self.answered = len(self.frame)
        self.by_area = Counter(self.frame[study.card.area_variable].astype(str))
        self.removed: Counter[str] = Counter()
        self.told: dict[str, tuple[str, ...]] = {}
        self.reveals = reveals(study, question)
        self.step = max(int(rule_set(study.card.release.rule_set).rounding.n), 1)

    def record(self, offered: int) -> dict[str, Any]:
        """What may be said of all the answers."""
        known = not self.reveals and self.answered >= self.rules.minimum_answered
        return {
            "question": self.question.name,
            "answered": self._published(self.answered) if known else None,
            "offered": offered,
            "removed": dict(sorted(self.removed.items())),
        }

    def offered(self, cleaner: Scrubber) -> list[OpenAnswer]:
        """What is offered, place by place, at most so many in each."""
        places: Counter[str] = Counter()
        seen: set[str] = set()
        kept = []
        for answer in sorted(self._usable(cleaner), key=self._rank):
            words = _compared(answer.text)
            if words not in seen and places[answer.area] < self.rules.most:
                places[answer.area] += 1
                kept.append(answer)
            seen.add(words)
        return sorted(kept, key=lambda one: (one.area == self.study.whole, one.area))

    def _rank(self, answer: OpenAnswer) -> str:
        drawn = f"{self.study.card.seed}|{self.question.name}|{answer.text}|{answer.area}"
        return hashlib.sha256(drawn.encode()).hexdigest()

    def _usable(self, cleaner: Scrubber) -> Iterator[OpenAnswer]:
        for row in self.frame.to_dict("records"):
            scrubbed = cleaner.scrub(str(row[self.question.name]))
            self.removed.update(scrubbed.removed)
            area = self._place(str(row[self.study.card.area_variable]))
            if area and self._is_fit(scrubbed.text) and not cleaner.doubts(scrubbed.text):
                yield self._answer(scrubbed.text, area, row)

    def _place(self, area: str) -> str:
        """The area if enough answered there, else the whole if enough did; else nothing."""
        least = self.rules.minimum_answered
        if area in self.study.areas.index and self.by_area[area] >= least:
            return area
        return self.study.whole if self.answered >= least else ""

    def _is_fit(self, text: str) -> bool:
        words = re.findall(r"[^\W\d_]{2,}", re.sub(r"\[[^\]]*\]", "", text))
        return len(words) >= self.rules.minimum_words and len(text) <= self.rules.maximum_characters

    def _answer(self, text: str, area: str, row: Mapping[Any, Any]) -> OpenAnswer:
        n = self._n(area)
        group = self._group(area, row)
        digest = hashlib.sha256(f"{self.sample}|{text}".encode()).hexdigest()[:6]
        return OpenAnswer(
            item=f"{self.question.name}-{area}-{digest}",
            evidence=evidence_of(text, area, n, self.reveals, group),
            question=self.question.name,
            sample=self.sample,
            area=area,
            text=text,
            n=n,
            n_at_least=self.reveals,
            group=group,
            data_origin=str(row.get("data_origin", "observed")),
        )

    def _n(self, area: str) -> int:
        if self.reveals:
            return self.rules.minimum_answered
        return self._published(self.answered if area == self.study.whole else self.by_area[area])

    def _published(self, n: int) -> int:
        """A number of answers rounded down as the rule set rounds numbers of answers."""
        return n // self.step * self.step

    def _group(self, area: str, row: Mapping[Any, Any]) -> dict[str, str]:
        """What may be told of the person: the attributes of the place, where all are known."""
        if area not in self.told:
            self.told[area] = self._told(area)
        names = self.told[area]
        known = all(self._is_known(name, row) for name in names)
        return {name: str(row[name]) for name in names} if known else {}

    def _told(self, area: str) -> tuple[str, ...]:
        """The most attributes of which every group that answered there is large enough.

        Were it decided group by group, an answer without its group would tell that few of
        that group answered.
        """
        here = self.frame
        if area != self.study.whole:
            here = here[here[self.study.card.area_variable].astype(str) == area]
        names = self.rules.attributes
        for size in range(len(names), 0, -1):
            for chosen in combinations(names, size):
                groups = here[list(chosen)].astype(str)
                missing = groups.isin([*self.study.card.missing.codes, "nan"]).any(axis=1)
                sizes = groups[~missing].value_counts()
                if len(sizes) and sizes.min() >= self.rules.minimum_answered:
                    return chosen
        return ()

    def _is_known(self, name: str, row: Mapping[Any, Any]) -> bool:
        value = row.get(name)
        return not pd.isna(value) and str(value) not in self.study.card.missing.codes


def as_records(answers: Iterable[OpenAnswer]) -> list[dict[str, Any]]:
    """Answers as JSON can hold them."""
    return [asdict(answer) for answer in answers]


def from_records(records: Sequence[Mapping[str, Any]]) -> list[OpenAnswer]:
    """The answers that :func:`as_records` wrote."""
    return [OpenAnswer(**record) for record in records]


def _compared(text: str) -> str:
    """What two answers have in common that say the same in the same words."""
    return " ".join(re.findall(r"\w+", text.casefold()))


# --- checks -------------------------------------------------------------------------------


def _question_issues(study: Study, rules: QuotationRules, tree: Tree) -> Iterator[Issue]:
    texts = {
        name for name, question in study.questionnaire.questions.items() if question.type == "text"
    }
    for place, name in enumerate(rules.questions or ()):
        if name not in texts:
            yield tree.issue(
                f"there is no open question {name}",
                ("questions", place),
                expected=", ".join(sorted(texts)),
                hint=suggestion(name, texts),
            )
        elif study.questionnaire.questions[name].sensitive:
            yield tree.issue(
                f"the question {name} is sensitive and is never quoted from", ("questions", place)
            )


def _attribute_issues(study: Study, rules: QuotationRules, tree: Tree) -> Iterator[Issue]:
    for place, name in enumerate(rules.attributes):
        path = ("attributes", place)
        if study.list_of(name) is None:
            known = [*study.variables, *study.questionnaire.questions]
            yield tree.issue(
                f"there is no question or variable with choices {name}",
                path,
                hint=suggestion(name, known),
            )
        elif study.is_sensitive(name):
            yield tree.issue(f"{name} is sensitive and is never told of a person", path)
