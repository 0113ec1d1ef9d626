"""Boundaries in the formats, coordinate systems and codes that come, and the wrong ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely

from analysis.errors import Issue, WorkbenchError
from analysis.sources.boundaries import read_boundaries
from analysis.territory import Territory, load_territory
from analysis.workspace import Workspace

PROJECT = Path(__file__).resolve().parents[2]
REGION = "CZ072"


@pytest.fixture(scope="module")
def territory() -> Territory:
    return load_territory(Workspace(PROJECT).catalogues)


@pytest.fixture(scope="module")
def drawn(territory: Territory) -> geopandas.GeoDataFrame:
    """Polygons of a region's areas in S-JTSK."""
    return territory.geometry("area", REGION)


def moved(frame: geopandas.GeoDataFrame, change: Callable[[Any], Any]) -> geopandas.GeoDataFrame:
    geometry = shapely.transform(frame.geometry.to_numpy(), change)
    return frame.set_geometry(geometry).set_crs(None, allow_override=True)


def write(frame: geopandas.GeoDataFrame, path: Path, crs: str | None = None) -> Path:
    """A GeoJSON that says of its coordinates what it is told to, or nothing."""
    content = json.loads(frame.to_json(drop_id=True, to_wgs84=False))
    content.pop("crs", None)
    if crs is not None:
        content["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(content), "utf-8")
    return path


def severities(issues: list[Issue]) -> list[str]:
    return sorted(issue.severity for issue in issues)


# --- coordinate systems ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "crs", "severity"),
    [
        (lambda xy: xy, None, ["repair"]),
        (lambda xy: xy, "urn:ogc:def:crs:EPSG::5514", []),
        (lambda xy: xy[:, ::-1], "urn:ogc:def:crs:EPSG::5514", ["repair"]),
        (lambda xy: -xy, None, ["repair"]),
        (lambda xy: -xy[:, ::-1], None, ["repair"]),
        (lambda xy: -xy[:, ::-1], "urn:ogc:def:crs:EPSG::5513", ["repair"]),
    ],
)
def test_all_conventions_of_s_jtsk_give_the_same_polygons(
    territory: Territory,
    drawn: geopandas.GeoDataFrame,
    tmp_path: Path,
    change: Callable[[Any], Any],
    crs: str | None,
    severity: list[str],
) -> None:
    file = write(moved(drawn, change), tmp_path / "areas.geojson", crs)
    frame, issues = read_boundaries(file, territory, region=REGION)
    assert frame.crs.to_epsg() == 5514
    assert frame["code"].tolist() == drawn["code"].tolist()
    assert frame["name"].tolist() == drawn["name"].tolist()
    overlap = shapely.intersection(frame.geometry.to_numpy(), drawn.geometry.to_numpy())
    assert np.allclose(shapely.area(overlap), drawn.area, rtol=1e-6)
    assert severities(issues) == severity


@pytest.mark.parametrize(
    ("epsg", "change", "crs", "severity"),
    [
        (4326, lambda xy: xy, None, []),
        (4326, lambda xy: xy[:, ::-1], None, ["repair"]),
        (4326, lambda xy: xy, "urn:ogc:def:crs:EPSG::5514", ["repair"]),
        (32633, lambda xy: xy, "urn:ogc:def:crs:EPSG::32633", ["note"]),
        (3857, lambda xy: xy, "urn:ogc:def:crs:EPSG::3857", ["note"]),
    ],
)
def test_other_systems_are_transformed(
    territory: Territory,
    drawn: geopandas.GeoDataFrame,
    tmp_path: Path,
    epsg: int,
    change: Callable[[Any], Any],
    crs: str | None,
    severity: list[str],
) -> None:
    file = write(moved(drawn.to_crs(epsg), change), tmp_path / "areas.geojson", crs)
    frame, issues = read_boundaries(file, territory, region=REGION)
    assert np.allclose(frame.area, drawn.area, rtol=1e-3)
    assert frame.distance(drawn, align=False).max() < 10
    assert severities(issues) == severity


@pytest.mark.parametrize("authority", ["EPSG:5514", "ESRI:102067"])
def test_geopackages_keep_their_system(
    territory: Territory, drawn: geopandas.GeoDataFrame, tmp_path: Path, authority: str
) -> None:
    file = tmp_path / "areas.gpkg"
    drawn.set_crs(authority, allow_override=True).to_file(file, layer="orp")
    frame, issues = read_boundaries(file, territory, region=REGION)
    assert np.allclose(frame.area, drawn.area, rtol=1e-6)
    assert set(severities(issues)) <= {"repair"}


# --- the real files -------------------------------------------------------------------------


def test_real_polygons_of_the_whole_country(territory: Territory, shared: Path) -> None:
    frame, issues = read_boundaries(
        shared / "data/geo/orp_cz_ruian_sldb2021.geojson", territory, region=REGION
    )
    assert frame["code"].tolist() == list(territory.areas_of(REGION))
    assert frame.area.sum() / 1e6 == pytest.approx(3961.9, abs=0.1)
    assert frame.is_valid.all()
    assert severities(issues) == ["note", "repair", "repair"]
    assert any("row 85" in issue.where and "invalid" in issue.what for issue in issues)
    assert any("RÚIAN" in issue.what and issue.column == "kod" for issue in issues)
    assert any(issue.what.startswith("193 polygons") for issue in issues)


@pytest.mark.parametrize(
    ("name", "level", "layer", "places", "area"),
    [
        ("zlinsky_kraj.gpkg", "area", "orp", 13, 3961.9),
        ("zlinsky_kraj.gpkg", "municipality", "obce", 307, 3963.4),
        ("zlinsky_kraj_orp.geojson", "area", None, 13, 3961.9),
        ("zlinsky_kraj_obce.geojson", "municipality", None, 307, 3963.4),
        ("obce_cz_polygony.topojson", "municipality", None, 307, 3963.4),
    ],
)
def test_real_files_of_every_format(
    territory: Territory,
    shared: Path,
    name: str,
    level: Any,
    layer: str | None,
    places: int,
    area: float,
) -> None:
    frame, issues = read_boundaries(
        shared / "data/geo" / name, territory, level=level, region=REGION, layer=layer
    )
    assert len(frame) == places and frame.is_valid.all()
    assert frame.area.sum() / 1e6 == pytest.approx(area, abs=0.1)
    assert "error" not in severities(issues)


# --- codes and completeness -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "repaired"),
    [
        (lambda frame, _: frame["code"], False),
        (lambda frame, _: frame["code"].astype(float), False),
        (lambda frame, ruian: frame["code"].map(ruian), True),
        (lambda frame, ruian: frame["code"].map(ruian).astype(int), True),
    ],
)
def test_codes_of_both_systems_are_recognised(
    territory: Territory,
    drawn: geopandas.GeoDataFrame,
    tmp_path: Path,
    codes: Callable[[Any, Any], Any],
    repaired: bool,
) -> None:
    ruian = territory.areas.set_index("code")["ruian_code"]
    odd = drawn.assign(number=range(1, len(drawn) + 1), key=codes(drawn, ruian))
    file = write(
        odd[["number", "key", "geometry"]], tmp_path / "a.geojson", "urn:ogc:def:crs:EPSG::5514"
    )
    frame, issues = read_boundaries(file, territory, region=REGION)
    assert frame["code"].tolist() == drawn["code"].tolist()
    assert np.allclose(frame.area, drawn.area, rtol=1e-6)
    assert severities(issues) == (["repair"] if repaired else [])


def test_missing_and_extra_places_are_told(
    territory: Territory, drawn: geopandas.GeoDataFrame, tmp_path: Path
) -> None:
    partly = drawn.iloc[2:].copy()
    partly["code"] = [*partly["code"].iloc[:-1], "9999"]
    file = write(partly, tmp_path / "areas.geojson", "urn:ogc:def:crs:EPSG::5514")
    frame, issues = read_boundaries(file, territory, region=REGION)
    assert len(frame) == 10
    missing = next(issue for issue in issues if issue.severity == "error")
    assert missing.what.startswith("3 places") and "7201" in str(missing.got)
    extra = next(issue for issue in issues if issue.severity == "note")
    assert extra.got == "9999"


def test_invalid_polygons_are_repaired_and_logged(
    territory: Territory, drawn: geopandas.GeoDataFrame, tmp_path: Path
) -> None:
    broken = drawn.copy()
    x, y = drawn.geometry.iloc[0].centroid.coords[0]
    bow = shapely.Polygon([(x, y), (x + 99, y + 99), (x + 99, y), (x, y + 99)])
    broken.loc[0, "geometry"] = bow
    file = write(broken, tmp_path / "areas.geojson", "urn:ogc:def:crs:EPSG::5514")
    frame, issues = read_boundaries(file, territory, region=REGION)
    assert frame.is_valid.all() and set(frame.geom_type) <= {"Polygon", "MultiPolygon"}
    assert frame.area.iloc[0] == pytest.approx(99 * 99 / 2)
    assert [(issue.severity, issue.row) for issue in issues] == [("repair", 1)]


def test_a_feature_without_geometry_is_left_out(
    territory: Territory, drawn: geopandas.GeoDataFrame, tmp_path: Path
) -> None:
    content = json.loads(drawn.to_crs(4326).to_json(drop_id=True))
    content["features"][3]["geometry"] = None
    file = tmp_path / "areas.geojson"
    file.write_text(json.dumps(content), "utf-8")
    frame, issues = read_boundaries(file, territory, region=REGION)
    assert len(frame) == 12
    assert severities(issues) == ["error", "repair"]


# --- wrong files ----------------------------------------------------------------------------


def points(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    return frame.set_geometry(frame.centroid)


def elsewhere(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    return moved(frame.to_crs(4326), lambda xy: np.add(xy, [30.0, -10.0]))


def half_elsewhere(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    mixed = frame.to_crs(4326)
    mixed.loc[0, "geometry"] = frame.geometry.iloc[0]
    return mixed


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (points, "is no polygon"),
        (elsewhere, "not in the Czech Republic"),
        (half_elsewhere, "Czech Republic"),
        (lambda frame: frame.assign(code="5101"), "no column of the boundaries"),
        (lambda frame: frame.assign(code=[*frame["code"][:-1], frame["code"][0]]), "same code"),
        (lambda frame: frame.drop(columns="code"), "no column of the boundaries"),
        (lambda frame: frame.assign(code=range(13)), "no column of the boundaries"),
        (lambda frame: frame.iloc[:0], "no features"),
    ],
)
def test_wrong_boundaries_are_refused(
    territory: Territory,
    drawn: geopandas.GeoDataFrame,
    tmp_path: Path,
    change: Callable[[Any], Any],
    told: str,
) -> None:
    file = write(change(drawn), tmp_path / "areas.geojson")
    with pytest.raises(WorkbenchError) as caught:
        read_boundaries(file, territory, region=REGION)
    assert told in str(caught.value)
    assert "areas.geojson" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "no map", '{"type": "FeatureCollection", "features": [{', "{}"]
)
def test_files_that_are_no_maps_are_refused(
    territory: Territory, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "areas.geojson"
    file.write_text(text, "utf-8")
    with pytest.raises(WorkbenchError, match=r"no boundaries|no features"):
        read_boundaries(file, territory)


def test_layers_columns_and_files_that_do_not_exist(
    territory: Territory, drawn: geopandas.GeoDataFrame, tmp_path: Path
) -> None:
    file = tmp_path / "areas.gpkg"
    drawn.to_file(file, layer="orp")
    drawn.to_file(file, layer="second")
    with pytest.raises(WorkbenchError, match="several layers"):
        read_boundaries(file, territory)
    with pytest.raises(WorkbenchError, match="did you mean orp"):
        read_boundaries(file, territory, layer="orpp")
    with pytest.raises(WorkbenchError, match="did you mean code"):
        read_boundaries(file, territory, layer="orp", code_column="kode")
    with pytest.raises(WorkbenchError, match="no column of the boundaries"):
        read_boundaries(file, territory, layer="orp", code_column="name")
    with pytest.raises(WorkbenchError, match=r"did you mean areas\.gpkg"):
        read_boundaries(tmp_path / "area.gpkg", territory)
    with pytest.raises(WorkbenchError, match="know no region"):
        read_boundaries(file, territory, region="CZ099", layer="orp")


def test_points_of_a_real_file_are_refused(territory: Territory, shared: Path) -> None:
    with pytest.raises(WorkbenchError, match="is no polygon"):
        read_boundaries(shared / "data/geo/obce_cz_body.geojson", territory, level="municipality")
