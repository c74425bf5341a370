"""Networks on samples: ReLU on orthonormal inputs, convolutions, and the unit maps that break or keep the pattern."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from separatrix.dynamics import Adaptive
from separatrix.learning.networks import TwoLayerConvolutional, activations, patches_of_signal
from separatrix.studies.saddle_to_saddle.config import Config
from separatrix.studies.saddle_to_saddle.flows import METHOD, SCALE_CASE, Case, only, run_cases
from separatrix.theory import saddle_to_saddle as theory

SIZE, PATCHES = 4, 2
SEEN = 0.5
"""Share of the first loss at which runs end that only tell the time of the first transition."""
KINKED = Adaptive(rtol=1e-4, atol=1e-10, max_steps=20_000, solver=diffrax.Tsit5())
"""A step ends at every kink that an input crosses; tighter tolerances only cut it finer there."""
UNIT_MAPS: dict[str, Callable] = {
    "relu": jax.nn.relu,
    "linear": activations.linear,
    "tanh": jnp.tanh,
    "x tanh x": activations.z_tanh,
    "cubic": activations.cube,
}

ORDER = ("relu", "relu conv", "linear conv", "tanh", "x tanh x", "cubic")


class Problem(NamedTuple):
    """Data and unit map of a case.

    Attributes:
        x: inputs of two patches, shape (n, 8); a fully connected network sees inputs that fill only the first patch.
        y: targets, shape (n,); zero inputs with zero targets only pad.
        count: number of real inputs.
        unit_map: its name; once in a table, one-hot over the table's unit maps.
    """

    x: Any
    y: Any
    count: Any
    unit_map: Any


class MixedLoss(eqx.Module):
    """1/2 mean (y - f)^2 of a convolutional network whose unit map is chosen by data, so that all share one program."""

    problem: Problem
    maps: tuple[str, ...] = eqx.field(static=True)

    def __call__(self, model: TwoLayerConvolutional) -> Any:
        """The loss of a network."""

        def phi(z: Any) -> Any:
            values = jnp.stack([UNIT_MAPS[name](z) for name in self.maps])
            return jnp.tensordot(self.problem.unit_map, values, 1)

        network = TwoLayerConvolutional(model.u, model.v, model.patches, phi)
        return 0.5 * jnp.sum((self.problem.y - jax.vmap(network)(self.problem.x)[:, 0]) ** 2) / self.problem.count


def rectified(config: Config) -> xr.Dataset:
    """ReLU networks on orthonormal inputs, and ReLU and linear convolutional networks.

    Args:
        config: the numbers.

    Returns:
        Loss, number of rays, strengths at the start in the growing direction of each mode; dims (seed, case, time).
        Heights of plateaus and rates of modes in theory.
    """
    width = config.relu_width
    cases = [_case("relu", f"relu {SCALE_CASE.format(scale)}", scale, width) for scale in config.relu_scales]
    cases += [_case("relu conv", "relu conv", 1e-5, width), _case("linear conv", "linear conv", 1e-5, width)]
    return _run(config, rectified_problems(config), cases, width, (0.5, 200.0), 0.0)


def smooth(config: Config) -> xr.Dataset:
    """Networks of tanh, of x tanh x, which is quadratic near zero, and of x cubed.

    Args:
        config: the numbers.

    Returns:
        Loss; dims (seed, case, time).
    """
    width = config.smooth_width
    cases = [_case("tanh", "tanh", 1e-3, width, 60.0), _case("tanh", "tanh width 1", 1e-1, 1, 60.0)]
    cases += [_case("tanh", "tanh large start", 1.0, width, 5.0)]
    for problem, scales in (("x tanh x", config.soft_scales), ("cubic", config.cubic_scales)):
        cases += [_case(problem, f"{problem} {SCALE_CASE.format(scale)}", scale, 10) for scale in scales]
    return _run(config, smooth_problems(config), cases, width, (0.02, 5000.0), SEEN)


def _case(problem: str, name: str, scale: float, width: int, until: float = np.inf) -> Case:
    return Case(name, scale, width, (float(ORDER.index(problem)),), until=until)


def _run(
    config: Config, problems: dict[str, Problem], cases: list[Case], units: int, span: tuple[float, float], seen: float
) -> xr.Dataset:
    first = ORDER.index(next(iter(problems)))
    maps = tuple(dict.fromkeys(problem.unit_map for problem in problems.values()))
    chosen = [
        problem._replace(unit_map=np.eye(len(maps))[maps.index(problem.unit_map)]) for problem in problems.values()
    ]
    table = jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(leaf) for leaf in leaves]), *chosen)

    def start(key: Any, here: Case) -> TwoLayerConvolutional:
        kept = here.scale * only(here.width, units) * jax.random.normal(key, (SIZE + PATCHES, units)).T
        patches = patches_of_signal(SIZE * PATCHES, SIZE, SIZE)
        return TwoLayerConvolutional(kept[:, :SIZE], kept[:, SIZE:, None], patches, jax.nn.relu)

    def loss(here: Case) -> MixedLoss:
        return MixedLoss(jax.tree.map(lambda leaf: leaf[jnp.asarray(here.target[0] - first, int)], table), maps)

    def floor(here: Case) -> Any:
        """Smooth networks other than tanh end once half of the loss is gone."""
        problem = loss(here).problem
        return seen * 0.5 * jnp.sum(problem.y**2) / problem.count * (1 - problem.unit_map[0])

    def observe(here: Case, model: TwoLayerConvolutional) -> dict[str, Callable]:
        if "relu" not in maps:
            return {}
        right, left = (jnp.asarray(table)[jnp.asarray(here.target[0] - first, int)] for table in directions)
        v = model.v[:, :, 0]
        gated = loss(here).problem.unit_map[maps.index("relu")]
        free = theory.growing_strengths(model.u, v, right, left)
        strength = jnp.where(gated > 0, theory.rectified_strengths(model.u, v, right, left), free)
        return {"rays": rays, "initial_strength": lambda now: strength, "free_strength": lambda now: free}

    modes = [_modes(config, name) for name in ("relu", "relu conv", "linear conv")]
    directions = [np.stack([mode[place] for mode in modes]) for place in (1, 2)]

    def facts(here: Case) -> dict[str, Sequence[float]]:
        if "relu" not in maps:
            return {}
        sizes, count = modes[int(here.target[0]) - first][0], chosen[int(here.target[0]) - first].count
        return {"levels": (theory.linear_plateaus(jnp.asarray(sizes)) / count).tolist(), "rates": list(sizes / count)}

    method = KINKED if "relu" in maps else METHOD
    return run_cases(config, cases, start, loss, observe, span, facts, floor, method)


def _modes(config: Config, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sizes of the two modes of a problem in falling order, their patterns (place, mode), and signs (patch, mode)."""
    if name != "relu":
        outer, sizes, inner = np.linalg.svd(conv_targets()[name == "linear conv"], full_matrices=False)
        signs = np.where(inner.sum(axis=1) < 0, -1.0, 1.0)
        # rounded, so that places outside a pattern are exactly zero
        return sizes, np.round(inner * signs[:, None], 12).T, outer * signs[None, :]
    parts = np.stack([np.maximum(config.labels, 0), np.minimum(config.labels, 0)])
    order = np.argsort(-np.linalg.norm(parts, axis=1))
    sizes = np.linalg.norm(parts, axis=1)[order]
    return sizes, (np.abs(parts[order]) / sizes[:, None]).T, np.array([[1.0, -1.0], [0.0, 0.0]])[:, order]


def rectified_problems(config: Config) -> dict[str, Problem]:
    """Orthonormal inputs, and images lit at one place of one patch.

    Args:
        config: labels.

    Returns:
        Name -> problem.
    """
    axes = np.eye(SIZE)
    images = np.concatenate([np.pad(axes, ((0, 0), (0, SIZE))), np.pad(axes, ((0, 0), (SIZE, 0)))])
    relu_modes, linear_modes = conv_targets()
    return {
        "relu": _problem("relu", axes, np.asarray(config.labels), len(images)),
        "relu conv": _problem("relu", images, relu_modes.ravel(), len(images)),
        "linear conv": _problem("linear", images, linear_modes.ravel(), len(images)),
    }


def smooth_problems(config: Config) -> dict[str, Problem]:
    """Gaussian inputs with targets that two units express.

    Args:
        config: sample size.

    Returns:
        Name -> problem.
    """
    normal = np.random.default_rng(config.seed).standard_normal((config.sample, SIZE))
    first, second = normal[:, 0], normal[:, 1]
    return {
        "tanh": _problem("tanh", normal, np.tanh(5 * first) - 0.5 * np.tanh(5 * second), config.sample),
        "x tanh x": _problem("x tanh x", normal, first * np.tanh(first) - second * np.tanh(second), config.sample),
        "cubic": _problem("cubic", normal, (first**3 - second**3) / 3, config.sample),
    }


def conv_targets() -> tuple[np.ndarray, np.ndarray]:
    """Targets of the convolutional networks for an image lit at one place of one patch, shape (patch, place).

    Returns:
        For ReLU: two modes with non-negative patterns of disjoint places; for linear: two singular modes.
    """
    turn = np.array([[0.8, 0.6], [-0.6, 0.8]])
    patterns = np.array([[0.6, 0.8, 0, 0], [0, 0, 0.8, 0.6]])
    mixed = np.array([[0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5]])
    sizes = np.diag(CONV_STRENGTHS)
    return turn.T @ sizes @ patterns, turn.T @ sizes @ mixed


CONV_STRENGTHS = (4.0, 2.0)
"""Singular values of the convolutional targets."""


def _problem(unit_map: str, x: np.ndarray, y: np.ndarray, rows: int) -> Problem:
    columns = np.pad(x, ((0, rows - x.shape[0]), (0, SIZE * PATCHES - x.shape[1])))
    return Problem(columns, np.pad(y, (0, rows - len(y))), float(len(y)), unit_map)


def rays(model: TwoLayerConvolutional) -> Any:
    """Number of directions among the active units of a network, two within cos 0.99 counting as one.

    A unit is active when |u||v| is over a tenth of the largest. Counts the active units that no earlier active unit
    points along.

    Args:
        model: the network.

    Returns:
        The count.
    """
    weights = jnp.concatenate([jax.nn.relu(model.u), model.v[:, :1, 0]], axis=1)
    size = jnp.linalg.norm(weights, axis=1)
    strength = jnp.linalg.norm(model.u, axis=1) * jnp.linalg.norm(model.v[:, :, 0], axis=1)
    active = strength > 0.1 * jnp.max(strength)
    unit = weights / jnp.maximum(size, 1e-30)[:, None]
    alike = (unit @ unit.T > 0.99) & active[:, None] & active[None, :]
    earlier = jnp.any(jnp.tril(alike, -1), axis=1)
    return jnp.sum(active & ~earlier)
