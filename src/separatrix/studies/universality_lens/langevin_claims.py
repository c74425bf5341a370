"""Claims about Langevin dynamics: the mixture that it stands for, and the weights that it estimates."""

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between, near
from separatrix.studies.universality_lens.exact_claims import node
from separatrix.studies.universality_lens.singular import MODELS

REGULAR, SINGULAR = MODELS


def _worse(results: xr.DataTree, name: str) -> xr.DataArray:
    found = node(results, "logistic")
    worse = found[name] > found["regret_langevin"]
    return worse.astype(float).where(np.isfinite(found[name] - found["regret_langevin"]))


def _more(results: xr.DataTree, name: str) -> xr.DataArray:
    found = node(results, "logistic")
    return found[name] - found["regret_langevin"]


def _estimated(results: xr.DataTree, model: str) -> xr.DataArray:
    found = node(results, "ladder").sel(model=model, drop=True).isel(t=-1, drop=True)
    return found["log_weight"] / found["exact"]


def _counted(results: xr.DataTree) -> float:
    found = node(results, "ladder").sel(model=SINGULAR, drop=True).isel(t=-1, drop=True)
    return float(found["counted"] / found["exact"])


def _weightless(results: xr.DataTree) -> float:
    """What two flat parameters would cost: nothing."""
    return 0.0 * float(node(results, "ladder")["exact"].isel(t=-1, model=0))


def _real(results: xr.DataTree, data: str, worse: str, better: str) -> xr.DataArray:
    found = node(results, "real_data").sel(data=data, drop=True)
    return found[worse] - found[better]


POINT = (
    Claim(
        "08-langevin-is-the-mixture",
        "Mean predictions of 2000 Langevin samples are those of the exact mixture (mean absolute difference)",
        lambda r: node(r, "logistic")["difference"],
        at_most(0.02),
        "practical learner",
        control=Control(
            "the mean for the sum in the energy: n times too hot", lambda r: node(r, "logistic")["difference_of_mean"]
        ),
    ),
    Claim(
        "08-the-best-point-is-worse",
        "The single point of largest posterior density has a larger test log loss (share of data sets)",
        lambda r: _worse(r, "regret_point"),
        at_least(0.8),
        "practical learner: average many samples",
        kind="proportion",
        control=Control("the exact mixture in its place", lambda r: _worse(r, "regret_mixture")),
    ),
    Claim(
        "08-one-sample-is-worse",
        "A single sample has a larger test log loss than their mixture (share of data sets)",
        lambda r: _worse(r, "regret_sample"),
        at_least(0.8),
        "practical learner: average many samples",
        kind="proportion",
        control=Control("the exact mixture in its place", lambda r: _worse(r, "regret_mixture")),
    ),
    Claim(
        "08-one-sample-costs-twice",
        "A single sample costs k/(2n) = 0.02 nats more, as much again as the mixture",
        lambda r: _more(r, "regret_sample"),
        near(0.02, relative=0.5),
        "second-order expansion of the divergence around the truth",
        control=Control("the best point", lambda r: _more(r, "regret_point")),
        unit="nats",
    ),
    Claim(
        "08-noisy-labels-need-the-mixture",
        "On real data whose labels are noisy the ensemble beats the best single network (test log loss)",
        lambda r: _real(r, "diabetes", "point", "ensemble"),
        at_least(0.0),
        "practical learner",
        control=Control("one of its samples in its place", lambda r: _real(r, "diabetes", "ensemble", "member")),
        unit="nats",
    ),
    Claim(
        "08-average-predictions-not-weights",
        "Averaging the predictions of networks is better than averaging their weights (test log loss)",
        lambda r: _real(r, "diabetes", "averaged_weights", "ensemble"),
        at_least(0.0),
        "practical learner",
        control=Control("the other way round", lambda r: _real(r, "diabetes", "ensemble", "averaged_weights")),
        unit="nats",
    ),
    Claim(
        "08-clean-labels-too",
        "and where labels are almost clean it does so too (test log loss)",
        lambda r: _real(r, "biopsies", "point", "ensemble"),
        at_least(0.0),
        "practical learner",
        control=Control("one of its samples in its place", lambda r: _real(r, "biopsies", "ensemble", "member")),
        unit="nats",
    ),
)

WEIGHT = (
    Claim(
        "08-langevin-weighs-a-regular-solution",
        "Integrated over temperatures, Langevin's mean divergence gives -log of the exact weight (ratio)",
        lambda r: _estimated(r, REGULAR),
        near(1.0, relative=0.1),
        "weight of a hypothesis, softened: -log of the mean of exp(-t D)",
        control=Control("parameters that cost nothing", _weightless),
    ),
    Claim(
        "08-langevin-weighs-a-singular-solution",
        "and does so at the singular point of y = a b x (ratio)",
        lambda r: _estimated(r, SINGULAR),
        near(1.0, relative=0.1),
        "weight of a hypothesis, softened",
        control=Control("counting its two parameters", _counted),
    ),
    Claim(
        "07-learning-coefficient-by-langevin",
        "One temperature, 1/log n, gives the learning coefficient of y = a b x on data (sampled less exact)",
        lambda r: node(r, "tempered")["langevin"] - node(r, "tempered")["exact"],
        between(-0.05, 0.05),
        "singular points can have smaller exponents",
        control=Control(
            "half the parameters' number, less the exact one", lambda r: 1.0 - node(r, "tempered")["exact"]
        ),
    ),
)
CLAIMS = (*POINT, *WEIGHT)
