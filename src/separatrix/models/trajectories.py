"""Series of states, several perhaps, each at its own times: what models of dynamics are fitted to."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from separatrix.errors import SeparatrixError

EQUAL_STEPS = 1e-6
"""Relative spread of the steps below which they count as equal: times read from text carry about so many digits."""


@dataclasses.dataclass(frozen=True)
class Trajectories:
    """One series of states or several, not necessarily of equal length.

    Args:
        states: one array (times, dimension) a series, float64 and finite.
        times: one ascending array (times,) a series.
        names: of the components of the state, (dimension,).
        inputs: one array (times, controls) a series: what was done to the system from each time to the next; None for
            a system left to itself.
    """

    states: tuple[np.ndarray, ...]
    times: tuple[np.ndarray, ...]
    names: tuple[str, ...]
    inputs: tuple[np.ndarray, ...] | None = None

    @property
    def dimension(self) -> int:
        """Number of components of a state."""
        return len(self.names)

    @property
    def steps(self) -> np.ndarray:
        """All steps between neighbouring times of a series, (pairs,)."""
        return np.concatenate([np.diff(times) for times in self.times])

    @property
    def step(self) -> float | None:
        """The step that all neighbouring times share, None where steps differ or there are none."""
        steps = self.steps
        if not steps.size or np.ptp(steps) > EQUAL_STEPS * steps.mean():
            return None
        return float(np.median(steps))

    def equal_step(self, method: str) -> float:
        """The common step, for a method that needs one.

        Args:
            method: its name, for the message.

        Returns:
            The step, in the unit of the times.

        Raises:
            SeparatrixError: the steps differ, or there is no step at all.
        """
        step = self.step
        if step is None:
            raise SeparatrixError(
                f"{method} needs equal steps between times; these go from {self.steps.min(initial=np.inf):.6g} to "
                f"{self.steps.max(initial=-np.inf):.6g}. Interpolate the series to equal steps first."
            )
        return step

    def pairs(self, lag: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Every state with the one ``lag`` steps later in the same series.

        Args:
            lag: number of steps, at least 1.

        Returns:
            Two arrays (pairs, dimension).

        Raises:
            SeparatrixError: no series is longer than the lag.

        >>> x, y = as_trajectories(np.arange(4.0)[:, None]).pairs()
        >>> x.ravel().tolist(), y.ravel().tolist()
        ([0.0, 1.0, 2.0], [1.0, 2.0, 3.0])
        """
        if all(len(series) <= lag for series in self.states):
            longest = max(len(series) for series in self.states)
            raise SeparatrixError(
                f"A lag of {lag} needs a series of at least {lag + 1} states; the longest has {longest}."
            )
        return (
            np.concatenate([series[:-lag] for series in self.states]),
            np.concatenate([series[lag:] for series in self.states]),
        )

    def select(self, indices: Sequence[int] | np.ndarray) -> "Trajectories":
        """Some of the series, perhaps repeated, as a bootstrap wants them.

        Args:
            indices: which, in which order.

        Returns:
            Those.
        """
        chosen = [int(index) for index in indices]
        return dataclasses.replace(
            self,
            states=tuple(self.states[index] for index in chosen),
            times=tuple(self.times[index] for index in chosen),
            inputs=None if self.inputs is None else tuple(self.inputs[index] for index in chosen),
        )

    def between(self, first: float, last: float) -> "Trajectories":
        """The part of every series at shares ``first`` to ``last`` of its length, in time order.

        Args:
            first: share in [0, 1] where to begin.
            last: share in [0, 1] where to end.

        Returns:
            Series cut so; one that keeps no state is left out.
        """
        cuts = [slice(round(first * len(series)), round(last * len(series))) for series in self.states]
        kept = [index for index, cut in enumerate(cuts) if cut.stop > cut.start]
        return dataclasses.replace(
            self,
            states=tuple(self.states[index][cuts[index]] for index in kept),
            times=tuple(self.times[index][cuts[index]] for index in kept),
            inputs=None if self.inputs is None else tuple(self.inputs[index][cuts[index]] for index in kept),
        )


def as_trajectories(data: Any, times: Any = None, inputs: Any = None) -> Trajectories:
    """Series of states from whatever holds them.

    Args:
        data: an array (times, dimension) or (times,), a list of such, a pandas DataFrame or Series, an xarray
            DataArray or Dataset with the dim ``time`` (any further dims but the last are taken as separate series, of
            a Dataset each variable is a component), or Trajectories, which are returned as they are.
        times: an array (times,), or a list of one a series; taken from the index or the coordinate where the data
            have one, else 0, 1, 2, ...
        inputs: an array (times, controls) or a list of one a series.

    Returns:
        The series, as float64.

    Raises:
        SeparatrixError: complex or non-numeric data, a NaN (named by column and time), shapes that don't fit, or times
            that don't ascend.
    """
    if isinstance(data, Trajectories):
        return data
    arrays, found_times, names = _unpack(data)
    states = tuple(_as_states(array) for array in arrays)
    names = names or tuple(f"x{index}" for index in range(states[0].shape[1]))
    widths = {series.shape[1] for series in states}
    if widths != {len(names)}:
        raise SeparatrixError(f"All series need the same components; these have {sorted(widths)} of them.")
    for series in states:
        _refuse_nan(series, names)
    clocks = _as_times(states, found_times if times is None else times)
    return Trajectories(states, clocks, names, None if inputs is None else _as_inputs(states, inputs))


def refuse_constant(trajectories: Trajectories) -> None:
    """Refuse components that never change: a model of them is void and makes the others ill-conditioned.

    Args:
        trajectories: the series.

    Raises:
        SeparatrixError: a component is constant over all series.
    """
    lowest = np.min([series.min(axis=0) for series in trajectories.states], axis=0)
    highest = np.max([series.max(axis=0) for series in trajectories.states], axis=0)
    still = [name for name, low, high in zip(trajectories.names, lowest, highest, strict=True) if low == high]
    if still:
        raise SeparatrixError(f"Constant throughout: {', '.join(still)}. Leave such columns out.")


def _unpack(data: Any) -> tuple[list[Any], Any, tuple[str, ...]]:
    kind = type(data).__module__.partition(".")[0]
    if kind == "pandas":
        frame = data.to_frame() if data.ndim == 1 else data
        index = None if frame.index.dtype == object else _clock(frame.index.to_numpy())
        return [frame.to_numpy()], [index], tuple(str(name) for name in frame.columns)
    if kind == "xarray":
        return _unpack_xarray(data)
    several = isinstance(data, (list, tuple)) and bool(data) and np.ndim(data[0]) > 0
    if isinstance(data, (list, tuple)) and not data:
        raise SeparatrixError("There are no series: the list is empty.")
    return (list(data) if several else [data]), None, ()


def _unpack_xarray(data: Any) -> tuple[list[Any], Any, tuple[str, ...]]:
    if "time" not in data.dims:
        raise SeparatrixError(f"An xarray object needs the dim 'time'; this has {[str(dim) for dim in data.dims]}.")
    if hasattr(data, "data_vars"):
        timed = data[[name for name in data.data_vars if "time" in data[name].dims]]
        scalar = all(set(timed[name].dims) == {"time"} for name in timed.data_vars)
        data = timed.to_array("component").transpose(..., "time", "component") if scalar else _stacked(timed)
    elif data.dims[-1] == "time":
        data = (
            data.expand_dims(component=[data.name or "x0"], axis=-1)
            if data.ndim == 1
            else data.transpose(..., "time", data.dims[-2])
        )
    else:
        data = data.transpose(..., "time", data.dims[-1])
    clock = _clock(data["time"].to_numpy()) if "time" in data.coords else None
    values = data.to_numpy()
    series = list(values.reshape(-1, *values.shape[-2:]))
    last = data.dims[-1]
    labels = data[last].to_numpy() if last in data.coords else [f"{last}{i}" for i in range(values.shape[-1])]
    return series, [clock] * len(series), tuple(str(label) for label in labels)


def _stacked(data: Any) -> Any:
    """All variables beside one another along one last dim, dims named seed or trajectory or swept kept apart."""
    apart = [dim for dim in ("seed", "trajectory") if dim in data.dims]
    return data.to_stacked_array("component", sample_dims=[*apart, "time"]).reset_index("component")


def _clock(values: np.ndarray) -> np.ndarray:
    """Times as numbers: dates become days since the first."""
    if np.issubdtype(values.dtype, np.datetime64):
        return (values - values[0]) / np.timedelta64(1, "D")
    return values.astype(float)


def _as_states(array: Any) -> np.ndarray:
    values = np.asarray(array)
    if np.iscomplexobj(values):
        raise SeparatrixError("The states are complex. Give real and imaginary parts as separate components.")
    if values.dtype.kind not in "fiub":
        raise SeparatrixError(f"The states must be numbers; these are of type {values.dtype}.")
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or not values.size:
        raise SeparatrixError(f"A series must have the shape (times, dimension), not {values.shape}.")
    return np.ascontiguousarray(values, float)


def _refuse_nan(series: np.ndarray, names: tuple[str, ...]) -> None:
    bad = np.argwhere(~np.isfinite(series))
    if bad.size:
        row, column = bad[0]
        raise SeparatrixError(
            f"{len(bad)} values are NaN or infinite, the first in {names[column]} at row {row}. Interpolate them, or "
            f"drop those rows."
        )


def _as_times(states: tuple[np.ndarray, ...], times: Any) -> tuple[np.ndarray, ...]:
    if times is None:
        return tuple(np.arange(float(len(series))) for series in states)
    listed = [times] if np.ndim(times[0]) == 0 and times[0] is not None else list(times)
    if len(listed) != len(states):
        raise SeparatrixError(f"There are {len(states)} series but times for {len(listed)}.")
    clocks = []
    for series, clock in zip(states, listed, strict=True):
        values = np.arange(float(len(series))) if clock is None else np.asarray(clock, float)
        if values.shape != (len(series),):
            raise SeparatrixError(f"A series of {len(series)} states needs as many times, not {values.shape}.")
        if np.any(np.diff(values) <= 0) or not np.all(np.isfinite(values)):
            raise SeparatrixError("Times must ascend and be finite. Sort the rows by time, and drop repeated ones.")
        clocks.append(values)
    return tuple(clocks)


def _as_inputs(states: tuple[np.ndarray, ...], inputs: Any) -> tuple[np.ndarray, ...]:
    listed = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    arrays = tuple(_as_states(array) for array in listed)
    if [len(array) for array in arrays] != [len(series) for series in states]:
        raise SeparatrixError(
            f"Inputs must have one row a state: the series have {[len(series) for series in states]} states, the "
            f"inputs {[len(array) for array in arrays]} rows."
        )
    return arrays
