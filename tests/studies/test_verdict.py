import math

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from separatrix.errors import SeparatrixError
from separatrix.studies import Claim, Control, Estimate, at_least, at_most, between, decide, estimate, judge, near


def over_seeds(*values) -> xr.DataArray:
    return xr.DataArray(np.array(values, float), dims="seed")


def tree(**measured) -> xr.DataTree:
    return xr.DataTree.from_dict({name: xr.Dataset({"m": value}) for name, value in measured.items()})


def claim(expect, kind="mean", control=None) -> Claim:
    return Claim("01-a-claim", "It is so.", lambda results: results["right"]["m"], expect, "eq. 1", kind, control)


def test_a_mean_has_students_interval():
    values = np.random.default_rng(0).normal(3.0, 2.0, 7)
    found = estimate(over_seeds(*values), "mean")
    reference = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    np.testing.assert_allclose(found.interval, (reference.low, reference.high), rtol=1e-12)
    assert found.seeds == 7
    normal = stats.norm.interval(0.95, values.mean(), values.std(ddof=1) / math.sqrt(7))
    assert found.interval[1] - found.interval[0] > 1.2 * (normal[1] - normal[0])  # failing twin: too narrow for 7 seeds


@pytest.mark.parametrize("successes", range(7))
def test_a_proportion_has_clopper_and_pearsons_interval(successes):
    found = estimate(over_seeds(*[1] * successes, *[0] * (6 - successes)), "proportion")
    reference = stats.binomtest(successes, 6).proportion_ci(0.95, method="exact")
    np.testing.assert_allclose(found.interval, (reference.low, reference.high), atol=1e-12)
    assert found.value == successes / 6


def test_the_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(1000):
        low, high = estimate(over_seeds(*rng.normal(0.0, 1.0, 5)), "mean").interval
        hits += low <= 0 <= high
    assert abs(hits / 1000 - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 1000)  # four standard errors: one run in 16,000 strays


@pytest.mark.parametrize(
    ("interval", "seeds", "expect", "outcome"),
    [
        ((1.0, 2.0), 5, between(1.0, 2.0), "holds"),
        ((1.0, 2.0), 5, between(1.1, 3.0), "undecided"),
        ((1.0, 2.0), 5, between(2.1, 3.0), "fails"),
        ((1.0, 2.0), 5, at_most(0.9), "fails"),
        ((1.0, 2.0), 5, at_least(0.9), "holds"),
        ((1.0, 2.0), 4, at_least(0.9), "undecided"),
        ((1.0, 2.0), 4, at_most(0.9), "undecided"),
        (None, 1, at_least(0.9), "holds"),
        (None, 1, at_least(1.6), "fails"),
    ],
)
def test_decisions(interval, seeds, expect, outcome):
    assert decide(Estimate(1.5, interval, seeds), expect) == outcome


@pytest.mark.parametrize("kind", ["mean", "deterministic"])
def test_what_is_not_finite_fails(kind):
    measured = over_seeds(1, 1, 1, 1, np.nan) if kind == "mean" else float("nan")
    found = estimate(measured, kind)
    assert math.isnan(found.value)
    assert decide(found, between(-10, 10)) == "fails"


def test_an_infinite_seed_fails_even_where_the_expectation_is_open():
    assert decide(estimate(over_seeds(1, 1, 1, 1, np.inf), "mean"), at_least(0.0)) == "fails"


def test_a_nan_seed_counts_as_a_failure_of_a_proportion():
    assert estimate(over_seeds(1, 1, 1, 1, np.nan), "proportion").value == 0.8


def test_a_proportion_is_measured_by_zeros_and_ones():
    with pytest.raises(SeparatrixError, match="0 or 1"):
        estimate(over_seeds(1, 0.5, 1, 1, 1), "proportion")


def test_one_seed_has_no_finite_interval():
    assert estimate(over_seeds(3.0), "mean").interval == (-math.inf, math.inf)


def test_no_seeds_are_refused():
    with pytest.raises(SeparatrixError, match="at least one seed"):
        estimate(over_seeds(), "mean")


@pytest.mark.parametrize(
    ("measured", "kind"),
    [
        (1.0, "mean"),
        (xr.DataArray(np.ones((2, 3)), dims=("seed", "mode")), "mean"),
        (over_seeds(1, 2), "deterministic"),
    ],
)
def test_a_measurement_of_the_wrong_shape_is_told(measured, kind):
    with pytest.raises(SeparatrixError, match="measured by"):
        estimate(measured, kind)


def test_a_control_that_passes_leaves_the_claim_undecided():
    results = tree(
        right=over_seeds(1, 1.01, 0.99, 1, 1), same=over_seeds(1, 1, 1.01, 1, 0.99), other=over_seeds(5, 5, 5.1, 5, 5)
    )
    passes = Control("the same", lambda results: results["same"]["m"])
    fails = Control("another", lambda results: results["other"]["m"])
    assert judge(claim(between(0.9, 1.1)), results).outcome == "holds"
    verdict = judge(claim(between(0.9, 1.1), control=fails), results)
    assert (verdict.outcome, verdict.control_fails) == ("holds", True)
    verdict = judge(claim(between(0.9, 1.1), control=passes), results)
    assert (verdict.outcome, verdict.control_fails) == ("undecided", False)


@pytest.mark.parametrize(("value", "outcome"), [(math.nan, "undecided"), (math.inf, "holds")])
def test_a_control_that_measured_nothing_has_not_failed_and_one_that_diverged_has(value, outcome):
    measured = claim(between(0.9, 1.1), "deterministic", Control("a wrong build", lambda results: value))
    assert judge(measured, tree(right=xr.DataArray(1.0))).outcome == outcome


def test_a_failing_claim_fails_whatever_its_control():
    results = tree(right=over_seeds(5, 5, 5.1, 5, 5), same=over_seeds(1, 1, 1.01, 1, 0.99))
    control = Control("the same", lambda results: results["same"]["m"])
    assert judge(claim(between(0.9, 1.1), control=control), results).outcome == "fails"


def test_a_control_without_seeds_may_be_one_number():
    results = tree(right=over_seeds(1, 1.01, 0.99, 1, 1))
    verdict = judge(claim(between(0.9, 1.1), control=Control("a wrong formula", lambda _: 2.0)), results)
    assert (verdict.outcome, verdict.control.interval) == ("holds", None)


def test_json_has_no_number_that_json_lacks():
    verdict = judge(claim(between(0, 1)), tree(right=over_seeds(3.0)))
    assert verdict.to_json()["interval"] == [None, None]
    assert verdict.to_json()["control"] is None


def test_expectations_read_well_and_refuse_nonsense():
    assert [str(e) for e in (between(0, 1), at_most(2), at_least(1e-8), near(2.0, relative=0.01))] == [
        "0 to 1", "at most 2", "at least 1e-08", "1.98 to 2.02",
    ]  # fmt: skip
    assert near(0.0, absolute=0.1).contains(-0.1)
    assert not between(0, 1).contains(math.nan)
    with pytest.raises(SeparatrixError, match="low <= high"):
        between(2, 1)
    with pytest.raises(SeparatrixError, match="two digits"):
        Claim("1-claim", "s", lambda _: 1.0, between(0, 1), "eq. 1")


def test_a_narrow_expectation_shows_its_ends():
    assert str(near(0.2117, absolute=5e-6)) == "0.211695 to 0.211705"
    assert str(near(3.0)) == "exactly 3"
