"""The edge instrument against the spectral radius of the optimiser's exact linear recursion, on small networks."""

import jax
import jax.numpy as jnp
import numpy as np

from separatrix.analysis.operators import from_matrix, preconditioned
from separatrix.probes.calibration import entry
from separatrix.probes.instruments.edge import verdict
from separatrix.probes.measurements import largest_eigenvalue
from separatrix.probes.step_rule import StepRule, adam_rule, descent_rule


def _network_loss(weights, data):
    x, y = data
    return jnp.mean((jnp.tanh(x @ weights["w"]) @ weights["v"] - y) ** 2) / 2


def radius(matrix: np.ndarray, kind: str, learning_rate: float, b: float) -> float:
    """Spectral radius of one step of the optimiser on the quadratic with this Hessian, by its whole transition matrix.

    Args:
        matrix: the (preconditioned) Hessian, shape ``(n, n)``.
        kind: ``"descent"`` with heavy-ball momentum, ``"nesterov"``, or ``"adam"`` with its second moment frozen.
        learning_rate: step size.
        b: momentum or b1.

    Returns:
        The radius; the step is unstable above 1.
    """
    one, lr = np.eye(len(matrix)), learning_rate
    gain = 1 - b if kind == "adam" else 1.0
    velocity = np.hstack([b * one, gain * matrix])
    moved = b * velocity + np.hstack([0 * one, matrix]) if kind == "nesterov" else velocity
    place = np.hstack([0 * one, one]) - lr * moved
    return float(np.abs(np.linalg.eigvals(np.vstack([velocity, place]))).max())


def truth(matrix: np.ndarray, kind: str, learning_rate: float, b: float) -> str:
    """What the exact recursion says: whether the curvature could still grow by a quarter, or must shrink by a fifth.

    Args:
        matrix: the (preconditioned) Hessian.
        kind: of optimiser.
        learning_rate: step size.
        b: momentum or b1.

    Returns:
        ``"below"``, ``"edge"`` or ``"beyond"``.
    """
    curved = matrix * (np.linalg.eigvalsh(matrix)[-1] > 0)
    values, vectors = np.linalg.eigh(curved)
    curved = vectors @ np.diag(np.maximum(values, 0.0)) @ vectors.T
    if radius(curved / 0.8, kind, learning_rate, b) <= 1 + 1e-9:
        return "below"
    return "edge" if radius(curved / 1.3, kind, learning_rate, b) <= 1 + 1e-9 else "beyond"


def score(runs: int, first_seed: int) -> dict[str, list[bool]]:
    """Ask on networks at random weights, with optimisers of random settings around their thresholds.

    Args:
        runs: how many.
        first_seed: seeds are consecutive from here.

    Returns:
        For each kind of answer, whether each was right.
    """
    found: dict[str, list[bool]] = {}
    for seed in range(first_seed, first_seed + runs):
        rng = np.random.default_rng(seed)
        keys = jax.random.split(jax.random.key(seed), 4)
        weights = {"w": jax.random.normal(keys[0], (4, 6)), "v": jax.random.normal(keys[1], (6, 2)) / 2}
        data = (jax.random.normal(keys[2], (30, 4)), jax.random.normal(keys[3], (30, 2)))
        matrix = np.asarray(jax.hessian(lambda flat, d: _flat_loss(flat, d))(_flatten(weights), data))
        kind, b = str(rng.choice(["descent", "nesterov", "adam"])), float(rng.choice([0.0, 0.5, 0.9]))
        diagonal = 10 ** rng.uniform(-1, 0, len(matrix)) if kind == "adam" else None
        exact = matrix if diagonal is None else matrix / np.sqrt(np.outer(diagonal, diagonal))
        ratio = 10 ** rng.uniform(-0.5, 0.4)
        unit = _rule(kind, 1.0, b, diagonal).threshold
        assert unit is not None
        rate = ratio * unit / float(np.linalg.eigvalsh(exact)[-1])
        rule = _rule(kind, rate, b, diagonal)
        operator = from_matrix(matrix) if diagonal is None else preconditioned(from_matrix(matrix), diagonal)
        assert rule.threshold is not None
        says = verdict(np.array([largest_eigenvalue(operator) / rule.threshold]))
        found.setdefault(says, []).append(says == truth(exact, kind, rate, b))
    return found


def _rule(kind: str, rate: float, b: float, diagonal: np.ndarray | None) -> StepRule:
    return adam_rule(rate, b, diagonal) if kind == "adam" else descent_rule(rate, b, nesterov=kind == "nesterov")


def _flatten(weights):
    return jnp.concatenate([weights["w"].ravel(), weights["v"].ravel()])


def _flat_loss(flat, data):
    return _network_loss({"w": flat[:24].reshape(4, 6), "v": flat[24:].reshape(6, 2)}, data)


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Counts of right answers.

    Args:
        runs_each: a quarter of the runs.
        first_seed: of all simulations.

    Returns:
        By kind of answer.
    """
    runs = 4 * runs_each
    found = score(runs, first_seed)
    return {
        kind: entry(right, f"{runs} small networks with descent, Nesterov and Adam, against the exact recursion")
        for kind, right in found.items()
    }
