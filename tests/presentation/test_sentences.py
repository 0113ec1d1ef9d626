from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.presentation import sentences
from analysis.presentation.rows import Estimate, Rows
from analysis.presentation.scene import Scene
from tests.presentation.estimates import estimate


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def with_rows(scene: Scene, *rows: Estimate) -> Scene:
    return replace(scene, rows=Rows(pd.DataFrame(rows)))


def difference(**changed: object) -> Estimate:
    values = {"comparison": "rest", "statistic": "difference", "estimate": 0.074,
              "ci_low": 0.021, "ci_high": 0.127, "p_adjusted": 0.03}  # fmt: skip
    return estimate(**{**values, **changed})


# --- level ------------------------------------------------------------------------------------


def test_a_level_has_figure_interval_and_base(scene: Scene) -> None:
    assert plain(sentences.level(scene, estimate())) == (
        "62 % obyvatel ORP Vsetín neví nebo spíše neví, kam se v případě potřeby obrátit "
        "(95% interval 56–68 %; n = 398)."
    )


def test_a_level_in_words(scene: Scene) -> None:
    said = plain(sentences.level(scene, estimate(), verbal=True))
    assert said.startswith("Většina obyvatel ORP Vsetín neví")
    assert said.endswith("(62 %; 95% interval 56–68 %; n = 398).")


def test_a_rare_answer_is_said_to_be_rare(scene: Scene) -> None:
    row = estimate(estimate=0.03, ci_low=0.02, ci_high=0.05)
    assert plain(sentences.level(scene, row, verbal=True)).endswith("tedy jen ojediněle.")


def test_a_mean_has_no_percent(scene: Scene) -> None:
    row = estimate(indicator="AW05", statistic="mean", estimate=14.24, ci_low=13.5, ci_high=15.0)
    assert plain(sentences.level(scene, row)) == (
        "Obyvatel ORP Vsetín zná alespoň z doslechu v průměru 14,2 ze 33 druhů sociálních služeb "
        "(95% interval 13,5–15,0; n = 398)."
    )


def test_a_category_stands_in_the_accusative(scene: Scene) -> None:
    said = plain(sentences.level(scene, estimate(indicator="AW03", category="s40")))
    assert "zná alespoň z doslechu pečovatelskou službu" in said


def test_without_a_statement_the_indicator_is_named(scene: Scene) -> None:
    bare = replace(scene, statements={})
    said = plain(sentences.level(bare, estimate()))
    assert said == "Neví, kam se obrátit: 62 % (95% interval 56–68 %; n = 398)."


@pytest.mark.parametrize(
    ("n", "expected"),
    [(42.0, "Odpovědí je málo (n = 42)"), (300.0, "Odhad je málo přesný")],
)
def test_low_precision_is_said_with_its_reason(scene: Scene, n: float, expected: str) -> None:
    said = plain(sentences.level(scene, estimate(release="low_precision", n=n)))
    assert expected in said
    assert said.endswith("údaj je jen orientační.")


def test_low_precision_is_called_rough_and_not_put_into_words(scene: Scene) -> None:
    rows = (estimate(release=release, estimate=0.32, ci_low=0.25, ci_high=0.4)
            for release in ("ok", "low_precision"))  # fmt: skip
    sure, unsure = (plain(sentences.level(scene, row, verbal=True)) for row in rows)
    assert sure.startswith("Třetina")
    assert "třetina" not in unsure.lower() and unsure.startswith("Přibližně 32 %")


def test_a_value_of_low_precision_is_not_compared(scene: Scene) -> None:
    shown = with_rows(scene, estimate(), difference())
    assert "více než" in plain(sentences.comparison(shown, estimate()))
    assert sentences.comparison(shown, estimate(release="low_precision")) == ""


@pytest.mark.parametrize(
    ("release", "reason"),
    [("suppressed_precision", "příliš málo odpovědí"), ("suppressed_primary", "ochraně")],
)
def test_what_is_hidden_is_said_to_be_hidden_and_no_more(
    scene: Scene, release: str, reason: str
) -> None:
    row = estimate(release=release)
    said = sentences.level(with_rows(scene, row), row)
    assert reason in said
    assert not any(digit in said for digit in "0123456789")


# --- comparison -------------------------------------------------------------------------------


def test_a_supported_difference_upwards(scene: Scene) -> None:
    shown = with_rows(scene, estimate(), difference())
    assert plain(sentences.comparison(shown, estimate())) == (
        "To je o 7,4 p. b. více než ve zbytku kraje (95% interval rozdílu 2,1–12,7 p. b.); "
        "rozdíl přesahuje statistickou chybu."
    )


def test_a_supported_difference_downwards_has_its_limits_in_order(scene: Scene) -> None:
    down = difference(estimate=-0.074, ci_low=-0.127, ci_high=-0.021)
    said = plain(sentences.comparison(with_rows(scene, estimate(), down), estimate()))
    assert said.startswith("To je o 7,4 p. b. méně než ve zbytku kraje")
    assert "2,1–12,7 p. b." in said


def test_an_unsupported_difference(scene: Scene) -> None:
    shown = with_rows(scene, estimate(), difference(p_adjusted=0.4))
    assert plain(sentences.comparison(shown, estimate())) == (
        "Od zbytku kraje se tento údaj průkazně neliší."
    )


def test_a_hidden_difference_is_not_spoken_of(scene: Scene) -> None:
    shown = with_rows(scene, estimate(), difference(release="suppressed_primary"))
    assert sentences.comparison(shown, estimate()) == ""


@given(
    value=st.floats(-0.5, 0.5),
    half=st.floats(0.001, 0.5),
    p=st.one_of(st.floats(0, 1), st.just(math.nan)),
    release=st.sampled_from(["ok", "low_precision", "suppressed_primary", "suppressed_precision"]),
)
def test_more_or_less_is_never_said_without_support(
    scene: Scene, value: float, half: float, p: float, release: str
) -> None:
    row = difference(
        estimate=value, ci_low=value - half, ci_high=value + half, p_adjusted=p, release=release
    )
    said = sentences.comparison(with_rows(scene, estimate(), row), estimate())
    says_difference = "více než" in said or "méně než" in said
    excludes_zero = value - half > 0 or value + half < 0
    assert says_difference == bool(release == "ok" and p < 0.05 and excludes_zero)
    if says_difference:
        assert ("více než" in said) == (value > 0)


# --- several rows -----------------------------------------------------------------------------


def services(*values: float, **changed: object) -> list[Estimate]:
    codes = ["s37", "s39", "s40", "s41", "s42", "s43", "s44"]
    return [
        estimate(indicator="AW03", category=code, estimate=value, **changed)
        for code, value in zip(codes, values, strict=False)
    ]


def test_low_precision_is_not_ranked(scene: Scene) -> None:
    rows = services(0.9, 0.5, 0.3)
    unsure = estimate(indicator="AW03", category="s41", estimate=0.99, release="low_precision")
    said = plain(sentences.ranking(scene, [unsure, *rows]))
    assert "99 %" not in said and "90 %" in said
    assert sentences.ranking(scene, [unsure]) == ""


def test_a_supported_difference_of_low_precision_is_not_named(scene: Scene) -> None:
    row = difference(indicator="AW10", category="s40")
    assert sentences.supported_differences([row]) == ([row], [])
    assert sentences.supported_differences([row._replace(release="low_precision")]) == ([], [])


def test_ranking_names_the_highest_and_the_lowest(scene: Scene) -> None:
    rows = services(0.3, 0.9, 0.5, 0.1, 0.7, 0.2, 0.6)
    said = plain(sentences.ranking(scene, rows))
    assert said == (
        "Nejvyšší hodnoty mají osobní asistence (90 %), průvodcovské a předčitatelské služby "
        "(70 %) a odlehčovací služby (60 %), nejnižší tísňová péče (10 %), podpora samostatného "
        "bydlení (20 %) a odborné sociální poradenství (30 %)."
    )


def test_ranking_of_few_names_each_once(scene: Scene) -> None:
    said = plain(sentences.ranking(scene, services(0.3, 0.9)))
    assert said.count("osobní asistence") == 1
    assert "nejnižší" not in said


def test_ranking_passes_over_the_hidden(scene: Scene) -> None:
    rows = services(0.3, 0.9)
    rows[1] = rows[1]._replace(release="suppressed_primary")
    assert "osobní asistence" not in sentences.ranking(scene, rows)
    assert sentences.ranking(scene, rows[1:]) == ""


def test_differences_are_sorted_by_size_and_counted(scene: Scene) -> None:
    rows = services(
        0.05, -0.2, 0.1, 0.02, comparison="rest", p_adjusted=0.01, ci_low=0.01, ci_high=0.3
    )
    rows[1] = rows[1]._replace(ci_low=-0.3, ci_high=-0.1)
    rows[3] = rows[3]._replace(p_adjusted=0.5)
    above, below, counted = (plain(text) for text in sentences.differences(
        with_rows(scene, *rows), "AW03"))  # fmt: skip
    assert above == (
        "Více než ve zbytku kraje: pečovatelská služba (+10,0 p. b.) a odborné sociální "
        "poradenství (+5,0 p. b.)."
    )
    assert below == "Méně než ve zbytku kraje: osobní asistence (−20,0 p. b.)."
    assert counted == "Průkazný rozdíl má 3 ze 4 položek."


def test_no_difference_is_said_as_such(scene: Scene) -> None:
    rows = services(0.05, comparison="rest", p_adjusted=0.5)
    assert "průkazně neliší" in sentences.differences(with_rows(scene, *rows), "AW03")[0]
    assert sentences.differences(with_rows(scene, estimate()), "AW08") == []


def groups(*limits: tuple[str, float, float, str]) -> list[Estimate]:
    return [
        estimate(breakdown="age_group", group=group, estimate=(low + high) / 2, ci_low=low,
                 ci_high=high, release=release)
        for group, low, high, release in limits
    ]  # fmt: skip


def test_groups_differ_when_intervals_do_not_overlap(scene: Scene) -> None:
    rows = groups(("1", 0.1, 0.2, "ok"), ("2", 0.18, 0.3, "ok"), ("3", 0.4, 0.6, "ok"))
    said = plain(" ".join(sentences.groups(with_rows(scene, *rows), "AW08", "", ["age_group"])))
    assert said == (
        "Neví, kam se obrátit: podle znaku „Věk“ má nejvyšší hodnotu skupina „45–64 let“ (50 %) "
        "a nejnižší skupina „15–29 let“ (15 %); intervaly těchto skupin se nepřekrývají."
    )


def test_groups_that_overlap_are_not_told_apart(scene: Scene) -> None:
    rows = groups(("1", 0.1, 0.3, "ok"), ("2", 0.29, 0.5, "ok"))
    said = " ".join(sentences.groups(with_rows(scene, *rows), "AW08", "", ["age_group"]))
    assert "průkazně neliší" in said
    assert "nejvyšší" not in said


def test_groups_of_low_precision_or_hidden_are_not_compared(scene: Scene) -> None:
    rows = groups(("1", 0.1, 0.2, "low_precision"), ("2", 0.5, 0.6, "ok"),
                  ("3", 0.0, 0.1, "suppressed_primary"), ("4", 0.55, 0.65, "ok"))  # fmt: skip
    said = plain(" ".join(sentences.groups(with_rows(scene, *rows), "AW08", "", ["age_group"])))
    assert "15–29" not in said
    assert "45–64" not in said


def test_gaps_need_an_interval_without_zero(scene: Scene) -> None:
    gap = {"indicator": "IC03", "statistic": "difference"}
    rows = [
        estimate(
            **gap, category="web" if False else "internet", estimate=0.2, ci_low=0.1, ci_high=0.3
        ),
        estimate(**gap, category="doctor", estimate=0.2, ci_low=-0.1, ci_high=0.5),
        estimate(**gap, category="office", estimate=-0.2, ci_low=-0.3, ci_high=-0.1),
        estimate(**gap, category="none", estimate=-0.4, ci_low=-0.5, ci_high=-0.3),
    ]
    wanted, unwanted = (
        plain(text) for text in sentences.gaps(with_rows(scene, *rows).without(["none"]), "IC03")
    )
    assert "internet obecně (+20,0 p. b.)" in wanted
    assert "lékař" not in wanted
    assert "úřad (−20,0 p. b.)" in unwanted
    assert "žádné" not in unwanted


def test_areas_are_named_only_when_two_can_be(scene: Scene) -> None:
    rows = [estimate(area="7201", estimate=0.4), estimate(area="7212", estimate=0.6)]
    said = plain(sentences.areas(with_rows(scene, *rows), "AW08"))
    assert "nejvyšší hodnotu má Vsetín (60 %), nejnižší Bystřice pod Hostýnem (40 %)" in said
    assert sentences.areas(with_rows(scene, rows[0]), "AW08") == ""


def test_a_subject_has_no_second_colon(scene: Scene) -> None:
    rows = [
        row._replace(indicator="AW05")
        for row in groups(("1", 0.1, 0.2, "ok"), ("2", 0.5, 0.6, "ok"))
    ]
    (first, *_) = sentences.groups(with_rows(scene, *rows), "AW05", "", ["age_group"])
    assert plain(first).startswith("Šíře znalosti – počet známých služeb: podle znaku „Věk“")
    assert first.count(":") == 1


def test_groups_that_are_all_alike_are_named(scene: Scene) -> None:
    row = {"indicator": "AW08", "ci_low": 0.3, "ci_high": 0.7}
    rows = [
        estimate(**row, breakdown=breakdown, group=group, estimate=value)
        for breakdown in ("sex", "education")
        for group, value in zip(scene.names.groups(breakdown)[:2], (0.45, 0.55), strict=True)
    ]
    (said,) = sentences.groups(with_rows(scene, *rows), "AW08", "", ("sex", "education"))
    names = " a ".join(f"„{scene.names.breakdown(name)}“" for name in ("sex", "education"))
    assert plain(said) == (
        f"Neví, kam se obrátit: podle znaků {plain(names)} se skupiny průkazně neliší."
    )
