"""Generated respondents of a study: the samples, their response flow, and their files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.study import Study
from analysis.synthetic.coders import coding_sheets, write_sheets, written_coded
from analysis.synthetic.parameters import ItemParameters, SampleParameters
from analysis.synthetic.people import REFUSED, People
from analysis.synthetic.phrases import plant
from analysis.synthetic.population import Population, build_population
from analysis.synthetic.refusals import refuse
from analysis.synthetic.response import (
    RETURNED,
    USED,
    DrawnSample,
    ResponseModel,
    draw_sample,
    response_model,
)
from analysis.synthetic.streams import Stream, streams
from analysis.synthetic.truth import answer_truth
from analysis.synthetic.writers import replaced, words, write_survey

DATA_ORIGIN = "modelled"
TRUTH_FOLDER = "truth"
FLOW_FILE = "response_flow.csv"

FORMATS = (".csv", ".xlsx", ".sav")


@dataclass(frozen=True)
class SyntheticData:
    """Samples drawn from a generated population.

    Parameters
    ----------
    samples
        Sample → survey frame, as a raw file would hold it.
    response_flow
        sample, stage, reason, count and a label for each language: what became of those who
        were approached.
    population
        Where the samples come from; it knows the truth.
    seed
        The seed of both.
    """

    samples: Mapping[str, pd.DataFrame]
    response_flow: pd.DataFrame
    population: Population
    seed: int


def make_respondents(study: Study, seed: int | None = None) -> SyntheticData:
    """Draw the population of a study and one of each of its samples.

    Parameters
    ----------
    study
        The opened study.
    seed
        The study's own when not given. The same seed gives the same respondents.

    Raises
    ------
    WorkbenchError
        If ``generator.yaml`` cannot be meant.
    """
    population = build_population(study, seed)
    frames, flows = {}, []
    for sample in study.samples:
        model = response_model(population, sample)
        named = streams(population.seed)
        drawn = draw_sample(model, named("sample", sample))
        frames[sample] = sample_frame(population, sample, model, drawn, named)
        flows.append(_flow_rows(population, sample, drawn))
    flow = pd.concat(flows, ignore_index=True)
    return SyntheticData(frames, flow, population, population.seed)


def write_synthetic(
    study: Study,
    folder: Path | None = None,
    seed: int | None = None,
    formats: Sequence[str] = FORMATS,
) -> list[Path]:
    """Make respondents and write them as raw files, with the truth in a folder beside.

    Parameters
    ----------
    study
        The opened study.
    folder
        Where to; the study's folder of raw files when not given.
    seed
        The study's own when not given.
    formats
        Endings of files; the file that the study card names is always written.

    Returns
    -------
    list of Path
        What was written: each sample as the study card names it and beside it in the other
        formats, the response flow, the coders' sheets of open answers, and in ``truth/`` the
        true values with the seed.

    Raises
    ------
    WorkbenchError
        If ``generator.yaml`` cannot be meant.
    """
    data = make_respondents(study, seed)
    folder = study.raw if folder is None else folder
    generator = data.population.generator
    coded = written_coded(study, generator)
    written = [
        write_survey(
            frame.drop(columns=[name for name in frame if name in coded]),
            study.questionnaire,
            path,
            language=study.card.default_language,
            missing=study.card.missing,
            column_labels=_column_labels(study, sample),
        )
        for sample, frame in data.samples.items()
        for path in _sample_paths(study, sample, folder, formats)
    ]
    flow = folder / FLOW_FILE
    with replaced(flow) as unfinished:
        data.response_flow.to_csv(unfinished, index=False, lineterminator="\n")
    truth = folder / TRUTH_FOLDER
    sheets = [
        path
        for one in coding_sheets(study, generator, data.samples, streams(data.seed))
        for path in write_sheets(one, folder, truth)
    ]
    return [*written, flow, *sheets, *write_truth(data, truth)]


def write_truth(data: SyntheticData, folder: Path) -> list[Path]:
    """The true shares and means of all questions, for tests; no report reads them."""
    table = answer_truth(data.population, planned_breakdowns(data.population.study))
    path, readme = folder / "truth.parquet", folder / "README.md"
    with replaced(path) as unfinished:
        table.to_parquet(unfinished, index=False)
    with replaced(readme) as unfinished:
        unfinished.write_text(
            f"True values of the generated population of {data.population.study.id} (seed"
            f" {data.seed}, {data.population.size} people), for tests only: no report reads"
            " them. `analysis.synthetic.answer_truth` made them; −8 is outside the base.\n",
            encoding="utf-8",
        )
    return [path, readme]


def planned_breakdowns(study: Study) -> list[str]:
    """The breakdowns of the analysis plan, each once."""
    return list(dict.fromkeys(name for row in study.plan for name in row.breakdowns))


# --- the frame of a sample ----------------------------------------------------------------


def sample_frame(
    population: Population,
    sample: str,
    model: ResponseModel,
    drawn: DrawnSample,
    streams: Stream,
) -> pd.DataFrame:
    """Respondents as a raw file holds them: who they are, the design, and their answers."""
    people = refuse(population, drawn.rows, sample, streams)
    study = population.study
    columns = [
        column
        for question in study.questionnaire.asked_of(sample)
        for column in study.questionnaire.variables_of(question.name)
        if column in people.columns
    ]
    answers = people.frame(columns)
    written = _written_texts(population, people, columns, sample, streams)
    answers = answers.assign(**written)
    answers = answers.assign(**_planted_texts(population, sample, answers, streams))
    meta = _meta_columns(study, sample, people)
    design = _design_columns(study, sample, people, model, drawn)
    return pd.concat([pd.DataFrame(meta | design), answers], axis=1)


def _meta_columns(study: Study, sample: str, people: People) -> dict[str, pd.Series]:
    identifier = study.samples[sample].identifier or "respondent"
    digits = len(str(people.size))
    numbers = [f"{sample}-{number:0{digits}d}" for number in range(1, people.size + 1)]
    texts = {
        identifier: numbers,
        "sample": [sample] * people.size,
        "wave": [study.wave] * people.size,
        "data_origin": [DATA_ORIGIN] * people.size,
    }
    return {column: pd.Series(values, dtype="str") for column, values in texts.items()}


def _design_columns(
    study: Study, sample: str, people: People, model: ResponseModel, drawn: DrawnSample
) -> dict[str, pd.Series]:
    """The columns that the card's design names and that are no questions or variables."""
    design = study.samples[sample].design
    codes = np.array([*map(str, study.areas.index), ""], dtype=object)[people.area]
    given = np.bincount(people.area[people.area >= 0], minlength=len(study.areas))
    stand_for = np.array([len(rows) for rows in model.rows_by_area]) / np.maximum(given, 1)
    providers = np.array([f"{number:04d}" for number in drawn.providers], dtype=object)
    reached = len(model.providers) > 0
    columns = {
        design.weight: pd.Series(np.round(np.append(stand_for, np.nan)[people.area], 6)),
        design.strata: pd.Series(codes, dtype="str"),
        design.clusters: pd.Series(providers if reached else codes, dtype="str"),
        design.fpc: pd.Series(
            np.append([len(rows) for rows in model.rows_by_area], np.nan)[people.area]
        ),
    }
    taken = {*study.questionnaire.questions, *study.variables}
    return {name: column for name, column in columns.items() if name and name not in taken}


def _written_texts(
    population: Population,
    people: People,
    columns: Iterable[str],
    sample: str,
    streams: Stream,
) -> dict[str, pd.Series]:
    """Texts that repeat what was chosen elsewhere, in the study's language."""
    study, written = population.study, {}
    for name in columns:
        parameters = population.generator.questions.get(name)
        source = parameters.choices_of if parameters else None
        if source is not None:
            assert parameters is not None
            if parameters.phrases:
                stream = streams("phrases", name, sample)
                texts = _chosen_in_phrases(people, source, parameters, stream)
            else:
                texts = _chosen_in_words(people, source, study.card.default_language)
            series = people.frame([name])[name]
            written[name] = series.mask(people.columns[name] == 0, texts).replace("", np.nan)
    return {name: series.astype("str") for name, series in written.items()}


def _planted_texts(
    population: Population, sample: str, answers: pd.DataFrame, streams: Stream
) -> dict[str, pd.Series]:
    """Answers to open questions with the personal data that the study plants in them."""
    texts = {}
    missing = population.study.card.missing.codes
    for name, parameters in population.generator.questions.items():
        if parameters.planted is not None and name in answers:
            spoken = answers[name].mask(answers[name].isin(missing))
            planted = plant(spoken, parameters.planted, streams("planted", sample, name))
            texts[name] = planted.where(spoken.notna(), answers[name])
    return texts


def _chosen_in_words(people: People, question: str, language: str) -> pd.Series:
    questionnaire = people.study.questionnaire
    choices = questionnaire.choices[questionnaire.questions[question].list or ""]
    texts = np.full(people.size, "", dtype=object)
    for choice in choices:
        if choice.exclusive:
            continue
        label = choice.label.get(language, choice.name)
        given = people.columns[f"{question}.{choice.name}"] == 1
        texts[given] = [f"{text}, {label}" if text else label for text in texts[given]]
    return pd.Series(texts, dtype="str")


def _chosen_in_phrases(
    people: People, question: str, parameters: ItemParameters, stream: np.random.Generator
) -> pd.Series:
    """What each person chose in their own words, parted by semicolons; some are misspelt."""
    questionnaire, codes = people.study.questionnaire, people.study.card.missing
    choices = questionnaire.choices[questionnaire.questions[question].list or ""]
    texts = np.full(people.size, "", dtype=object)
    for choice in choices:
        given = np.flatnonzero(people.columns[f"{question}.{choice.name}"] == 1)
        phrases = parameters.phrases.get(choice.name) or [
            choice.label.get(people.study.card.default_language, choice.name)
        ]
        drawn = stream.integers(len(phrases), size=len(given))
        misspelt = stream.random(len(given)) < parameters.typos
        where = stream.random(len(given))
        for row, number, typo, at in zip(given, drawn, misspelt, where, strict=True):
            phrase = _misspelt(phrases[number], at) if typo else phrases[number]
            texts[row] = f"{texts[row]}; {phrase}" if texts[row] else phrase
    refused = people.is_missing(question, REFUSED)
    return pd.Series(np.where(refused, codes.refused, texts), dtype="str")


def _misspelt(phrase: str, at: float) -> str:
    """A phrase with two neighbouring letters swapped, ``at`` 0–1 of the way through it."""
    place = int(at * (len(phrase) - 1))
    return phrase[:place] + phrase[place : place + 2][::-1] + phrase[place + 2 :]


# --- response flow and files --------------------------------------------------------------


def _flow_rows(population: Population, sample: str, drawn: DrawnSample) -> pd.DataFrame:
    parameters = population.generator.samples.get(sample, SampleParameters())
    labels = {discard.stage: discard.label for discard in parameters.discard}
    rows = []
    for stage, count in drawn.flow.items():
        if stage == USED:
            continue
        whole = stage in ("distributed", RETURNED)
        row = {
            "sample": sample,
            "stage": stage if whole else "discarded",
            "reason": "" if whole else stage,
            "count": count,
        }
        for language in population.study.languages:
            row[f"label::{language}"] = labels.get(stage, {}).get(language, "")
        rows.append(row)
    return pd.DataFrame(rows)


def _sample_paths(study: Study, sample: str, folder: Path, formats: Sequence[str]) -> list[Path]:
    """The file that the study card names, and the other formats beside it."""
    named = folder / study.samples[sample].files[0].path
    own = named if named.suffix.lower() in FORMATS else named.with_suffix(FORMATS[0])
    others = [own.with_suffix(ending) for ending in formats if ending != own.suffix.lower()]
    return [own, *others]


def _column_labels(study: Study, sample: str) -> dict[str, str]:
    card = study.samples[sample]
    texts = words(study.card.default_language)
    labels = {
        card.identifier or "respondent": texts["respondent"],
        card.design.weight: texts["weight"],
        card.design.strata: texts["stratum"],
        card.design.clusters: texts["cluster"],
    }
    return {column: label for column, label in labels.items() if column}
