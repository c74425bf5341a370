"""Observables: pure functions of a state to a named, labelled array."""

import dataclasses
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, PyTree

from separatrix.errors import SeparatrixError


@dataclasses.dataclass(frozen=True, eq=False)
class Observable:
    """A pure function of a state to an array, with the names that the array carries in a result.

    Attributes:
        name: name of the variable in the Dataset.
        function: ``function(state) -> array``; integers and booleans are kept as floats, so that "not computed"
            can be NaN.
        dims: names of the array's axes; axes beyond those named are called ``name_0, name_1, ...``.
        coords: labels along the dims.
        unit: physical unit, ``"1"`` for none.
        long_name: what a figure's axis says.
    """

    name: str
    function: Callable[[PyTree], Array]
    dims: tuple[str, ...] = ()
    coords: Mapping[Hashable, Any] = dataclasses.field(default_factory=dict)
    unit: str = "1"
    long_name: str = ""

    @property
    def attrs(self) -> dict[str, str]:
        """What xarray and figures read: unit and long name."""
        return {"units": self.unit, "long_name": self.long_name or self.name.replace("_", " ")}


Observe: TypeAlias = Sequence[Observable] | Mapping[str, Callable[[PyTree], Any]]
"""Observables, or a mapping from names to functions of the state."""


def as_observables(observe: Observe) -> tuple[Observable, ...]:
    """Observables from either form that ``evolve`` accepts.

    Args:
        observe: observables, or functions of the state by name.

    Returns:
        The observables.

    Raises:
        SeparatrixError: if there are none, or two have one name.
    """
    if isinstance(observe, Mapping):
        found = tuple(Observable(name, function) for name, function in observe.items())
    else:
        found = tuple(observe)
    names = [observable.name for observable in found]
    if not names:
        raise SeparatrixError("Nothing is observed. Give at least one observable, such as observe={'x': lambda x: x}.")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SeparatrixError(f"Observables must have different names. Given more than once: {', '.join(twice)}.")
    return found


def measure(observables: tuple[Observable, ...], state: PyTree) -> tuple[Array, ...]:
    """All observables of one state, as arrays of floats."""
    values = (jnp.asarray(observable.function(state)) for observable in observables)
    return tuple(v if jnp.issubdtype(v.dtype, jnp.inexact) else v.astype(jnp.result_type(float)) for v in values)


def label(
    observables: tuple[Observable, ...],
    values: Sequence[np.ndarray],
    leading: Mapping[str, np.ndarray],
) -> xr.Dataset:
    """Observed arrays as a Dataset.

    Args:
        observables: what the arrays are.
        values: one array an observable; its first axes are the leading ones, the others the observable's own.
        leading: name and labels of the leading axes.

    Returns:
        The Dataset, with units and long names in the variables' attrs.

    Raises:
        SeparatrixError: if an observable names more axes than its array has.
    """
    coords: dict[Hashable, Any] = {**leading}
    variables = {}
    for observable, value in zip(observables, values, strict=True):
        own = value.ndim - len(leading)
        if len(observable.dims) > own:
            raise SeparatrixError(
                f"The observable {observable.name!r} names {len(observable.dims)} axes {observable.dims}, "
                f"but its array has {own}. Name at most {own}."
            )
        unnamed = tuple(f"{observable.name}_{axis}" for axis in range(own - len(observable.dims)))
        variables[observable.name] = ((*leading, *observable.dims, *unnamed), value, observable.attrs)
        coords |= observable.coords
    return xr.Dataset(variables, coords=coords)
