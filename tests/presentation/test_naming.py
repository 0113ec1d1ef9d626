from __future__ import annotations

import pytest

from analysis.presentation.naming import PLACE_NAMES, Names
from analysis.study import Study, open_study
from tests.mini_study import CARD, write_mini_study


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_categories_of_a_grid_are_its_items_in_order(study: Study) -> None:
    names = Names(study, "cs")
    categories = names.categories("AW03")
    assert categories[:3] == ["s37", "s39", "s40"]
    assert len(categories) == 33
    assert names.category("AW03", "s40") == "pečovatelská služba"
    assert names.category("AW03", "s40", "accusative") == "pečovatelskou službu"
    assert len(names.category("AW03", "s62", "short")) < len(names.category("AW03", "s62"))


def test_a_comparison_has_the_categories_of_what_it_compares(study: Study) -> None:
    assert Names(study, "cs").categories("AW10") == Names(study, "cs").categories("AW03")


def test_categories_with_rows_of_their_own(study: Study) -> None:
    names = Names(study, "en")
    assert names.categories("AW12") == ["catalogue", "plan"]
    assert names.full("AW12", "plan").endswith("plan for developing social services")
    assert names.unit("IC05", "net") == "points"
    assert names.unit("IC05", "enough") == "percent"


def test_a_category_that_repeats_the_indicator_stands_alone(study: Study) -> None:
    assert plain(Names(study, "cs").full("IC05", "enough")) == "Má dostatek informací"


def test_groups_come_in_the_order_of_their_list(study: Study) -> None:
    names = Names(study, "cs")
    assert names.groups("age_group") == ["1", "2", "3", "4", "5"]
    assert plain(names.group("age_group", "5")) == "80 a více let"
    assert names.group("age_group", "unheard-of") == "unheard-of"


def test_places_in_czech_have_their_cases(study: Study) -> None:
    values = Names(study, "cs").area_values("7212")
    assert {key: plain(text) for key, text in values.items()} == {
        "area": "ORP Vsetín",
        "area_genitive": "ORP Vsetín",
        "area_locative": "v ORP Vsetín",
        "name": "Vsetín",
        "name_genitive": "Vsetína",
        "name_locative": "ve Vsetíně",
        "whole": "Zlínský kraj",
        "rest": "ve zbytku kraje",
        "in_whole": "v kraji",
    }


def test_the_whole_is_inflected_too(study: Study) -> None:
    values = Names(study, "cs").area_values("CZ072")
    assert plain(values["area"]) == "Zlínský kraj"
    assert plain(values["area_genitive"]) == "Zlínského kraje"
    assert plain(values["area_locative"]) == "ve Zlínském kraji"


def test_english_does_not_inflect(study: Study) -> None:
    values = Names(study, "en").area_values("7212")
    assert values["name_genitive"] == "Vsetín"
    assert values["area_locative"] == "in ORP Vsetín"
    assert values["whole"] == "Zlín Region"


def test_a_study_without_a_region_has_other_words_for_the_whole(mini: Study) -> None:
    values = Names(mini, "en").area_values("d1")
    assert values["whole"] == "All areas"
    assert values["rest"] == "in the other areas"


@pytest.mark.parametrize("language", ["cs", "en"])
@pytest.mark.parametrize("area", ["7212", "CZ072"])
def test_every_promised_placeholder_is_there(study: Study, language: str, area: str) -> None:
    assert set(PLACE_NAMES) == set(Names(study, language).area_values(area))


PLURAL = """area_title: {cs: skupina, en: group}
area_title_plural:
  cs:
    nominative: skupiny obyvatel
    genitive: skupin obyvatel
    dative: skupinám obyvatel
    locative: skupinách obyvatel
  en: population groups
"""


@pytest.fixture(scope="module")
def grouped(tmp_path_factory: pytest.TempPathFactory) -> Study:
    card = CARD.replace("project:\n", PLURAL + "project:\n")
    return open_study("mini", write_mini_study(tmp_path_factory.mktemp("grouped"), study=card))


def test_areas_are_called_what_the_study_card_calls_them(grouped: Study) -> None:
    english, czech = (Names(grouped, language) for language in ("en", "cs"))
    assert english.whole == "All population groups"
    assert english.place_values["rest"] == "in the other population groups"
    assert plain(czech.whole) == "všechny skupiny obyvatel"
    assert plain(czech.place_values["rest"]) == "v ostatních skupinách obyvatel"
    assert "Od ostatních skupin obyvatel" in plain(czech.say("sentence.same"))
    assert "oblast" not in plain(czech.say("finding.rule", minimum=1, maximum=2))


def test_areas_are_counted_under_their_name(grouped: Study, mini: Study) -> None:
    counted = [plain(Names(grouped, "cs").areas_counted(number)) for number in (1, 3, 5)]
    assert counted == ["1 skupina", "3 skupiny obyvatel", "5 skupin obyvatel"]
    assert plain(Names(grouped, "en").areas_counted(5)) == "5 population groups"
    assert plain(Names(mini, "cs").areas_counted(5)) == "5 oblastí"
