"""From labelled arrays to tidy tables, and from seeds to a mean with its 95 % band."""

from typing import TypeAlias

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from separatrix.errors import SeparatrixError

Data: TypeAlias = xr.DataArray | xr.Dataset | pd.DataFrame


def tidy(data: Data, y: str) -> pd.DataFrame:
    """One row a number: a column for each dimension, and one named ``y``.

    Args:
        data: a DataArray (whose values become the column ``y``), a Dataset that has the variable ``y``, or a table
            that is tidy already.
        y: name of the measured quantity.

    Returns:
        The table, without rows whose ``y`` is missing or infinite.

    Raises:
        SeparatrixError: when there is no such quantity.
    """
    if isinstance(data, xr.Dataset):
        if y not in data:
            raise SeparatrixError(f"There is no variable {y!r} to draw. There are: {', '.join(map(str, data))}.")
        data = data[y]
    table = data.rename(y).to_dataframe().reset_index() if isinstance(data, xr.DataArray) else data
    if y not in table:
        raise SeparatrixError(f"There is no column {y!r} to draw. There are: {', '.join(map(str, table.columns))}.")
    values = table[y].to_numpy(float)
    return table.assign(**{y: values}).loc[np.isfinite(values)]


def with_band(table: pd.DataFrame, y: str, by: list[str], *, log: bool = False, seed: str = "seed") -> pd.DataFrame:
    """Mean over seeds with Student's 95 % interval.

    Args:
        table: one row a number.
        y: the column of numbers.
        by: the columns that stay.
        log: average logarithms (the geometric mean), for a logarithmic axis.
        seed: the column that is averaged over; without it, the interval has no width.

    Returns:
        Columns ``by``, ``y``, ``low`` and ``high``.
    """
    if log:
        table = table[table[y] > 0].assign(**{y: lambda t: np.log10(t[y])})
    groups = table.groupby(by, sort=False, observed=True)[y]
    result = groups.agg(["mean", "std", "count"]).reset_index()
    if seed in table:
        count = result["count"].to_numpy()
        factor = stats.t.ppf(0.975, np.maximum(count - 1, 1)) / np.sqrt(count)
        half = np.where(count > 1, factor * result["std"].fillna(0.0), 0.0)
    else:
        half = np.zeros(len(result))
    limits = {y: result["mean"], "low": result["mean"] - half, "high": result["mean"] + half}
    if log:
        limits = {name: 10.0**values for name, values in limits.items()}
    return result[by].assign(**limits)
