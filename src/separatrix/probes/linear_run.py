"""A recorded run seen as a linear model of its inputs: its data, its clock, and how far its loss looks like one."""

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float

from separatrix.probes.record import Record
from separatrix.theory import StoppingForecast, forecast_stopping, shrunk_covariance, test_error

MOST_INPUTS = 4096
NEAR = 0.2
"""Largest log ratio of the first loss to that of a known form of the squared error."""


@dataclass(frozen=True)
class LinearRun:
    """What the theory of linear models needs of a record.

    Args:
        forecast: from the training set.
        steps: of the probes, shape ``(n,)``.
        times: learning rate x steps on the sum loss at the probes, shape ``(n,)``.
        pace: time that a step covers at the end of the record.
        scale: the loss is this number times the squared error, averaged over examples and summed over outputs.
        misfit: largest distance of the recorded loss from that of the linear model, over the first loss.
        exact: whether the model itself is linear.
        outputs: number of targets an example.
        examples: number of examples that the forecast rests on.
        inputs: those examples, with a column of ones where the model has a bias, shape ``(examples, d)``.
        wanted: what the model has to add to its initial outputs on them, shape ``(examples, outputs)``.
    """

    forecast: StoppingForecast
    steps: Float[np.ndarray, " n"]
    times: Float[np.ndarray, " n"]
    pace: float
    scale: float
    misfit: float
    exact: bool
    outputs: int
    examples: int
    inputs: Float[np.ndarray, "examples d"]
    wanted: Float[np.ndarray, "examples outputs"]

    @property
    def noise_share(self) -> float:
        """Most likely share of noise in the power of the targets."""
        power = float(self.forecast.powers.sum() + self.forecast.rest) / (self.examples * self.outputs)
        return min(float(self.forecast.evidence.noise[0]) / power, 1.0)

    def step_at(self, time: float) -> float:
        """The step at which a time is reached, by the last pace where it lies beyond the record."""
        if time > self.times[-1]:
            return float(self.steps[-1] + (time - self.times[-1]) / self.pace)
        return float(np.interp(time, self.times, self.steps))

    def errors(self, times: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Mean test error of an output at some times, as foretold with the most likely noise."""
        evidence = self.forecast.evidence
        with jax.enable_x64(True):
            signal, noise = float(evidence.signal[0]), float(evidence.noise[0])
            return np.asarray(test_error(self.forecast.measure, times, signal, noise))


def read_linear_run(record: Record) -> LinearRun | str:
    """Read a record as a linear model of its inputs.

    Args:
        record: of a run on a squared error.

    Returns:
        The run, or what is missing and how to provide it.
    """
    found = _data(record)
    if isinstance(found, str):
        return found
    x, y = found
    size = int(record.meta.get("data_size") or len(x))
    if size > len(x) < 2 * x.shape[1]:
        return f"{len(x)} of {size} examples were kept, too few to tell the spectrum of {x.shape[1]} inputs"
    steps, losses = record.column("loss")
    if len(steps) < 3:
        return "fewer than three probes of the loss were made; train longer or raise overhead"
    start = _linear_start(record, x, y)
    error = y if start is None else y - start
    scale = _loss_scale(record, float(losses[0]), float(np.mean(np.sum(error**2, axis=1))), size, y.shape[1])
    if isinstance(scale, str):
        return scale
    paces = _paces(record, steps, scale, size)
    if isinstance(paces, str):
        return paces
    times = np.concatenate([[0.0], np.cumsum(paces[:-1] * np.diff(steps))]) + paces[0] * steps[0]
    if _has_bias(record):
        x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    forecast = _forecast(record, x, error, size / len(x))
    with jax.enable_x64(True):
        expected = scale * np.asarray(forecast.train_course(times)) / len(x)
    misfit = float(np.max(np.abs(losses - expected)) / expected[0])
    exact, pace = start is not None, float(paces[-1])
    return LinearRun(forecast, steps, times, pace, scale, misfit, exact, y.shape[1], len(x), x, error)


def _data(record: Record) -> tuple[np.ndarray, np.ndarray] | str:
    kept = record.examples
    if "x" not in kept:
        return "the data are not known; give data=(inputs, targets) to Recorder"
    x, y = kept["x"], kept["y"]
    if y.dtype.kind in "iu":
        return "targets are classes, and the theory is of squared errors; record a run on a squared error"
    x, y = x.reshape(len(x), -1).astype(float), y.reshape(len(y), -1).astype(float)
    if len(x) < 8:
        return f"{len(x)} examples are too few to tell signal from noise"
    if x.shape[1] > MOST_INPUTS:
        return f"{x.shape[1]} inputs are more than the {MOST_INPUTS} for which the spectrum is computed"
    if not (np.isfinite(x).all() and np.isfinite(y).all()) or not x.any() or not y.any():
        return "inputs and targets must be finite and not all zero"
    return x, y


def _arrays(record: Record) -> list[np.ndarray]:
    return list(record.weights(0).values()) if record.checkpoints and record.checkpoints[0][0] == 0 else []


def _linear_start(record: Record, x: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """Outputs of the initial weights where these are one matrix, with or without a bias; else None."""
    arrays, (d, c) = _arrays(record), (x.shape[1], y.shape[1])
    maps = [a for a in arrays if a.shape in {(c, d), (d, c)} or (c == 1 and a.shape == (d,))]
    shifts = [a for a in arrays if not any(a is m for m in maps)]
    if len(maps) != 1 or len(shifts) > 1 or any(a.size != c for a in shifts):
        return None
    matrix = maps[0].astype(float)
    matrix = matrix.T if matrix.shape == (c, d) else matrix.reshape(d, c)
    return x @ matrix + (shifts[0].astype(float).reshape(1, c) if shifts else 0.0)


def _has_bias(record: Record) -> bool:
    arrays = _arrays(record)
    return len(arrays) > 1 and any(a.ndim < 2 for a in arrays)


def _loss_scale(record: Record, first: float, error: float, size: int, outputs: int) -> float | str:
    stated = record.about.get("loss_scale")
    if isinstance(stated, int | float) and stated > 0:
        return float(stated)
    known = [share * whole for share in (1.0, 0.5) for whole in (1.0, 1.0 / outputs, float(size))]
    best = min(known, key=lambda scale: abs(np.log(first / (scale * error))) if first > 0 else np.inf)
    if first > 0 and abs(np.log(first / (best * error))) < NEAR:
        return best
    return (
        f"the first loss, {first:.4g}, is not that of a squared error from outputs near zero ({error:.4g} an example); "
        "if it is one, say about={'loss_scale': loss / squared error} to Recorder"
    )


def _paces(record: Record, steps: np.ndarray, scale: float, size: int) -> np.ndarray | str:
    """Time on the sum loss that a step covers, at each probe."""
    rules = {row["step"]: row["rule"] for row in record.having("rule", "learning_rate")}
    rules = [rules[step] for step in steps.astype(int).tolist() if step in rules]
    if len(rules) != len(steps):
        return "the optimiser's rule is not in every probe; record the run with Recorder"
    last = rules[-1]
    if last["preconditioned"] or any(rule["pace"] is None for rule in rules):
        return f"the theory is of gradient descent, and {last['name']} turns the spectrum into another"
    batch = min(int(record.meta.get("batch_size") or size), size)
    share = batch / size if scale >= size / 2 else 1.0
    paces = 2 * scale * share / size * np.array([rule["pace"] for rule in rules], float)
    return paces if paces[-1] > 0 else "the learning rate is zero"


def _forecast(record: Record, x: np.ndarray, error: np.ndarray, enlarged: float) -> StoppingForecast:
    fresh = record.examples.get("validation_x")
    with jax.enable_x64(True):
        if fresh is None or fresh.reshape(len(fresh), -1).shape[1] > x.shape[1]:
            covariance = np.asarray(shrunk_covariance(x))
        else:
            fresh = fresh.reshape(len(fresh), -1).astype(float)
            if fresh.shape[1] < x.shape[1]:
                fresh = np.concatenate([fresh, np.ones((len(fresh), 1))], axis=1)
            covariance = fresh.T @ fresh / len(fresh)
        jnp = jax.numpy
        return forecast_stopping(
            jnp.asarray(x), jnp.asarray(error), jnp.asarray(covariance), None, jnp.asarray(enlarged)
        )
