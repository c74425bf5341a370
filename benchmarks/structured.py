"""The structured network beside dense ones: cost of one exact operator, and of forecasts at equal error."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.clock import by_turns, median_ratio
from benchmarks.row import Row, version
from separatrix.models.structured import hankel_matrix, hankel_network, structured_network
from separatrix.studies.structured_network.config import Config
from separatrix.studies.structured_network.exact import multiplications
from separatrix.studies.structured_network.lorenz import STRUCTURED, forecasts
from separatrix.theory import dense_parameters, structured_parameters

WINDOWS, BATCH = (256, 1024, 4096), 64


def run() -> list[Row]:
    """Apply a Hankel operator both ways, then compare trained networks at the error that the structured one has.

    Returns:
        Rows on time, and on parameters near and far.
    """
    jax.config.update("jax_enable_x64", True)
    return [_operator(n) for n in WINDOWS] + _forecasts()


def _operator(n: int) -> Row:
    rng = np.random.default_rng(0)
    generator, past = rng.normal(size=2 * n - 1), rng.normal(size=(n, BATCH))
    matrix, network, x = hankel_matrix(generator), hankel_network(generator), jnp.asarray(past)
    apply = eqx.filter_jit(lambda network, x: network(x))

    def ours() -> np.ndarray:
        return np.asarray(apply(network, x))

    def theirs() -> np.ndarray:
        return matrix @ past

    off = float(np.linalg.norm(ours() - theirs()) / np.linalg.norm(theirs()))
    times = by_turns({"ours": ours, "theirs": theirs}, 7)
    seconds = {name: float(np.median(values)) for name, values in times.items()}
    return Row(
        f"a Hankel operator on {BATCH} windows of {n}, by butterflies",
        f"the matrix, {version('numpy')}",
        "times faster",
        median_ratio(times["theirs"], times["ours"]),
        ours=f"{seconds['ours'] * 1e3:.2f} ms",
        theirs=f"{seconds['theirs'] * 1e3:.2f} ms",
        accuracy=f"they differ by {off:.0e}",
        note=f"{structured_parameters(n):,} parameters where dense layers have {dense_parameters(n):,}",
    )


def _forecasts() -> list[Row]:
    config = Config()
    with jax.enable_x64(True):
        found = forecasts(config)
    shapes = eqx.filter_eval_shape(lambda key: structured_network(config.window, key=key, copies=3), jax.random.key(0))
    work = multiplications(shapes, config.window)
    dense = [str(model) for model in found["model"].to_numpy() if str(model).startswith("dense")]
    rows = []
    for regime, words in (("near", "next 0.08 units, no noise"), ("far", "next 0.64 units, 1 % noise")):
        error = np.log(found["error"].sel(regime=regime)).mean("seed")
        here = float(error.sel(model=STRUCTURED))
        known = np.array([[float(error.sel(model=m)), float(found["parameters"].sel(model=m))] for m in dense])
        order = np.argsort(known[:, 0])
        equal = float(np.exp(np.interp(here, known[order, 0], np.log(known[order, 1]))))
        ours = float(found["parameters"].sel(model=STRUCTURED))
        units = (equal - config.window) / (2 * config.window + 1)
        rows.append(
            Row(
                f"forecast of Lorenz's x, {words}: parameters at the error of three structured copies",
                "dense networks of one hidden layer, interpolated between widths",
                "times fewer parameters",
                equal / ours,
                at_least=1,
                ours=f"{ours:.0f} parameters, {work:,} multiplications",
                theirs=f"{equal:.0f} parameters, {2 * config.window * units:,.0f} multiplications",
                accuracy=f"mean squared error {np.exp(here):.2g} of the variance, {config.seeds} seeds",
                note="against the dense network of the same widths it has 4.1 times fewer, at a larger error",
            )
        )
    return rows
