"""The core on any table, as the command runs it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.core_on_tables import estimate_file, weight_file
from analysis.errors import WorkbenchError

MARGINS = "var,level,total\nsex,1,600\nsex,2,400\nage,young,300\nage,old,700\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    frame = pd.DataFrame(
        {
            "id": range(1, 9),
            "sex": [1, 1, 2, 2, 1, 2, 1, 2],
            "age": ["young", "old", "young", "old", "old", "old", "young", "young"],
            "score": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
            "weight0": [1.0] * 8,
        }
    )
    frame.to_csv(path, index=False)
    return path


@pytest.fixture
def margins(tmp_path: Path) -> Path:
    path = tmp_path / "margins.csv"
    path.write_text(MARGINS, encoding="utf-8")
    return path


def test_weights_meet_the_margins(tmp_path: Path, data: Path, margins: Path) -> None:
    out = tmp_path / "weights.csv"
    line = weight_file(data, margins, out, method="rake")
    weights = pd.read_csv(out)
    assert list(weights.columns) == ["id", "weight"]
    people = pd.read_csv(data)
    assert weights["weight"].groupby(people["sex"]).sum().to_list() == pytest.approx([600, 400])
    assert weights["weight"].groupby(people["age"]).sum().to_list() == pytest.approx([700, 300])
    assert "8 weights" in line


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (MARGINS.replace("2,400", "2,500"), "total"),
        (MARGINS.replace("old,700", "older,700"), "old"),
        (MARGINS.replace("var", "variable"), "var"),
        (MARGINS.replace("1,600", "1,many"), "number"),
    ],
)
def test_margins_that_cannot_be_met_write_nothing(
    tmp_path: Path, data: Path, margins: Path, text: str, what: str
) -> None:
    margins.write_text(text, encoding="utf-8")
    out = tmp_path / "weights.csv"
    with pytest.raises(WorkbenchError, match=what):
        weight_file(data, margins, out, method="rake")
    assert not out.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"people.csv", "margins.csv"}


def test_estimates_by_hand(tmp_path: Path, data: Path) -> None:
    out = tmp_path / "estimates.csv"
    estimate_file(data, out, design={}, statistics={"mean": ["score"], "share": ["sex"]})
    table = pd.read_csv(out)
    assert list(table.columns) == [
        "statistic", "variable", "category", "estimate", "se", "ci_low", "ci_high", "df", "n",
        "n_effective", "deff",
    ]  # fmt: skip
    mean = table[table["statistic"] == "mean"].iloc[0]
    scores = np.arange(1.0, 9.0)
    assert mean["estimate"] == pytest.approx(4.5)
    assert mean["se"] == pytest.approx(scores.std(ddof=1) / np.sqrt(8))
    assert table.loc[table["statistic"] == "share", "estimate"].to_list() == [0.5, 0.5]


def test_domains_are_columns(tmp_path: Path, data: Path) -> None:
    out = tmp_path / "estimates.csv"
    estimate_file(
        data, out, design={"weights": "weight0"}, statistics={"total": ["score"]}, by="sex,age"
    )
    table = pd.read_csv(out)
    assert table[["sex", "age"]].drop_duplicates().shape[0] == 4
    assert table["estimate"].sum() == pytest.approx(36)


def test_margins_first(tmp_path: Path, data: Path, margins: Path) -> None:
    out = tmp_path / "estimates.csv"
    estimate_file(
        data, out, design={}, statistics={"total": ["score"], "share": ["sex"]}, margins=margins
    )
    shares = pd.read_csv(out).query("statistic == 'share'")
    assert shares["estimate"].to_list() == pytest.approx([0.6, 0.4])
    assert shares["se"].to_list() == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"statistics": {}}, "nothing is to be estimated"),
        ({"statistics": {"mean": ["scores"]}}, "scores"),
        ({"statistics": {"mean": ["age"]}}, "age"),
        ({"statistics": {"mean": ["score"]}, "interval": "logot"}, "no interval logot"),
        ({"statistics": {"mean": ["score"]}, "design": {"lonely_psu": "ignore"}}, "lonely-psu"),
        ({"statistics": {"mean": ["score"]}, "design": {"weights": "w"}}, "w"),
    ],
)
def test_requests_that_cannot_be_met(
    tmp_path: Path, data: Path, options: dict[str, object], what: str
) -> None:
    out = tmp_path / "estimates.csv"
    with pytest.raises(WorkbenchError, match=what):
        estimate_file(data, out, **{"design": {}, **options})  # type: ignore[arg-type]
    assert not out.exists()


def test_the_command(tmp_path: Path, data: Path, margins: Path) -> None:
    out = tmp_path / "weights.csv"
    arguments = ["weight", str(data), "--margins", str(margins), "--out", str(out)]
    result = CliRunner().invoke(app, [*arguments, "--method", "linear"])
    assert result.exit_code == 0
    assert pd.read_csv(out)["weight"].sum() == pytest.approx(1000)


def test_r_reference(shared: Path, tmp_path: Path) -> None:
    out = tmp_path / "estimates.csv"
    estimate_file(
        shared / "reference" / "data" / "apiclus1.csv",
        out,
        design={"weights": "pw", "clusters": "dnum", "fpc": "fpc"},
        statistics={"mean": ["api00"], "total": ["enroll"]},
    )
    table = pd.read_csv(out).set_index("variable")
    reference = pd.read_csv(shared / "reference" / "means_totals_ratios.csv")
    for variable in ("api00", "enroll"):
        rows = reference[(reference["design"] == "clus1") & (reference["term"] == variable)]
        for stat, column in (("estimate", "estimate"), ("se", "se")):
            values = rows.loc[rows["stat"] == stat, "value"].astype(float)
            assert any(np.isclose(values, table.loc[variable, column], rtol=1e-8)), (variable, stat)


# --- quantiles, sets, replicates, tests -----------------------------------------------------


def test_quantiles_and_sets(tmp_path: Path, data: Path) -> None:
    frame = pd.read_csv(data).assign(why_price=[1, 0, 1, 0, 1, 0, 1, 0], why_time=[1] * 8)
    frame.to_csv(data, index=False)
    out = tmp_path / "estimates.csv"
    statistics = {"quantile": ["0.5:score", "0.25:score"], "select-all": ["why_"]}
    estimate_file(data, out, design={}, statistics=statistics)
    found = pd.read_csv(out, dtype={"category": "str"})
    medians = found[found["statistic"] == "quantile"].set_index("category")["estimate"]
    assert medians.to_dict() == {"0.5": 4, "0.25": 2}
    shares = found[found["statistic"] == "share-of-answers"].set_index("category")["estimate"]
    assert shares["price"] == pytest.approx(4 / 12)
    assert len(found) == 2 + 3 * 2
    with pytest.raises(WorkbenchError, match="Q:VAR"):
        estimate_file(data, out, design={}, statistics={"quantile": ["score"]})


def test_replicates_by_hand(tmp_path: Path) -> None:
    """The jackknife of the mean of 1, 2, 6; see also test_replicates."""
    data, out = tmp_path / "data.csv", tmp_path / "estimates.csv"
    frame = pd.DataFrame({"y": [1.0, 2, 6], "w": [1.0] * 3})
    for left_out in range(3):
        frame[f"rep{left_out}"] = [0.0 if row == left_out else 1.5 for row in range(3)]
    frame.to_csv(data, index=False)
    design = {"weights": "w", "replicates": "rep", "scale": 2 / 3}
    estimate_file(data, out, design=design, statistics={"mean": ["y"]})
    assert pd.read_csv(out)["se"][0] == pytest.approx(np.sqrt(2 / 3 * (1 + 0.25 + 2.25)))
    scales = tmp_path / "rscales.csv"
    scales.write_text("rscale\n1\n1\n0\n", encoding="utf-8")
    estimate_file(data, out, design=design | {"rscales": scales}, statistics={"mean": ["y"]})
    assert pd.read_csv(out)["se"][0] == pytest.approx(np.sqrt(2 / 3 * (1 + 0.25)))
    for wrong, what in (
        ({"scale": None}, "need a scale"),
        ({"replicates": "nothing"}, "no columns of replicate weights"),
    ):
        with pytest.raises(WorkbenchError, match=what):
            estimate_file(data, out, design=design | wrong, statistics={"mean": ["y"]})
    with pytest.raises(WorkbenchError, match="means, totals, shares and ratios"):
        estimate_file(data, out, design=design, statistics={"quantile": ["0.5:y"]})


def test_the_command_tests_a_table(tmp_path: Path, data: Path) -> None:
    out = tmp_path / "tests.csv"
    command = ["test", str(data), "--rows", "sex", "--columns", "age", "--out", str(out)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "F: " in result.output and "p = " in result.output
    found = pd.read_csv(out)
    assert set(found["test"]) >= {"F", "chi-square", "wald", "adjusted-wald"}
    assert found["p_value"].between(0, 1).all()
