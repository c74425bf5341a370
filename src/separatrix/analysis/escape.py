r"""When a plateau breaks, from what grows on it: exponential or finite-time escape from a saddle.

Let u be the distance from the saddle along the direction in which gradient flow escapes, H the height of the plateau
and D = H - L the deficit. To leading order D is homogeneous in u, of degree q, and the flow is :math:`\dot u =
D'(u)`:

- **q = 2**, a saddle with an escape rate s (the most negative eigenvalue of the Hessian is -s): :math:`D = s u^2/2`
  and :math:`\dot u = su`, so u and the gradient norm g = su grow as :math:`e^{st}`, the deficit as :math:`e^{2st}`,
  and :math:`D = g^2/2s`. Two-layer linear and ReLU networks near zero.
- **q > 2**, a degenerate saddle without negative curvature: :math:`\dot u = c u^{q-1}` reaches infinity in finite
  time, :math:`u \propto (t_*-t)^{-1/(q-2)}`, hence :math:`g \propto (t_*-t)^{-(q-1)/(q-2)}`, and since :math:`\dot D
  = g^2`, :math:`D \propto (t_*-t)^{-q/(q-2)}`. q = 3 (:math:`g \propto (t_*-t)^{-2}`) for quadratic networks, linear
  attention and three-layer linear networks; q = 4 (:math:`g \propto (t_*-t)^{-3/2}`) for four layers.

In one line: the rate of growth :math:`d\log g/dt` is constant for q = 2 and proportional to :math:`g^{(q-2)/(q-1)}`
in general. The flow also approaches the saddle, along stable directions that decay, so :math:`g^2` is modelled as a
decaying part plus the growing one. A minimum has the decaying part alone, exponential or (when degenerate) a power of
time, down to a floor.

The gradient norm carries the growth long before the loss does: D is quadratic in it, and L must resolve H - D from H.
Without gradients, :math:`g^2 = -dL/dt` is estimated from the loss where it is significant.

**Time of the break.** The break is where the loss has fallen by half of the drop. Growth saturates on the way: for a
two-layer linear mode, a = s/(1 + (s/a_0 - 1)e^{-2st}) and L = (s - a)^2/2, the half is reached when the deficit
extrapolated from early times, s a_0 e^{2st}, is 0.83 drops; for a cubic unit with L = (1 - w^3)^2/2, when it is 1.02
drops. The extrapolated deficit is therefore followed until it is 0.83 (q = 2) or 1 (q > 2) times the drop. The size
of the drop is not known beforehand: 0.8 of the height above the lowest loss is taken, and a factor of two each way
enters the interval, as do 12 % of the remaining time for what the models leave out.

**Prior.** A plateau of unknown length L is looked at after some time of it; with no scale of time known beforehand the
remaining time has the density elapsed/(elapsed + remaining)^2. It weighs the draws from all models, in proportion to
their evidence, and matters only where the data leave the kind of the saddle open.
"""

import dataclasses
from typing import Literal

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Num

from separatrix.analysis.growth import GROWTH_MODELS, GrowthFit, fit_growth
from separatrix.analysis.loss_curve import prepare_curve
from separatrix.analysis.plateaus import Plateau, current_plateau
from separatrix.errors import SeparatrixError

FEWEST_POINTS = 6
MOST_POINTS = 50
DRAWS = 400
DISCREPANCY = 0.12
SPREAD_OF_GUESSED_DROP = 0.7
SPREAD_OF_GIVEN_DROP = 0.1
SATURATION = {2: 0.83, 3: 1.0, 4: 1.0}

Kind = Literal["exponential", "finite-time", "none", "undetermined"]


@dataclasses.dataclass(frozen=True)
class Escape:
    """Whether and when a plateau breaks, as far as its own growth tells.

    Attributes:
        kind: ``"exponential"``, ``"finite-time"``, ``"none"`` (nothing grows: a minimum, or too early to see) or
            ``"undetermined"`` (too few or too noisy values).
        probability: weight of the models in which something grows, in [0, 1]; NaN when undetermined.
        break_time: predicted time at which half of the drop is done, in the unit of the times given; NaN if none.
        interval: 5 % and 95 % quantiles of the break time.
        rate: present growth rate of the gradient norm, per unit of time; NaN if none.
        weights: of each model compared, by name.
    """

    kind: Kind
    probability: float
    break_time: float
    interval: tuple[float, float]
    rate: float
    weights: dict[str, float]


def exponential_break(rate: float, deficit: float, drop: float) -> float:
    """Time until a saddle with a known escape rate breaks: ln(0.83 drop / deficit) / (2 rate).

    Args:
        rate: s, minus the most negative eigenvalue of the Hessian, per unit of flow time.
        deficit: loss lost so far to the escape; (component of the gradient along the direction)^2 / (2 rate).
        drop: loss that the escape will win.

    Returns:
        The remaining time; 0 once the break is past.

    >>> import math
    >>> round(exponential_break(2.0, 1e-6, 1.0), 3)
    3.407
    """
    return max(0.0, float(np.log(SATURATION[2] * drop / deficit) / (2 * rate)))


def finite_time_break(distance: float, gradient: float, order: int = 3) -> float:
    """Time until a degenerate saddle breaks: distance / ((q - 2) gradient), for an escape along one direction.

    Args:
        distance: of the parameters from the saddle.
        gradient: norm of the gradient.
        order: q, the degree of the deficit in the distance; at least 3.

    Returns:
        The remaining time to the blow-up.

    Raises:
        SeparatrixError: for an order below 3.

    >>> finite_time_break(0.1, 0.01)
    10.0
    """
    if order < 3:
        raise SeparatrixError(f"A finite-time break needs an order of at least 3; got {order}: use exponential_break.")
    return distance / ((order - 2) * gradient)


def _break(fit: GrowthFit, parameters: np.ndarray, length: float, drops: np.ndarray) -> np.ndarray:
    """Break times in window units (1 is now) for draws of parameters (m, k) and of drops in units of g^2 time (m,)."""
    order, amplitude, shape = fit.model.order, parameters[:, 2], np.exp(np.clip(parameters[:, 3], -30, 30))
    assert order is not None
    if order == 2:
        # The growing part of g^2 is e^amplitude e^{shape (x - 1)}, and the deficit is that over its growth rate.
        return 1 + (np.log(SATURATION[2] * drops * shape / length) - amplitude) / shape
    # g^2 = e^amplitude (remaining / shape)^-p; the deficit is g^2 remaining / (p - 1).
    power = 2 * (order - 1) / (order - 2)
    share = np.exp(amplitude) * shape**power * length / ((power - 1) * SATURATION[order] * drops)
    remaining = share ** (1 / (power - 1))
    return 1 + shape - remaining


def _thin(times: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most MOST_POINTS, equally spaced in time, each the mean of the logarithms that fall to it."""
    slots = np.minimum(((times - times[0]) / (times[-1] - times[0]) * MOST_POINTS).astype(int), MOST_POINTS - 1)
    used, where = np.unique(slots, return_inverse=True)
    count = np.bincount(where, minlength=len(used))
    return np.bincount(where, times) / count, np.bincount(where, np.log(values)) / count


def _after_arrival(times: np.ndarray, squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The part of a plateau after its steep arrival: from where log g^2 is within 1 of its (smoothed) minimum."""
    points, logs = _thin(times, squares)
    smooth = np.convolve(np.pad(logs, 1, mode="edge"), np.full(3, 1 / 3), mode="valid")
    begin = points[int(np.argmax(smooth <= smooth.min() + 1.0))]
    late = times >= begin
    return (times[late], squares[late]) if late.sum() >= FEWEST_POINTS else (times, squares)


def _descent(times: np.ndarray, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Estimates of -dL/dt on the plateau, in as many bins as keep it above three standard errors, with their times."""
    curve = prepare_curve(times, losses)
    noise = np.sqrt(curve.variances) * losses.mean()
    for bins in (60, 30, 15, 10):
        edges = np.unique(np.linspace(0, len(curve.times), bins + 1).astype(int))
        centres = np.add.reduceat(curve.times, edges[:-1]) / np.diff(edges)
        means = np.add.reduceat(np.exp(curve.levels), edges[:-1]) / np.diff(edges)
        errors = noise[edges[:-1]] / np.sqrt(np.diff(edges))
        fall, error = -np.diff(means), np.hypot(errors[1:], errors[:-1]) + 1e-14 * means[1:]
        keep = fall > 3 * error
        if keep.mean() > 0.7:
            rates = fall / np.diff(centres)
            return 0.5 * (centres[1:] + centres[:-1])[keep] + curve.origin, rates[keep]
    return np.zeros(0), np.zeros(0)


def loss_per_squared_gradient(
    times: Num[ArrayLike, " n"], losses: Num[ArrayLike, " n"], gradient_norms: Num[ArrayLike, " n"]
) -> float:
    """Loss won per unit of time and squared gradient, from the run so far: 1 for flow, the learning rate for steps.

    With heavy-ball momentum b it is lr / (1 - b); for adaptive optimisers only an order of magnitude.

    Args:
        times: shape (n,).
        losses: shape (n,).
        gradient_norms: shape (n,).

    Returns:
        Total fall of the loss over the integral of the squared gradient; NaN if the loss has not fallen by 1 %.
    """
    clock, values, norms = (np.asarray(a, dtype=float) for a in (times, losses, gradient_norms))
    edge = max(1, len(values) // 50)
    fall = float(values[:edge].mean() - values[-edge:].mean())
    if fall < 0.01 * values[0]:
        return float("nan")
    # The geometric mean in each interval is exact for exponentials and fair for coarse records of a sharp drop.
    squares = np.maximum(norms, np.finfo(float).tiny) ** 2
    return fall / float(np.sum(np.sqrt(squares[1:] * squares[:-1]) * np.diff(clock)))


_NOTHING = (float("nan"), float("nan"))


def _draw(fit: GrowthFit, random: np.random.Generator, count: int) -> np.ndarray:
    """Parameters from the normal approximation around the fit."""
    values, vectors = np.linalg.eigh((fit.covariance + fit.covariance.T) / 2)
    normal = random.normal(size=(count, len(values)))
    return fit.parameters + (normal * np.sqrt(np.maximum(values, 0))) @ vectors.T


def _quantiles(values: np.ndarray, masses: np.ndarray) -> list[float]:
    """Median, 5 % and 95 % quantiles of weighted draws."""
    order = np.argsort(values)
    share = np.cumsum(masses[order]) / masses.sum()
    return [float(values[order][min(int(np.searchsorted(share, q)), len(values) - 1)]) for q in (0.5, 0.05, 0.95)]


def _summarise(
    fits: list[GrowthFit], start: float, length: float, elapsed: float, drop: float, spread: float
) -> Escape:
    """Mixture of the models by evidence; break times of the growing ones from draws weighted by the prior."""
    evidence = np.array([fit.evidence for fit in fits])
    weights = np.exp(evidence - evidence.max())
    weights /= weights.sum()
    by_name = {fit.model.name: float(w) for fit, w in zip(fits, weights, strict=True)}
    growing = [(fit, w) for fit, w in zip(fits, weights, strict=True) if fit.model.order is not None]
    probability = float(sum(w for _, w in growing))
    if probability < 0.5 or not len(growing):
        return Escape("none", probability, float("nan"), _NOTHING, float("nan"), by_name)
    random = np.random.default_rng(0)
    moments, masses = [], []
    for fit, weight in growing:
        draws = _draw(fit, random, DRAWS)
        drops = drop * np.exp(random.normal(0, spread, size=DRAWS))
        remaining = np.maximum(_break(fit, draws, length, drops) - 1, 1e-6) * np.exp(
            random.normal(0, DISCREPANCY, size=DRAWS)
        )
        ratio = remaining / elapsed
        moments.append(1 + remaining)
        masses.append(np.where(np.isfinite(ratio), weight * ratio / (1 + ratio) ** 2, 0.0))
    middle, low, high = (start + length * q for q in _quantiles(np.concatenate(moments), np.concatenate(masses)))
    saddle = sum(w for fit, w in growing if fit.model.order == 2)
    kind: Kind = "exponential" if saddle > probability / 2 else "finite-time"
    fit = max(
        (fit for fit, _ in growing if (fit.model.order == 2) == (kind == "exponential")), key=lambda f: f.evidence
    )
    moment = np.array([1 - 1e-3, 1.0])
    rate = float(np.diff(fit.model.value(fit.parameters, moment))[0]) / (2e-3 * length)
    return Escape(kind, probability, middle, (low, high), rate, by_name)


def predict_escape(
    times: Num[ArrayLike, " n"],
    losses: Num[ArrayLike, " n"],
    gradient_norms: Num[ArrayLike, " n"] | None = None,
    *,
    plateau: Plateau | None = None,
    scale: float | None = None,
    drop: float | None = None,
    lowest_loss: float = 0.0,
) -> Escape:
    """Whether the plateau on which a run now is will break, and when, from the growth seen on it so far.

    Args:
        times: increasing, up to now, shape (n,).
        losses: non-negative, shape (n,).
        gradient_norms: of the full gradient, shape (n,), NaN where not measured. Far better than a noisy loss alone.
        plateau: the plateau asked about; the current one when left out.
        scale: loss won per unit of time and squared gradient: 1 for flow, the learning rate when times are steps.
            Estimated from the run's earlier drops when left out, and taken as 1 where there is none.
        drop: expected drop of the loss; 0.8 of the height above ``lowest_loss`` when left out.
        lowest_loss: the lowest loss that can be reached.

    Returns:
        Kind, probability, predicted break time and its interval.

    Raises:
        SeparatrixError: if there is no plateau to ask about, or the curve is not one.

    >>> import numpy as np
    >>> t = np.linspace(0, 4, 100)  # a saddle with escape rate 1, from a gradient of 1e-4
    >>> escape = predict_escape(t, 1 - 0.5e-8 * np.exp(2 * t), 1e-4 * np.exp(t), scale=1.0)
    >>> escape.kind, round(escape.break_time)
    ('exponential', 9)
    """
    clock, values = np.asarray(times, dtype=float), np.asarray(losses, dtype=float)
    stage = current_plateau(clock, values) if plateau is None else plateau
    if stage is None:
        raise SeparatrixError("The loss is not on a plateau: give one of find_plateaus, or wait until it is.")
    inside = (clock >= stage.start) & (clock <= stage.end) & np.isfinite(values)
    if gradient_norms is None:
        seen, squares = (
            _descent(clock[inside], values[inside]) if inside.sum() >= FEWEST_POINTS else (clock[:0], clock[:0])
        )
        factor = 1.0
    else:
        norms = np.asarray(gradient_norms, dtype=float)
        known = np.isfinite(norms) & np.isfinite(values) & (norms > 0)
        seen, squares = clock[inside & known], norms[inside & known] ** 2
        if scale is None:
            scale = (
                loss_per_squared_gradient(clock[known], values[known], norms[known])
                if known.sum() > 2
                else float("nan")
            )
        factor = 1.0 if not np.isfinite(scale) or scale <= 0 else scale
    if len(seen) < FEWEST_POINTS:
        return Escape("undetermined", float("nan"), float("nan"), _NOTHING, float("nan"), {})
    expected = drop if drop is not None else 0.8 * max(stage.height - lowest_loss, 0.01 * stage.height)
    points, logs = _thin(*_after_arrival(seen, squares))
    start, length = float(points[0]), float(points[-1] - points[0])
    x = (points - start) / length
    fits = [fit_growth(model, x, logs, np.sqrt(0.25 + 0.75 * x)) for model in GROWTH_MODELS]
    elapsed = max(float(seen[-1] - stage.start), length) / length
    spread = SPREAD_OF_GUESSED_DROP if drop is None else SPREAD_OF_GIVEN_DROP
    return _summarise(fits, start, length, elapsed, expected / factor, spread)
