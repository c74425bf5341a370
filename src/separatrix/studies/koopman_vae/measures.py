"""What is read off the results."""

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

Measure = Callable[[xr.DataTree], xr.DataArray]


def of(experiment: str, name: str) -> Measure:
    """A variable as it is.

    Args:
        experiment: node of the results.
        name: of the variable.

    Returns:
        The measure.
    """
    return lambda results: results[experiment].to_dataset()[name]


def networks(results: xr.DataTree, name: str, setting: str) -> xr.DataArray:
    """A measurement of the networks of one setting.

    Args:
        results: of the study.
        name: of the variable.
        setting: which; "" for the usual one.

    Returns:
        One number a seed, or more.
    """
    found = results["networks"].to_dataset()
    return found[name].sel(setting=setting or found.attrs["usual"]).reset_coords(drop=True)


def score(results: xr.DataTree, name: str, generator: str) -> xr.DataArray:
    """A score of one generator.

    Args:
        results: of the study.
        name: "discriminative" or "predictive".
        generator: which; "" for the usual setting.

    Returns:
        One number a seed.
    """
    found = results["networks"].to_dataset()
    return found[name].sel(generator=generator or found.attrs["usual"]).reset_coords(drop=True)


def eigenvalues(operators: xr.DataArray) -> np.ndarray:
    """Of the operator of every seed; NaN where that is not finite.

    Args:
        operators: dims seed and two more.

    Returns:
        Complex, (seed, k).
    """
    values = operators.to_numpy()
    bad = np.logical_not(np.all(np.isfinite(values), axis=(1, 2)))
    found = np.linalg.eigvals(np.where(np.expand_dims(bad, (1, 2)), 0, values)).astype(complex)
    found[bad] = np.nan
    return found


def off_circle(operators: xr.DataArray) -> xr.DataArray:
    """Mean distance of the moduli of the eigenvalues from 1.

    Args:
        operators: dims seed and two more.

    Returns:
        One number a seed.
    """
    return xr.DataArray(np.abs(np.abs(eigenvalues(operators)) - 1).mean(axis=1), dims="seed")


def angle_error(operators: xr.DataArray, tones: Sequence[float]) -> xr.DataArray:
    """Distance of the worst-matched tone from the nearest angle of an eigenvalue.

    Args:
        operators: dims seed and two more.
        tones: radians per step.

    Returns:
        Radians per step, one number a seed.
    """
    angles = np.abs(np.angle(eigenvalues(operators)))
    apart = np.abs(angles[:, :, None] - np.asarray(tones)[None, None, :])
    return xr.DataArray(apart.min(axis=1).max(axis=1), dims="seed")
