"""What is run: exact checks of the operator and the divergence, tones without a network, and the networks."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import xarray as xr

from separatrix.studies.koopman_vae.config import Config
from separatrix.studies.koopman_vae.exact import divergence, operator, recovery
from separatrix.studies.koopman_vae.scoring import REAL, labelled_scores, lower_scoring, real_series, score_keys
from separatrix.studies.koopman_vae.training import (
    DRAWN,
    INDEPENDENT,
    SPLINE,
    ZEROS,
    Plan,
    labelled,
    lower_measuring,
    lower_training,
    usual,
)

SHOWN = 6
"""Series that are kept for the figures."""


def networks(config: Config) -> xr.Dataset:
    """Train every setting, measure its prior and operator, and score what it generates.

    Args:
        config: the numbers.

    Returns:
        Measurements, dims (seed, setting); scores, dims (seed, generator); some real and generated series.
    """
    plan = Plan.of(config)
    scored = [usual(config), DRAWN, INDEPENDENT, SPLINE, ZEROS]
    training = lower_training(plan, config)
    others = [lower_measuring(plan, config), lower_scoring(config, len(scored) + 1)]
    with ThreadPoolExecutor(1) as pool:  # compiles the programs that come later while the first one works
        later = [pool.submit(other.compile) for other in others]
        trained = training.compile()(plan.keys, plan.series, plan.weights)
        measure, score = (one.result() for one in later)
        found = labelled(measure(plan.keys, trained, plan.series, plan.weights), config, plan.names)
    real = real_series(config)
    generated = found["generated"].sel(setting=scored).to_numpy().astype(np.float32)
    judged = np.concatenate([generated, real[:, 1:]], axis=1)
    scores = labelled_scores(score(score_keys(config), real[:, 0], judged), [*scored, REAL])
    shown = found["generated"].isel(seed=0, series=slice(SHOWN), drop=True)
    data = xr.DataArray(plan.data[0, 0, :SHOWN].astype(float), dims=("series", "time", "channel"))
    kept = found.drop_vars("generated").assign(generated=shown, real=data)
    return xr.merge([kept, scores]).assign_attrs(usual=usual(config))


EXPERIMENTS = {"operator": operator, "divergence": divergence, "recovery": recovery, "networks": networks}
