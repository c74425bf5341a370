import itertools
import re

import altair as alt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from separatrix.errors import SeparatrixError
from separatrix.figures import (
    CATEGORIES,
    axis_and_scale,
    axis_title,
    claim_panel,
    expected_region,
    heatmap,
    reference_line,
    save,
    specification,
    theory_and_simulation,
    tidy,
    titled,
    with_band,
)
from separatrix.figures.axes import log_ticks

TIME = np.linspace(0.0, 4.0, 12)
NOISE = np.random.default_rng(0).normal(size=(6, 2, 12))


def simulation() -> xr.DataArray:
    curve = np.exp(-np.array([1.0, 0.1])[:, None] * TIME[None, :])
    return xr.DataArray(
        curve[None] * np.exp(0.1 * NOISE),
        dims=("seed", "mode", "time"),
        coords={"mode": ["fast", "slow"], "time": ("time", TIME, {"long_name": "time", "units": "epochs"})},
        attrs={"long_name": "mode strength", "units": "1"},
    )


def theory() -> xr.DataArray:
    return simulation().mean("seed")


def claims() -> list[dict]:
    base = {"statement": "s", "expected": "e", "control": None, "interval": [None, None], "low": 0.0, "high": 1.0}
    return [
        {**base, "id": "01-in", "verdict": "holds", "value": 0.5, "control": {"value": 3.0, "statement": "c"}},
        {**base, "id": "02-far", "verdict": "fails", "value": 50.0, "interval": [49.0, 51.0]},
        {**base, "id": "03-open", "verdict": "holds", "value": 1e-9, "low": None, "high": 1e-8},
        {**base, "id": "04-nothing", "verdict": "fails", "value": None, "low": 0.0, "high": None},
        {**base, "id": "05-exact", "verdict": "holds", "value": 0.0, "low": 0.0, "high": 0.0},
    ]


CHARTS = {
    "linear": lambda: theory_and_simulation(simulation(), theory(), x="time", y="strength", color="mode"),
    "log": lambda: theory_and_simulation(
        simulation(), theory(), x="time", y="strength", color="mode", log_y=True, control=0.5 * simulation()
    ),
    "points": lambda: theory_and_simulation(simulation().sel(mode="fast"), x="time", y="strength", points=True),
    "region": lambda: alt.layer(expected_region(0.2, 0.4), expected_region(low=1.0, axis="x"), CHARTS["linear"]()),
    "lines": lambda: alt.layer(CHARTS["linear"](), reference_line(0.3, label="a"), reference_line(1, axis="x")),
    "heatmap": lambda: heatmap(
        xr.DataArray(
            np.arange(6.0).reshape(2, 3) + 1, dims=("lr", "depth"), coords={"lr": [0.1, 1.0], "depth": [1, 2, 3]}
        ),
        x="lr",
        y="depth",
        log_x=True,
        log_value=True,
        boundary=xr.DataArray([1.5, 2.5], dims="lr", coords={"lr": [0.1, 1.0]}),
    ),
    "claims": lambda: claim_panel(claims()),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_building_block_is_drawn_in_light_and_dark_without_network(name, tmp_path):
    chart = titled(CHARTS[name](), "A sentence that says what one sees in this figure, and that is too long for a line")
    for dark in (False, True):
        path = save(chart, tmp_path / "f.png", dark=dark)
        assert path.read_bytes().startswith(b"\x89PNG")
        assert path.stat().st_size > 5000
    assert len(specification(chart)["title"]["text"]) == 2
    page = save(chart, tmp_path / "f.html").read_text()
    assert not re.search(r"(src|href)\s*=\s*['\"]?https?:", page)
    assert save(chart, tmp_path / "f.svg").read_text().startswith("<svg")


def test_the_band_is_students_interval_over_seeds():
    values = np.random.default_rng(1).normal(size=7)
    table = pd.DataFrame({"seed": range(7), "x": 0.0, "y": values})
    [row] = with_band(table, "y", ["x"]).to_dict("records")
    reference = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose([row["low"], row["high"]], [reference.low, reference.high], rtol=1e-12)


def test_on_a_logarithmic_axis_the_band_is_that_of_the_logarithms():
    table = pd.DataFrame({"seed": [0, 1], "x": 0.0, "y": [0.01, 1.0]})
    [row] = with_band(table, "y", ["x"], log=True).to_dict("records")
    assert row["y"] == pytest.approx(0.1)
    assert 0 < row["low"] < 0.01  # that of the numbers themselves would be negative, and could not be drawn
    assert with_band(table, "y", ["x"]).to_dict("records")[0]["low"] < 0


def test_without_seeds_the_band_has_no_width():
    [row] = with_band(pd.DataFrame({"x": [0.0], "y": [2.0]}), "y", ["x"]).to_dict("records")
    assert row["low"] == row["high"] == 2.0


def test_missing_and_infinite_numbers_are_left_out():
    data = xr.DataArray([1.0, np.nan, np.inf], dims="time", coords={"time": [0, 1, 2]})
    assert list(tidy(data, "y")["time"]) == [0]


@pytest.mark.parametrize("data", [xr.Dataset({"a": 1.0}), pd.DataFrame({"a": [1.0]})])
def test_an_unknown_quantity_is_told(data):
    with pytest.raises(SeparatrixError, match=r"no (variable|column) 'b'"):
        tidy(data, "b")


@pytest.mark.parametrize("low", [1e-12, 3e-5, 0.02, 1.0, 7.0])
@pytest.mark.parametrize("ratio", [1.3, 4.0, 30.0, 1e3, 1e9, 1e14])
def test_logarithmic_ticks_are_few_round_and_inside(low, ratio):
    ticks = log_ticks(low, low * ratio)
    assert 2 <= len(ticks) <= 8
    assert all(low * 0.999 <= tick <= low * ratio * 1.001 for tick in ticks)
    assert all(a < b for a, b in itertools.pairwise(ticks))


def test_axes_have_names_and_units():
    assert axis_title(simulation()["time"], "time") == "time (epochs)"
    assert axis_title(simulation(), "strength") == "mode strength"
    assert axis_title(None, "learning_rate") == "learning rate"
    spec = specification(CHARTS["linear"]())
    channels = [layer["encoding"].get(axis, {}) for layer in spec["layer"] for axis in "xy"]
    titles = {channel["title"] for channel in channels if "title" in channel}
    assert titles == {"time (epochs)", "mode strength"}


def test_an_axis_of_equal_or_no_values_can_be_drawn():
    for values in ([], [2.0, 2.0], [np.nan]):
        for log in (False, True):
            _, _, (low, high) = axis_and_scale(values, log=log)
            assert low < high


def test_labels_stand_at_the_lines_when_they_fit_and_in_a_legend_otherwise():
    def has_legend(chart):
        layers = specification(chart)["layer"]
        return any(layer["encoding"].get("color", {}).get("legend", None) is not None for layer in layers)

    assert not has_legend(CHARTS["linear"]())
    close = simulation() * 0 + 1.0
    assert has_legend(theory_and_simulation(close, x="time", y="strength", color="mode"))


def test_colours_can_be_told_apart_by_the_colour_blind():
    """No red beside green: the two that deuteranopes confuse are never both among the categories."""
    green, vermillion = "#009E73", "#D55E00"
    assert not {green, vermillion} <= set(CATEGORIES)
    assert len(set(CATEGORIES)) == len(CATEGORIES) >= 6


def test_far_values_and_missing_ones_do_not_break_the_claim_panel():
    rows = specification(claim_panel(claims()))["data"]["values"]
    shapes = {row["claim"][:2]: row["shape"] for row in rows}
    assert shapes["02"] == "triangle-right"
    assert shapes["01"] == "circle"
    places = [row["at"] for row in rows if row["at"] is not None]
    assert all(-1 <= place <= 2 for place in places)


def test_bad_files_are_told(tmp_path):
    with pytest.raises(SeparatrixError, match=r"\.html, \.svg, \.png or \.json"):
        save(CHARTS["claims"](), tmp_path / "f.pdf")
    with pytest.raises(SeparatrixError, match="Cannot write the figure"):
        save(CHARTS["claims"](), tmp_path / "nowhere" / "f.svg")
