"""Claims about trained networks: trace against 2/lr, balance, norms, test error, and leaving sharp minima."""

import math

import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most
from separatrix.studies.claim import Measure
from separatrix.studies.dynamical_stability.diagonal import INPUT_VARIANCE
from separatrix.studies.dynamical_stability.reading import experiment, final, log

INTERPOLATES = 1e-6
"""Training loss below which a run counts as having reached a minimum."""


def comparable(results: xr.DataTree, run: str) -> xr.Dataset:
    """The same, of descent on the ReLU network only at the rates that SGD was run at too."""
    end = final(results, run)
    if run == "relu_descent":
        return end.sel(rates=slice(None, float(experiment(results, "relu_sgd")["rates"].max()) * (1 + 1e-6)))
    return end


def largest_trace_ratio(run: str) -> Measure:
    """Largest tr G over 2 / lr of the runs that reached a minimum.

    Args:
        run: name of the experiment.

    Returns:
        The measure, one number a seed.
    """

    def measure(results: xr.DataTree) -> xr.DataArray:
        end = comparable(results, run)
        return end["trace_ratio"].where(end["train_loss"] < INTERPOLATES).max("rates")

    return measure


def _largest_departure(run: str) -> Measure:
    """Factor by which the trace departs from 2 / lr at most, either way, in powers of two."""
    return lambda results: (abs(log(final(results, run)["trace_ratio"])) / math.log(2)).max("rates")


def _last_over_first(run: str, name: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        end = comparable(results, run)[name]
        return end.isel(rates=-1, drop=True) / end.isel(rates=0, drop=True)

    return measure


def _worst_step(run: str, name: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        values = comparable(results, run)[name]
        after, before = values.isel(rates=slice(1, None)), values.isel(rates=slice(None, -1))
        return (after.drop_vars("rates") / before.drop_vars("rates")).max("rates")

    return measure


def _spread(run: str, name: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        end = comparable(results, run)[name]
        return (end.max("rates") - end.min("rates")) / end.mean("rates")

    return measure


def _l1_over_bound(run: str) -> Measure:
    return lambda results: (final(results, run)["l1"] * final(results, run)["rate"] * INPUT_VARIANCE).max("rates")


_DESCENT = "full-batch descent"

DIAGONAL = (
    Claim(
        "04-trace-at-most-two-over-rate",
        "Where SGD reaches a minimum of the diagonal network, tr G is at most 2/lr (largest ratio over rates).",
        largest_trace_ratio("diagonal_sgd"),
        at_most(1.0),
        "diagonal linear networks",
        control=Control(_DESCENT, largest_trace_ratio("diagonal_descent")),
        unit="2/lr",
    ),
    Claim(
        "04-trace-follows-two-over-rate",
        "SGD's tr G stays within a factor of two of 2/lr at every rate (largest departure, in powers of two).",
        _largest_departure("diagonal_sgd"),
        at_most(1.0),
        "headline: the trace hugs 2/lr",
        control=Control(_DESCENT, _largest_departure("diagonal_descent")),
    ),
    Claim(
        "04-l1-norm-below-its-bound",
        "SGD's coefficients have an l1 norm of at most 1 / (s^2 lr) (largest ratio over rates).",
        _l1_over_bound("diagonal_sgd"),
        at_most(1.0),
        "diagonal linear networks: trace controls l1",
        control=Control(_DESCENT, _l1_over_bound("diagonal_descent")),
    ),
    Claim(
        "04-test-loss-falls-at-every-step-in-rate",
        "SGD's test loss falls by more than 3 % with every increase of the rate (worst ratio of neighbouring rates).",
        _worst_step("diagonal_sgd", "test_loss"),
        at_most(0.97),
        "diagonal linear networks",
        control=Control(_DESCENT, _worst_step("diagonal_descent", "test_loss")),
    ),
    Claim(
        "04-large-rates-generalise",
        "SGD's test loss at the largest rate is below a thousandth of that at the smallest.",
        _last_over_first("diagonal_sgd", "test_loss"),
        at_most(1e-3),
        "diagonal linear networks",
        control=Control(_DESCENT, _last_over_first("diagonal_descent", "test_loss")),
    ),
    Claim(
        "04-descents-trace-ignores-the-rate",
        "Full-batch descent ends with a trace that varies by less than 3 % over its rates.",
        _spread("diagonal_descent", "trace"),
        at_most(0.03),
        "diagonal linear networks",
        control=Control("SGD over its rates", _spread("diagonal_sgd", "trace")),
    ),
)


def _relative_balance(run: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        end = final(results, run)["balance"]
        return (end / end["imbalance"]).sel(imbalance=slice(4, None)).max("imbalance")

    return measure


def _balance_drift(run: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        end = final(results, run)["balance"]
        return abs(end / end["imbalance"] - 1).max("imbalance")

    return measure


def _difference_drift(run: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        sums = experiment(results, run)["difference"].sel(imbalance=slice(1.5, None))
        return abs(sums.isel(time=-1, drop=True) / sums.isel(time=0, drop=True) - 1).max("imbalance")

    return measure


def _worst_balance(run: str) -> Measure:
    return lambda results: final(results, run)["balance"].max("imbalance")


BALANCE = (
    Claim(
        "05-sgd-halves-the-imbalance",
        "From balance ratios of 4 and more SGD ends below half of the initial ratio (largest share that is left).",
        _relative_balance("balance_sgd"),
        at_most(0.5),
        "balancing",
        control=Control(_DESCENT, _relative_balance("balance_descent")),
    ),
    Claim(
        "05-sgd-balances-from-any-start",
        "From every initial balance ratio SGD ends near 1, below 1.1 (largest final ratio).",
        _worst_balance("balance_sgd"),
        at_most(1.1),
        "balancing",
        control=Control(_DESCENT, _worst_balance("balance_descent")),
    ),
    Claim(
        "05-descent-keeps-the-ratio",
        "Full-batch descent at a small rate keeps the balance ratio within 20 % (largest relative change).",
        _balance_drift("balance_descent"),
        at_most(0.2),
        "balancing",
        control=Control("SGD", _balance_drift("balance_sgd")),
    ),
    Claim(
        "05-descent-conserves-the-differences",
        "Full-batch descent at a small rate keeps sum_j |a_j^2 - b_j^2| within 5 % (largest relative change).",
        _difference_drift("balance_descent"),
        at_most(0.05),
        "balancing: the conserved quantity of gradient flow",
        control=Control("SGD", _difference_drift("balance_sgd")),
    ),
)


def _edge(run: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        end = final(results, run)
        ratio = end["largest"] * end["rate"] / 2
        return ratio.where(end["train_loss"] < INTERPOLATES).max("rates")

    return measure


def _path_norm_over_bound(run: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        end = comparable(results, run)
        return (end["path_norm"] * end["rates"] / 2).max("rates")

    return measure


RELU = (
    Claim(
        "06-trace-at-most-two-over-rate",
        "Where SGD reaches a minimum of the ReLU network, tr G is at most 2/lr (largest ratio over rates).",
        largest_trace_ratio("relu_sgd"),
        at_most(1.0),
        "two-layer ReLU networks",
        control=Control("full-batch descent at the same rates", largest_trace_ratio("relu_descent")),
        unit="2/lr",
    ),
    Claim(
        "06-path-norm-falls-with-the-rate",
        "SGD's path norm at the largest rate is below 0.7 of that at the smallest.",
        _last_over_first("relu_sgd", "path_norm"),
        at_most(0.7),
        "two-layer ReLU networks",
        control=Control("full-batch descent at the same rates", _last_over_first("relu_descent", "path_norm")),
    ),
    Claim(
        "06-path-norm-below-its-bound",
        "SGD's path norm is at most 2 / (sqrt(d) lr) (largest ratio over rates).",
        _path_norm_over_bound("relu_sgd"),
        at_most(1.0),
        "two-layer ReLU networks: trace controls the path norm",
        control=Control("full-batch descent at the same rates", _path_norm_over_bound("relu_descent")),
    ),
    Claim(
        "06-test-loss-falls-with-the-rate",
        "SGD's test loss at the largest rate is below 0.7 of that at the smallest.",
        _last_over_first("relu_sgd", "test_loss"),
        at_most(0.7),
        "two-layer ReLU networks",
        control=Control("full-batch descent at the same rates", _last_over_first("relu_descent", "test_loss")),
    ),
    Claim(
        "06-descents-path-norm-hardly-moves",
        "The path norm of full-batch descent varies by less than 10 % over the same rates.",
        _spread("relu_descent", "path_norm"),
        at_most(0.1),
        "two-layer ReLU networks",
        control=Control("SGD at the same rates", _spread("relu_sgd", "path_norm")),
    ),
    Claim(
        "06-descent-obeys-its-own-rule",
        "Where full-batch descent reaches a minimum, the largest eigenvalue is at most 2/lr (largest ratio).",
        _edge("relu_descent"),
        at_most(1.0),
        "edge of stability",
        control=Control("the trace in place of the largest eigenvalue", largest_trace_ratio("relu_descent")),
        unit="2/lr",
    ),
    Claim(
        "06-descent-sits-at-the-edge",
        "At large rates the largest eigenvalue of full-batch descent comes within 10 % of 2/lr (largest ratio).",
        _edge("relu_descent"),
        at_least(0.9),
        "edge of stability",
        control=Control("SGD", _edge("relu_sgd")),
        unit="2/lr",
    ),
    Claim(
        "06-trace-at-most-two-over-rate-on-digits",
        "On real digits too, tr G is at most 2/lr where SGD reaches a minimum (largest ratio over rates).",
        largest_trace_ratio("digits_sgd"),
        at_most(1.0),
        "real data: scikit-learn digits, 3 against 8",
        control=Control("full-batch descent at the same rates", largest_trace_ratio("digits_descent")),
        unit="2/lr",
    ),
    Claim(
        "06-test-loss-falls-with-the-rate-on-digits",
        "On real digits SGD's test loss at the largest rate is below 0.7 of that at the smallest.",
        _last_over_first("digits_sgd", "test_loss"),
        at_most(0.7),
        "real data: scikit-learn digits, 3 against 8",
        control=Control("full-batch descent at the same rates", _last_over_first("digits_descent", "test_loss")),
    ),
)


def _farthest(run: str, factor: float) -> Measure:
    """Logarithm of the largest distance from the minimum over the initial one."""
    return lambda results: (
        log(experiment(results, run)["distance"].sel(factor=factor, drop=True).max("time")) / math.log(10)
    )


def _final_distance(run: str, factor: float) -> Measure:
    return lambda results: final(results, run)["distance"].sel(factor=factor, drop=True)


def _final_ratio(run: str) -> Measure:
    return lambda results: final(results, run)["trace_ratio"].sel(factor=slice(1.2, None)).max("factor")


ESCAPE = (
    Claim(
        "08-sharp-minimum-is-left",
        "Pushed by 1e-6, SGD leaves a minimum whose trace is 1.5 times 2/lr: its distance grows 1000-fold (decades).",
        _farthest("escape_sgd", 1.5),
        at_least(3.0),
        "nonlinear stability",
        control=Control("full-batch descent at the same rate", _farthest("escape_descent", 1.5)),
        unit="decades",
    ),
    Claim(
        "08-descent-returns-to-it",
        "Full-batch descent at the same rate returns: it ends no farther than it began (ratio of distances).",
        _final_distance("escape_descent", 1.5),
        at_most(1.0),
        "nonlinear stability",
        control=Control("SGD at the same rate", _final_distance("escape_sgd", 1.5)),
    ),
    Claim(
        "08-flat-minimum-is-kept",
        "SGD returns to a minimum whose trace is 0.75 times 2/lr (ratio of distances).",
        _final_distance("escape_sgd", 0.75),
        at_most(1.0),
        "nonlinear stability",
        control=Control("1.5 times 2/lr", _final_distance("escape_sgd", 1.5)),
    ),
    Claim(
        "08-sgd-settles-where-it-is-flat",
        "After leaving, SGD comes to where tr G is at most 2/lr (larger ratio of two rates).",
        _final_ratio("escape_sgd"),
        at_most(1.0),
        "nonlinear stability",
        control=Control("full-batch descent at the same rates", _final_ratio("escape_descent")),
        unit="2/lr",
    ),
)

NETWORK_CLAIMS = (*DIAGONAL, *BALANCE, *RELU, *ESCAPE)
