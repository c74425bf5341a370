"""Effective dimension from a few products with the Hessian, beside quadrature from random probes alone."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.row import Row
from separatrix.analysis import deflated_density, spectral_density
from separatrix.analysis.operators import from_matrix
from separatrix.probes.calibration.weight_score import trained
from separatrix.theory import effective_dimension

PRODUCTS, NETWORKS = 60, 40


def run() -> list[Row]:
    """Both on the Hessians of small trained networks, with the same number of products.

    Returns:
        One row.
    """
    jax.config.update("jax_enable_x64", True)
    sizes, scales = jnp.full(NETWORKS, 32.0), jnp.full(NETWORKS, 0.5)
    hessians, starts = jax.jit(jax.vmap(trained))(jax.random.split(jax.random.key(0), NETWORKS), sizes, scales)
    errors = np.array([_errors(np.asarray(h), float(s)) for h, s in zip(hessians, starts, strict=True)])
    ours, theirs = np.sqrt(np.mean(errors**2, axis=0))
    return [
        Row(
            f"effective dimension of {NETWORKS} trained networks, {len(hessians[0])} parameters, {PRODUCTS} products",
            "stochastic Lanczos quadrature (Ghorbani et al. 2019), two probes of 30 steps",
            "times smaller an error",
            float(theirs / ours),
            at_least=2,
            ours=f"{ours:.1%} (root mean square)",
            theirs=f"{theirs:.1%}",
            accuracy="against all eigenvalues",
        )
    ]


def _errors(hessian: np.ndarray, scale: float) -> tuple[float, float]:
    """Relative errors of both."""
    precision = 32 * scale**2

    def saturating(values: np.ndarray) -> np.ndarray:
        gain = precision * np.maximum(values, 0.0)
        return gain / (1 + gain)

    operator = from_matrix((hessian + hessian.T) / 2)
    truth = effective_dimension(np.linalg.eigvalsh(hessian), 32, scale)
    ours = deflated_density(operator).trace_of(saturating)[0]
    plain = spectral_density(operator, 2, PRODUCTS // 2)
    theirs = plain.size * float(np.mean(np.sum(plain.weights * saturating(plain.nodes), axis=1)))
    return ours / truth - 1, theirs / truth - 1
