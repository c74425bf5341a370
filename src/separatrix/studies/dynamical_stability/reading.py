"""Reading the results of the study, typed."""

from typing import cast

import numpy as np
import xarray as xr


def experiment(results: xr.DataTree, name: str) -> xr.Dataset:
    """What an experiment of the study gave."""
    return cast(xr.DataTree, results[name]).to_dataset()


def log(values: xr.DataArray) -> xr.DataArray:
    """The natural logarithm, entry by entry."""
    return xr.apply_ufunc(np.log, values)


def final(results: xr.DataTree, name: str) -> xr.Dataset:
    """The last observation of an experiment's runs."""
    return experiment(results, name).isel(time=-1, drop=True)
