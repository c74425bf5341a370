"""How heavy is the solution: how few directions do the examples determine, and what does that cost?"""

from dataclasses import dataclass

import numpy as np

from separatrix.analysis.deflated_density import DeflatedDensity
from separatrix.probes.calibrated import measured
from separatrix.probes.density import read_density
from separatrix.probes.instrument import Answer, Instrument
from separatrix.probes.record import Record, stale

LIGHT = 0.5
HEAVY = 0.1


@dataclass(frozen=True)
class Weight:
    """What is estimated of a solution.

    Args:
        dimension: directions that the examples determine better than the prior.
        half_width: of its 95 % interval.
        cost: -log weight in nats: half the sum of log(1 + g) over the directions.
        cost_half_width: of its 95 % interval.
        downward: estimated number of directions that curve down, counted as flat.
    """

    dimension: float
    half_width: float
    cost: float
    cost_half_width: float
    downward: float


def weigh(density: DeflatedDensity, n: float, prior_scale: float) -> Weight:
    """Effective dimension and cost from the spectrum of the Hessian of the mean loss.

    Args:
        density: of the Hessian, in nats an example.
        n: number of examples.
        prior_scale: standard deviation of each parameter under the prior.

    Returns:
        The estimates.
    """
    precision = n * prior_scale**2

    def gain(values: np.ndarray) -> np.ndarray:
        return precision * np.maximum(values, 0.0)

    tiny = 1e-4 * max(float(np.abs(density.eigenvalues).max(initial=0.0)), float(np.abs(density.nodes).max(initial=0)))
    dimension, half_width = density.trace_of(lambda values: gain(values) / (1 + gain(values)))
    cost, cost_half_width = density.trace_of(lambda values: 0.5 * np.log1p(gain(values)))
    downward, _ = density.trace_of(lambda values: (values < -tiny).astype(float))
    return Weight(dimension, half_width, cost, cost_half_width, downward)


def dimension_range(trace: float, largest: float, size: int, n: float, prior_scale: float) -> tuple[float, float]:
    """Between what limits the effective dimension lies, if nothing curves down.

    The dimension is a concave function of each eigenvalue, so it is least when the trace is made of directions as
    sharp as the sharpest, and largest when all directions share it.

    Args:
        trace: of the Hessian, in nats an example.
        largest: its largest eigenvalue.
        size: number of parameters.
        n: number of examples.
        prior_scale: standard deviation of each parameter under the prior.

    Returns:
        Lower and upper limit.
    """
    precision = n * prior_scale**2
    lowest = trace * precision / (1 + precision * largest)
    return lowest, size * precision * trace / (size + precision * trace)


def kind_of(dimension: float, n: float) -> str:
    """``heavy``, ``light`` or ``between``, by the effective dimension for each example."""
    return "heavy" if dimension < HEAVY * n else "light" if dimension > LIGHT * n else "between"


def ask(record: Record) -> Answer:
    """Answer for one record."""
    if not record.recorded:
        return INSTRUMENT.lacks("weights alone do not tell the curvature; record the run with Recorder")
    n = record.meta.get("data_size")
    if not n:
        return INSTRUMENT.lacks("the number of training examples is not known; pass data_size to Recorder")
    if not record.checkpoints or record.checkpoints[0][0] != 0:
        return INSTRUMENT.lacks("the initial weights, which set the prior's scale, were not kept as step-000000")
    start = np.concatenate([array.ravel() for array in record.weights(0).values()] or [np.zeros(0)])
    scale = float(np.sqrt(np.mean(start**2))) if start.size else 0.0
    if scale == 0:
        return INSTRUMENT.lacks("the initial weights are all zero, so they set no scale for a prior")
    noise = record.about.get("noise_variance", 1.0)
    if isinstance(noise, bool) or not isinstance(noise, int | float) or not noise > 0:
        return INSTRUMENT.lacks(f"noise_variance must be a positive number, but was stated to be {noise!r}")
    rows = record.having("density") or record.having("trace", "value")
    if not rows:
        return INSTRUMENT.lacks("no curvature was measured; raise overhead or train longer")
    last = rows[-1]
    if 2 * last["step"] < len(record.losses):
        return INSTRUMENT.lacks(stale(last["step"], len(record.losses)))
    evidence = _assumptions(n, start.size, scale, record, float(noise))
    if last.get("density") is None:
        return _roughly(last, start.size, n, scale / float(noise) ** 0.5, evidence)
    found = weigh(read_density(last["density"]), n, scale / float(noise) ** 0.5)
    return _answer(found, n, start.size, last["step"], evidence)


def _assumptions(n: int, size: int, scale: float, record: Record, noise: float) -> list[str]:
    stated = "as you stated" if "noise_variance" in record.about else "if the loss is a squared error"
    unit = f"noise of variance {noise:.3g}, {stated}; otherwise the loss is taken to be nats an example"
    return [
        f"{n} examples; {size} parameters, with a prior of standard deviation {scale:.3g}, the size of the initial "
        f"weights; {unit}."
    ]


def _answer(found: Weight, n: int, size: int, step: int, evidence: list[str]) -> Answer:
    count, width = found.dimension, found.half_width
    evidence.append(
        f"At step {step} the examples determine {count:.3g} ± {width:.2g} (95 %) directions better than the prior "
        f"does: the sum of g / (1 + g) over the spectrum of the Hessian, g = examples x prior variance x eigenvalue."
    )
    if found.downward > 0.5:
        evidence.append(f"About {found.downward:.2g} directions curve down; they were counted as flat.")
    bound, counted = 0.5 * count * np.log(n) / n, 0.5 * size * np.log(n) / n
    evidence.append(
        f"Half that dimension times log n is {bound:.3g} nats an example; the spectrum itself gives "
        f"{found.cost / n:.3g} ± {found.cost_half_width / n:.2g}; counting all parameters would say {counted:.3g}."
    )
    _, right = measured("weight", "cost")
    evidence.append(f"Of such costs: {right[0].lower()}{right[1:]}")
    kinds = {kind_of(max(value, 0.0), n) for value in (count - width, count, count + width)}
    kind = kind_of(count, n)
    confidence, calibrated = measured("weight", "dimension")
    perhaps = "" if len(kinds) == 1 else " (near the border: the dimension is known too roughly to be sure)"
    lost = f"not knowing the solution beforehand costs about {found.cost / n:.2g} nats an example"
    sentence = {
        "heavy": f"Heavy: the {n} examples determine only about {count:.3g} of {size} directions; {lost}",
        "between": f"Neither heavy nor light: {n} examples determine about {count:.3g} of {size} directions; {lost}",
        "light": f"Light: the {n} examples determine about {count:.3g} of {size} directions, more than half as many as "
        f"there are examples; {lost}",
    }[kind]
    return INSTRUMENT.answer(f"{sentence}{perhaps}.", evidence, confidence, calibrated)


def _roughly(row: dict, size: int, n: int, scale: float, evidence: list[str]) -> Answer:
    """From the trace and the largest eigenvalue alone, which give limits."""
    if row["rule"]["preconditioned"] or row["trace"]["value"] <= 0 or row["top"]["value"] <= 0:
        missing = "only the trace was measured, which does not tell the number of directions"
        return INSTRUMENT.lacks(missing, tuple(evidence))
    low, high = dimension_range(row["trace"]["value"], row["top"]["value"], size, n, scale)
    evidence.append(
        f"At step {row['step']} the trace of the Hessian is {row['trace']['value']:.3g} ± "
        f"{row['trace']['half_width']:.2g} and its largest eigenvalue {row['top']['value']:.3g}; the whole "
        "spectrum was not recorded, so there are limits only."
    )
    confidence, calibrated = measured("weight", "range")
    sentence = f"The {n} examples determine between {low:.2g} and {high:.2g} directions of {size}."
    return INSTRUMENT.answer(sentence, evidence, confidence, calibrated)


INSTRUMENT = Instrument("weight", "How heavy is the solution that I found?", "universality-lens", ask, 13)
