"""What theory alone says: stopping times and Bayes' ridge over signal-to-noise ratios, and the growth at alpha = 1."""

import jax.numpy as jnp
import numpy as np
import xarray as xr

from separatrix.studies.generalization_dynamics.config import Config
from separatrix.studies.generalization_dynamics.modes import observed_times
from separatrix.theory import (
    bayes_ridge_error,
    learning_curves,
    marchenko_pastur,
    optimal_stopping,
    ridge_error,
    test_error,
)

RATIOS = (0.5, 1.0, 2.0)
SNRS = np.geomspace(0.1, 1000.0, 13)
GRID_SNRS = (1.0, 5.0, 10.0, 100.0)
GROWTH_TIMES = np.geomspace(10.0, 1e4, 4)


def closed_forms(config: Config) -> xr.Dataset:
    """Exact numbers that need no data.

    Args:
        config: not used; theory has no size.

    Returns:
        ``stop_time`` and ``ridge_ratio`` (ratio, snr): the latter is what early stopping adds to the floor over what
        Bayes' ridge adds; ``late_ratio``: the same for training to time 200; ``wrong_ratio``: over what ridge with ten
        times the right penalty adds. ``growth`` (when): excess over sqrt(time) of the error at alpha = 1 and noise 1.
    """
    noise = 1 / SNRS
    rows = []
    for ratio in RATIOS:
        law = marchenko_pastur(np.full(len(SNRS), ratio))
        time, stopped = optimal_stopping(law, 1.0, noise)
        ridge = np.asarray(bayes_ridge_error(ratio, 1.0, noise)) - noise
        late = np.asarray(test_error(law, np.array([200.0]), 1.0, noise))[:, 0]
        strong = np.asarray(ridge_error(law, 10 * noise, 1.0, noise)) - noise
        added = np.asarray(stopped) - noise
        rows.append((np.asarray(time), added / ridge, (late - noise) / ridge, added / strong))
    stop, early, late, wrong = (np.stack(values) for values in zip(*rows, strict=True))
    grown = np.asarray(test_error(marchenko_pastur(1.0), jnp.asarray(GROWTH_TIMES), 1.0, 1.0))
    return xr.Dataset(
        {
            "stop_time": (("ratio", "snr"), stop),
            "ridge_ratio": (("ratio", "snr"), early),
            "late_ratio": (("ratio", "snr"), late),
            "wrong_ratio": (("ratio", "snr"), wrong),
            "growth": ("when", (grown - 1) / np.sqrt(GROWTH_TIMES)),
        },
        coords={"ratio": list(RATIOS), "snr": SNRS, "when": GROWTH_TIMES},
    )


def theory(config: Config) -> xr.Dataset:
    """The exact errors on the grid of the runs.

    Args:
        config: ratios and times.

    Returns:
        ``test_error``, ``train_error`` (snr, ratio, time), ``stop_time``, ``stopped_error`` (snr, ratio).
    """
    ratios, times = np.asarray(config.ratios), observed_times(config)
    found = [learning_curves(times, ratios, snr) for snr in GRID_SNRS]
    return xr.concat(found, xr.Variable("snr", list(GRID_SNRS)))
