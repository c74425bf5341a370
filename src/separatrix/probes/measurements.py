"""What a probe measures at one point of weight space, with whatever library computes losses and gradients there."""

import warnings
from typing import Any

import numpy as np

from separatrix.analysis.eigenpairs import Eigenpairs, UnconvergedWarning, eigenpairs
from separatrix.analysis.operators import SymmetricOperator, preconditioned
from separatrix.analysis.traces import trace
from separatrix.probes.escape import acceleration, escape_measure, valley_depth
from separatrix.probes.layers import displacement, layer_spectra, unit_shares
from separatrix.probes.point import Point
from separatrix.probes.step_rule import StepRule

PROBE_VECTORS = 8


def slope(point: Point, start: dict[str, np.ndarray]) -> dict[str, Any]:
    """The light probe: losses, gradient, displacement, layers, modes, representations.

    Args:
        point: where.
        start: weights at the beginning of the run.

    Returns:
        Part of a probe's row.
    """
    weights = point.weights()
    validation = point.validation_loss()
    return {
        "loss": point.loss(),
        "validation": None if validation is None else {"loss": validation},
        "gradient_norm": float(np.linalg.norm(point.gradient())),
        **displacement(weights, start),
        "layers": layer_spectra(weights, start),
        "units": unit_shares(weights),
        "modes": point.mode_strengths(),
        "representations": point.representations(),
    }


def curvature(
    point: Point, rule: StepRule, warm: dict[str, np.ndarray], kernel_start: np.ndarray | None
) -> tuple[dict[str, Any], np.ndarray | None]:
    """The heavy probe: both ends of the spectrum, the trace, the way out of a saddle, the tangent kernel.

    Eigenvalues are those of the preconditioned Hessian where the optimiser has a preconditioner; the trace is always
    the plain Hessian's.

    Args:
        point: where.
        rule: the optimiser's step at that moment.
        warm: eigenvectors of the previous probe, replaced by this one's.
        kernel_start: tangent kernel at the beginning of the run, None at the first probe.

    Returns:
        Part of a probe's row, and the tangent kernel.
    """
    plain = point.hessian()
    operator = plain if rule.preconditioner is None else preconditioned(plain, rule.preconditioner)
    scale = np.ones(plain.size) if rule.preconditioner is None else 1 / np.sqrt(rule.preconditioner)
    gradient = scale * point.gradient()
    rng = np.random.default_rng(0)
    top = _end(operator, "largest", warm, rng, 1e-3, 0.0)
    size = abs(float(top.values[0]))
    nodes, masses, out = escape_measure(operator, gradient)
    if out is not None:
        warm.setdefault("smallest", out)
    bottom = _end(operator, "smallest", warm, rng, 0.05, 1e-4 * size)
    known = top.vectors if rule.preconditioner is None else None
    size_of = trace(plain, PROBE_VECTORS, known=known)
    gram = point.output_gradients()
    kernel = None if gram is None else gram @ gram.T
    found = {
        "top": _plain(top),
        "bottom": _plain(bottom),
        "trace": {"value": size_of.value, "half_width": (size_of.high - size_of.low) / 2},
        "escape": {
            "nodes": nodes.tolist(),
            "masses": masses.tolist(),
            "acceleration": None if out is None else acceleration(point, nodes, masses, scale * out),
        },
        "scan": None if out is None else valley_depth(point, scale * out),
        "kernel": kernel_change(kernel, kernel_start),
    }
    return found, kernel


def largest_eigenvalue(operator: SymmetricOperator) -> float:
    """The largest eigenvalue as a probe computes it, from a cold start."""
    return float(_end(operator, "largest", {}, np.random.default_rng(0), 1e-3, 0.0).values[0])


def kernel_change(kernel: np.ndarray | None, start: np.ndarray | None) -> dict[str, float] | None:
    """How far a tangent kernel has moved from its start: in direction (1 - cosine) and in size (ratio of norms).

    Args:
        kernel: now, shape ``(m, m)``.
        start: at the beginning; None when this is the beginning.

    Returns:
        ``turned`` and ``grown``; None without a kernel.
    """
    if kernel is None:
        return None
    first = kernel if start is None else start
    sizes = float(np.linalg.norm(kernel)), float(np.linalg.norm(first))
    if min(sizes) == 0:
        return None
    return {"turned": float(1 - np.sum(kernel * first) / (sizes[0] * sizes[1])), "grown": sizes[0] / sizes[1]}


def _end(operator, which, warm, rng, tolerance, absolute) -> Eigenpairs:
    start = None
    if which in warm and warm[which].shape == (operator.size,):
        fresh = rng.standard_normal(operator.size)
        start = np.stack([warm[which], fresh], axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnconvergedWarning)
        found = eigenpairs(
            operator, 1, which, tolerance=tolerance, absolute=absolute, start=start, max_matvecs=min(operator.size, 40)
        )
    warm[which] = found.vectors[:, 0]
    return found


def _plain(pairs: Eigenpairs) -> dict[str, Any]:
    return {
        "value": float(pairs.values[0]),
        "residual": float(pairs.residuals[0]),
        "error": float(pairs.errors[0]),
        "converged": bool(pairs.converged[0]),
        "products": int(pairs.matvecs),
    }
