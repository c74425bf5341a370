"""Claims 1, 2, 6, 7 and 8: unstructured conditions, by activation and by noise."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, near
from separatrix.studies.representational_geometry.training import CLIPPED, SMOOTH, pick
from separatrix.studies.representational_geometry.unstructured import IN_THEORY, LEAST_NOISE, ORTHOGONAL
from separatrix.theory import orthogonal_conditions

Measure = Callable[[xr.DataTree], xr.DataArray | float]

NOISES = {"0-1": 0.1, "1": 1.0}
EQUAL_LOSS = 0.01
"""Mean cross-entropy at which runs are compared that did not train equally fast."""
WIDE = 0.03
"""How far a layer of 128 units may be from an infinite one, whose alignments are off by about (p - 1) / 256 = 0.012."""
MIDDLE = 1.0
"""The noise in the middle of the sweep."""
CLIP = "ReLU, clipped at 1"
SOURCE = "card, reference runs"


def run(results: xr.DataTree, variable: str, activation: str, noise: float, at: int | None = -1) -> xr.DataArray:
    """One variable of runs without biases."""
    return pick(results, "unstructured", variable, at, activation=activation, noise=noise, biased=False, geometry=0.0)


def gap(variable: str, noise: float, at: int | None = -1) -> Measure:
    """Tanh less ReLU."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        return run(results, variable, "tanh", noise, at) - run(results, variable, "ReLU", noise, at)

    return measure


def at_equal_loss(results: xr.DataTree, activation: str, noise: float) -> xr.DataArray:
    """Target alignment when the training loss first is ``EQUAL_LOSS``, interpolated in its logarithm."""
    loss = run(results, "loss", activation, noise, None)
    target = run(results, "target_alignment", activation, noise, None)

    def read(losses: np.ndarray, values: np.ndarray) -> float:
        reached = np.flatnonzero(losses <= EQUAL_LOSS)
        if reached.size == 0 or reached[0] == 0:
            return np.nan
        pair = slice(reached[0] - 1, reached[0] + 1)
        return float(np.interp(-np.log(EQUAL_LOSS), -np.log(losses[pair]), values[pair]))

    return xr.apply_ufunc(read, loss, target, input_core_dims=[["time"], ["time"]], vectorize=True)


def spread(results: xr.DataTree, noise: float, at: int | None = -1) -> float:
    """The larger standard deviation over seeds of the target alignment of the two activations."""
    found = [run(results, "target_alignment", name, noise, at).std("seed", ddof=1) for name in ("tanh", "ReLU")]
    return float(max(found))


def least_accuracy(noise: float, at: int | None = -1) -> Measure:
    """The lower of the two accuracies."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        both = [run(results, "accuracy", name, noise, at) for name in ("tanh", "ReLU")]
        return xr.concat(both, "activation").min("activation", skipna=False)

    return measure


def _gaps(label: str, noise: float) -> tuple[Claim, ...]:
    return (
        Claim(
            f"01-target-gap-{label}",
            f"At noise {noise:g} a tanh layer ends closer to the geometry of the labels than a ReLU layer",
            gap("target_alignment", noise),
            at_least(0.04),
            SOURCE,
            control=Control("before training", gap("target_alignment", noise, 0)),
        ),
        Claim(
            f"01-input-gap-{label}",
            f"At noise {noise:g} a tanh layer ends further from the geometry of the inputs than a ReLU layer",
            gap("input_alignment", noise),
            at_most(-0.08),
            SOURCE,
            control=Control("before training", gap("input_alignment", noise, 0)),
        ),
        Claim(
            f"01-spread-{label}",
            f"At noise {noise:g} the target alignment hardly differs from seed to seed",
            lambda results: spread(results, noise),
            at_most(0.015),
            SOURCE,
            kind="deterministic",
            control=Control("before training", lambda results: spread(results, noise, 0)),
        ),
        Claim(
            f"01-accuracy-{label}",
            f"At noise {noise:g} both networks solve the task",
            least_accuracy(noise),
            at_least(0.99),
            SOURCE,
            control=Control("before training", least_accuracy(noise, 0)),
        ),
        Claim(
            f"02-parallelism-gap-{label}",
            f"At noise {noise:g} the tanh layer's code for the label is more parallel",
            gap("parallelism", noise),
            at_least(0.15),
            SOURCE,
            control=Control("before training", gap("parallelism", noise, 0)),
        ),
    )


def _ratio(activation: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        at = float(results["unstructured"].attrs["activation_noise"])
        return run(results, "rho", activation, at) / run(results, "rho", "tanh", at)

    return measure


def _directions(one_sided: int) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        count = results["attractors"].to_dataset()["count"].isel(one_sided=one_sided, time=-1, drop=True)
        return (count == 3).astype(float)

    return measure


def _theory(simulated: str, variable: str, formula: str) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        found = pick(
            results,
            "unstructured",
            variable,
            activation=simulated,
            noise=LEAST_NOISE,
            biased=False,
            geometry=ORTHOGONAL,
        )
        return found - float(getattr(foretold(results, formula), variable.removesuffix("_alignment"))[-1])

    return measure


def foretold(results: xr.DataTree, activation: str, noise: float = LEAST_NOISE):
    """The theory of wide layers at the observed steps of the unstructured runs."""
    from separatrix.learning.networks import Clipped

    run = results["unstructured"].to_dataset()
    phi = SMOOTH[activation] if activation in SMOOTH else Clipped(*CLIPPED[activation])
    return orthogonal_conditions(
        run.time.to_numpy().astype(int),
        phi,
        rate=float(run.rate[0]),
        dimension=int(run.attrs["dimension"]),
        units=int(run.sizes["unit"]),
        noise=noise,
    )


def compared(activation: str, variable: str = "target_alignment") -> Measure:
    """An activation less ReLU, biases trained, after the steps at which activations are compared."""

    def read(results: xr.DataTree, name: str) -> xr.DataArray:
        attrs = results["unstructured"].attrs
        at, noise = int(attrs["activation_steps"]), float(attrs["activation_noise"])
        return pick(results, "unstructured", variable, at, activation=name, noise=noise, biased=True, geometry=0.0)

    return lambda results: read(results, activation) - read(results, "ReLU")


def _hump(at: int) -> Measure:
    def measure(results: xr.DataTree) -> xr.DataArray:
        noises = [float(noise) for noise in results["unstructured"].attrs["noises"]]
        ends = xr.concat(
            [run(results, "target_alignment", "ReLU", noise, at) for noise in (noises[0], noises[-1])], "noise"
        )
        return run(results, "target_alignment", "ReLU", MIDDLE, at) - ends.max("noise", skipna=False)

    return measure


GAP_CLAIMS = (
    *(claim for label, noise in NOISES.items() for claim in _gaps(label, noise)),
    Claim(
        "01-target-gap-at-equal-loss",
        "When both networks have the same loss of 0.01, the tanh layer is the closer one to the labels",
        lambda results: at_equal_loss(results, "tanh", 0.1) - at_equal_loss(results, "ReLU", 0.1),
        at_least(0.04),
        "card, pitfalls",
        control=Control("before training", gap("target_alignment", 0.1, 0)),
    ),
    Claim(
        "06-units-keep-to-parts-of-a-class",
        "Weights of ReLU units move within classes more than those of tanh units, relative to between them",
        _ratio("ReLU"),
        at_least(1.5),
        "weight dynamics with a fixed readout",
        control=Control("identity, as a unit without saturation", _ratio("identity")),
    ),
    Claim(
        "06-three-attractors",
        "Early learning pulls ReLU units of four orthogonal conditions in three directions",
        _directions(1),
        at_least(0.5),
        "early phase",
        kind="proportion",
        control=Control("tanh units, of which all go one way", _directions(0)),
    ),
    *(
        Claim(
            f"06-theory-of-{variable.removesuffix('_alignment')}-{name.lower().replace(',', '').replace(' ', '-')}",
            f"The {variable.removesuffix('_alignment')} alignment of a {name} layer ends where a theory without free "
            "parameters says, less the theory",
            _theory(name, variable, name),
            near(0.0, absolute=WIDE),
            "derived here for orthogonal conditions",
            control=Control(
                f"the theory of {'ReLU' if name in ('tanh', 'hard tanh') else 'tanh'}",
                _theory(name, variable, "ReLU" if name in ("tanh", "hard tanh") else "tanh"),
            ),
        )
        for name in IN_THEORY
        for variable in ("target_alignment", "input_alignment")
    ),
    Claim(
        "07-clipping-makes-tanh-of-relu",
        "A ReLU that also saturates above ends closer to the geometry of the labels than ReLU",
        compared(CLIP),
        at_least(0.03),
        SOURCE,
        control=Control("softplus, which saturates on one side only", compared("softplus")),
    ),
    Claim(
        "07-smoothness-does-not",
        "Softplus, smooth and saturating on one side, ends where ReLU does",
        compared("softplus"),
        near(0.0, absolute=0.025),
        SOURCE,
        control=Control("ReLU clipped at 1", compared(CLIP)),
    ),
    Claim(
        "08-noise-between",
        "A ReLU layer is closer to the labels at noise 1 than at the least and at the largest noise",
        _hump(-1),
        at_least(0.005),
        "noise sweep",
        control=Control("before training", _hump(0)),
    ),
)
