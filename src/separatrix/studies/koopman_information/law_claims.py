"""Claims that are exact or nearly so: memory, water-filling, the chain, InfoNCE's ceiling and the operator."""

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, near
from separatrix.studies.koopman_information.measures import Measure, at_weight, bare, node
from separatrix.theory.water_filling import effective_modes

WEIGHTS = {0.0: 1.938, 0.02: 2.036, 0.1: 2.700, 0.5: 4.413, 2.0: 4.935}
"""Effective dimension at each weight of the entropy, as the reference computation gives it."""


def _memory(lag: int, of_law: int) -> Measure:
    """Joint information at a lag, over the law's at another."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        law = node(results, "memory")["theory"].sel(lag=of_law).sum("mode")
        return bare(node(results, "memory")["joint"].sel(lag=lag)) / float(law)

    return measure


def _memory_of_wrong_law(results: xr.DataTree) -> xr.DataArray:
    eigenvalues = node(results, "memory")["mode"].to_numpy()
    return bare(node(results, "memory")["joint"].sel(lag=1)) / float(-np.log1p(-eigenvalues).sum() / 2)


MEMORY = (
    Claim(
        "01-memory-of-a-linear-process",
        "A Gaussian fit to 2e5 steps finds the information between neighbours that the law gives: ratio",
        _memory(1, 1),
        near(1, relative=0.03),
        "linear-Gaussian law",
        control=Control("the law with lambda^n in place of lambda^2n", _memory_of_wrong_law),
    ),
    Claim(
        "01-memory-fades-with-the-lag",
        "The same five steps apart",
        _memory(5, 5),
        near(1, relative=0.05),
        "linear-Gaussian law",
        control=Control("the law three steps apart", _memory(5, 3)),
    ),
    Claim(
        "01-general-law-is-the-diagonal-one",
        "With determinants of covariances, whatever the noise, the law is that of single modes: largest difference",
        lambda r: float(node(r, "memory")["mismatch"].max()),
        at_most(1e-10),
        "linear-Gaussian law",
        kind="deterministic",
        unit="nat",
        control=Control(
            "modes one step further apart",
            lambda r: float(abs(node(r, "memory")["theory"].sum("mode").diff("lag")).min()),
        ),
    ),
)


def _farthest(results: xr.DataTree) -> xr.DataArray:
    """Largest error in effective dimension over all weights that reward the entropy."""
    found = node(results, "sharing")["dimension"] - node(results, "sharing")["theory"]
    return bare(abs(found.where(found["weight"] > 0, drop=True)).max("weight"))


def _farthest_from_plain(results: xr.DataTree) -> xr.DataArray:
    found = node(results, "sharing")["dimension"] - float(at_weight(results, "theory", 0.0))
    return bare(abs(found.where(found["weight"] > 0, drop=True)).min("weight"))


def _reference(results: xr.DataTree) -> float:
    theory = [float(at_weight(results, "theory", weight)) for weight in WEIGHTS]
    return float(np.abs(np.array(theory) - np.array(list(WEIGHTS.values()))).max())


def _in_proportion(results: xr.DataTree) -> float:
    gains = np.array([4.0, 2.0, 1.0, 0.5, 0.25])
    return effective_modes(gains / gains.sum())


def _smallest(weight: float) -> Measure:
    return lambda r: at_weight(r, "shares", weight)[:, -1] / float(at_weight(r, "theory_shares", 0.1)[-1])


SHARING = (
    Claim(
        "02-information-alone-starves-modes",
        "A linear encoder that climbs information alone ends with two of five modes: effective dimension",
        lambda r: at_weight(r, "dimension", 0.0),
        near(1.938, absolute=1e-3),
        "mode collapse; water-filling",
        control=Control("variance in proportion to the gains", _in_proportion),
    ),
    Claim(
        "02-entropy-cures-it-as-predicted",
        "With entropy rewarded it ends where water-filling with entropy does: largest difference in dimension",
        _farthest,
        at_most(1e-3),
        "water-filling with entropy",
        control=Control("water-filling without entropy: smallest difference", _farthest_from_plain),
    ),
    Claim(
        "02-theory-has-the-reference-numbers",
        "The theory's effective dimensions are those of the reference computation: largest difference",
        _reference,
        at_most(1e-3),
        "reference computation",
        kind="deterministic",
        control=Control(
            "those of the weights next to them",
            lambda r: float(np.diff(list(WEIGHTS.values())).min()),
        ),
    ),
    Claim(
        "02-no-mode-is-starved",
        "At weight 0.1 the weakest mode keeps the share that theory gives it: ratio",
        _smallest(0.1),
        near(1, relative=0.05),
        "water-filling with entropy",
        control=Control("without entropy", _smallest(0.0)),
    ),
    Claim(
        "02-punished-entropy-leaves-one-mode",
        "Punished with weight 0.5, the entropy takes all modes but one: effective dimension",
        lambda r: at_weight(r, "dimension", -0.5),
        at_most(1.01),
        "derived: each vertex is then a maximum",
        control=Control("rewarded with that weight", lambda r: at_weight(r, "dimension", 0.5)),
    ),
)

CHAIN = (
    Claim(
        "06-information-falls-along-the-chain",
        "Encoding the past, then the future, never gains information: smallest loss over random processes",
        lambda r: bare(node(r, "chain")["losses"].min(("draw", "link"))),
        at_least(-1e-9),
        "data-processing chain",
        unit="nat",
        control=Control(
            "an encoder of the past that sees the next state", lambda r: bare(node(r, "chain")["leaked"].min("draw"))
        ),
    ),
    Claim(
        "06-invertible-encoders-lose-nothing",
        "Along the chain of an invertible encoder the information is level: largest difference",
        lambda r: bare(node(r, "chain")["spread"]),
        at_most(1e-9),
        "data-processing chain",
        unit="nat",
        control=Control(
            "encoders onto two dimensions: smallest loss",
            lambda r: bare(node(r, "chain")["losses"].min(("draw", "link"))),
        ),
    ),
    Claim(
        "06-lost-information-bounds-trajectories",
        "Trajectories of the best model by latents differ from the process by no more than its bound: variation ratio",
        lambda r: bare(node(r, "chain")["variation"] / node(r, "chain")["bound"]),
        at_most(1),
        "trajectory bound, by Pinsker's inequality",
        control=Control(
            "the loss of the first step alone",
            lambda r: bare(node(r, "chain")["variation"] / node(r, "chain")["first_bound"]),
        ),
    ),
)


def _highest(variable: str) -> Measure:
    return lambda r: bare(node(r, "ceiling")[variable].max("eigenvalue") / node(r, "ceiling")["ceiling"])


CEILING = (
    Claim(
        "07-a-constant-critic-tells-nothing",
        "InfoNCE of a constant critic is log(1 + negatives / positives) = 0.916 nats: difference",
        lambda r: abs(float(node(r, "ceiling")["constant"]) - np.log(1 + 9 / 6)),
        at_most(1e-9),
        "derived",
        kind="deterministic",
        unit="nat",
        control=Control(
            "positives counted as negatives too",
            lambda r: abs(float(node(r, "ceiling")["constant"]) - np.log(1 + 15 / 6)),
        ),
    ),
    Claim(
        "07-nothing-passes-the-ceiling",
        "With the best critic InfoNCE tells no more than its ceiling, whatever there is to tell: largest share of it",
        _highest("fresh"),
        at_most(1 + 1e-9),
        "derived",
        control=Control(
            "the information itself, at eigenvalue 0.99",
            lambda r: float(node(r, "ceiling")["truth"].sel(eigenvalue=0.99) / node(r, "ceiling")["ceiling"]),
        ),
    ),
)


def _shrunk(results: xr.DataTree, power: int) -> xr.DataArray:
    found = node(results, "operator")
    scale = found["scale"]
    # the theory's kappa / (pairs s^2 + kappa), with another power of the scale
    odds = found["theory"] / (1 - found["theory"]) * scale ** (2 - power)
    return bare(abs(found["shrunk"] / (odds / (1 + odds)) - 1).max("scale"))


OPERATOR = (
    Claim(
        "08-exact-on-linear-latents",
        "From latents that step linearly the closed form recovers the operator: largest error of an entry",
        lambda r: bare(node(r, "operator")["error"]),
        at_most(1e-6),
        "operator in closed form",
        control=Control("one pair fewer than dimensions", lambda r: bare(node(r, "operator")["short_error"])),
    ),
    Claim(
        "08-ridge-shrinks-by-the-squared-scale",
        "Eigenvalues shrink by kappa / (T s^2 + kappa) at every scale s from 0.1 to 10: largest relative difference",
        lambda r: _shrunk(r, 2),
        at_most(0.05),
        "derived",
        control=Control("the scale not squared", lambda r: _shrunk(r, 1)),
    ),
)

LAWS = (*MEMORY, *SHARING, *CHAIN, *CEILING, *OPERATOR)
