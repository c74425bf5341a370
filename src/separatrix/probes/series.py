"""A series under diagnosis: its states, the model that chose itself, and what is derived from both, computed once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from separatrix.errors import SeparatrixError
from separatrix.models import Trajectories, read_series
from separatrix.models.forecast_horizon import Horizon, forecast_horizon
from separatrix.models.koopman import EigenvalueIntervals, bootstrap_eigenvalues
from separatrix.models.koopman.delay_model import DelayModel, split
from separatrix.models.koopman.mode_verdicts import ModeTable, judge_modes
from separatrix.models.polynomial_map import PolynomialMap

REPLICATES = 60
MOST_COMPONENTS = 6
STRONG = 0.02
"""Share of the variance from which a mode is worth a line."""


@dataclass(frozen=True)
class Series:
    """Series of states, as instruments see them.

    Args:
        path: the file.
        data: its states.
    """

    path: Path
    data: Trajectories

    @property
    def step(self) -> float:
        """The step between times, 1 where steps differ."""
        return self.data.step or 1.0

    @property
    def unit(self) -> str:
        """What times are counted in; empty when not known."""
        return getattr(self.data, "unit", "")

    @property
    def refusal(self) -> str:
        """Why no model of it can be made; empty when one can."""
        if self.data.step is None:
            steps = self.data.steps
            return (
                f"steps between times go from {steps.min():.4g} to {steps.max():.4g}, and models of the past need "
                "equal ones; interpolate the series first"
            )
        return ""

    @cached_property
    def model(self) -> DelayModel:
        """The model of all data."""
        return fitted(DelayModel(), self.data)

    @cached_property
    def modes(self) -> ModeTable:
        """Its modes, judged."""
        return judge_modes(self.model, self.data)

    @cached_property
    def intervals(self) -> EigenvalueIntervals | None:
        """Intervals of the model's eigenvalues, by refits of its size; None where series are too short."""
        size = DelayModel(self.model.delays_, rank=self.model.components_.shape[1])
        try:
            return bootstrap_eigenvalues(size, self.data, replicates=REPLICATES)
        except SeparatrixError:
            return None

    @cached_property
    def early(self) -> DelayModel | PolynomialMap:
        """The model of the part of the data that forecasts are not tested on."""
        return best_propagator(split(self.data)[0])

    @property
    def held_out(self) -> list[tuple[np.ndarray, int]]:
        """Series with the index from which on the early model has not seen them."""
        train = split(self.data)[0]
        if len(train.states) < len(self.data.states):  # whole series are held out
            return [(states, 0) for states in self.data.states[len(train.states) :]]
        return [(states, len(seen)) for states, seen in zip(self.data.states, train.states, strict=True)]

    @cached_property
    def horizon(self) -> Horizon | None:
        """How far ahead the early model forecasts what it has not seen."""
        states = np.concatenate(self.data.states)
        spread = np.where(states.std(axis=0) > 0, states.std(axis=0), 1.0)
        return forecast_horizon(self.early, self.held_out, mean=self.early.mean_, spread=spread)

    def span(self, steps: float) -> str:
        """A number of steps as a time, with its unit where it is known, in steps where neither step nor unit is."""
        if self.step == 1 and not self.unit:
            return f"{plain(steps)} step" + ("" if round(steps, 2) == 1 else "s")
        told = plain(steps * self.step)
        return f"{told} {self.unit[:-1] if told == '1' else self.unit}".strip()


def fitted(model: Any, data: Trajectories) -> Any:
    """The model, fitted; its own warnings are answers here and so are not shown."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(data)
    return model


def best_propagator(data: Trajectories) -> DelayModel | PolynomialMap:
    """The model that forecasts best: of delays, or a polynomial map of the state, by what it was not fitted to.

    Args:
        data: what it may see.

    Returns:
        The model, fitted to all of it.
    """
    train, test = split(data)
    found: list[DelayModel | PolynomialMap] = [DelayModel(sparing=False)]
    if 1 < data.dimension <= MOST_COMPONENTS:
        found.append(PolynomialMap())
    errors = [held_out_error(fitted(model, train), test) for model in found]
    return fitted(found[int(np.argmin(errors))], data)


def held_out_error(model: DelayModel | PolynomialMap, test: Trajectories) -> float:
    """Squared error of forecasts over the variance, averaged over distances, the nearest with the most weight."""
    mean = model.mean_
    found = [forecast_horizon(model, [(states, 0)], mean=mean, spread=model.scale_) for states in test.states]
    known = [
        np.average(np.minimum(horizon.errors**2, 1.0), weights=1 / np.arange(1, horizon.longest + 1))
        for horizon in found
        if horizon is not None
    ]
    return float(np.mean(known)) if known else np.inf


def open_series(path: Path) -> Series:
    """Read a series for diagnosis.

    Args:
        path: the file.

    Returns:
        The series.
    """
    return Series(path, read_series(path))


def plain(number: float) -> str:
    """A number in three digits or more, without an exponent where it can do without.

    Args:
        number: any.

    Returns:
        For example ``"1 950"``.

    >>> plain(1948.0), plain(0.0123), plain(12.0)
    ('1 950', '0.0123', '12')
    """
    if not 1e-4 <= abs(number) < 1e7:
        return f"{number:.3g}"
    rounded = float(f"{number:.3g}")
    return f"{rounded:,.0f}".replace(",", " ") if abs(rounded) >= 1000 else f"{rounded:.3g}"


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence.

    Args:
        words: at least one.

    Returns:
        For example ``"a, b and c"``.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
