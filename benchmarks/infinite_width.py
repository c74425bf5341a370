"""Kernels of infinite width: closed forms beside quadrature over both Gaussians and a wide random network."""

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.clock import by_turns, median_ratio
from benchmarks.row import Row
from separatrix.theory import WideNetwork

INPUTS, DIMENSION = 200, 16
NODES = 48
"""Of Gauss-Hermite quadrature along each of the two Gaussians."""
WIDTH = 20_000
BLOCK = 2_000


def run() -> list[Row]:
    """Time the tangent kernel of 200 inputs by three roads.

    Returns:
        Two rows.
    """
    jax.config.update("jax_enable_x64", True)
    x = np.random.default_rng(0).normal(size=(INPUTS, DIMENSION))
    network = WideNetwork()
    closed = jax.jit(lambda points: network.tangent_kernel(points, points))
    exact = np.asarray(closed(jnp.asarray(x)))
    rivals = {
        "closed": lambda: closed(jnp.asarray(x)).block_until_ready(),
        "quadrature": lambda: _quadrature(x),
        "sampled": lambda: _sampled(x, np.random.default_rng(1)),
    }
    times = by_turns(rivals, repeats=3)
    errors = {
        "quadrature": np.max(np.abs(_quadrature(x) - exact)) / np.max(exact),
        "sampled": np.max(np.abs(_sampled(x, np.random.default_rng(1)) - exact)) / np.max(exact),
    }
    peers = {
        "quadrature": (f"NumPy {np.__version__}, Gauss-Hermite with {NODES} x {NODES} nodes", 100),
        "sampled": (f"NumPy {np.__version__}, one random network of width {WIDTH:,}", 10),
    }
    return [
        Row(
            f"tangent kernel of a ReLU network of infinite width, {INPUTS} inputs in {DIMENSION} dimensions",
            peer,
            "times faster",
            median_ratio(times[name], times["closed"]),
            at_least=target,
            ours=f"{1000 * float(np.median(times['closed'])):.2g} ms",
            theirs=f"{1000 * float(np.median(times[name])):.3g} ms",
            accuracy=f"largest error over the largest entry: ours rounding, theirs {errors[name]:.1e}",
            note="the kink of the ReLU slows the convergence of quadrature; the random network's error falls as one "
            "over the root of its width",
        )
        for name, (peer, target) in peers.items()
    ]


def _quadrature(x: np.ndarray) -> np.ndarray:
    """E[relu relu] + covariance E[step step], row by row, over two independent Gaussians."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    covariance = x @ x.T / x.shape[1]
    size = np.sqrt(np.diagonal(covariance))
    found = np.empty_like(covariance)
    for i, row in enumerate(covariance):
        cosine = np.clip(row / (size[i] * size), -1, 1)
        u = size[i] * nodes
        v = size[:, None, None] * (
            cosine[:, None, None] * nodes[None, :, None] + np.sqrt(1 - cosine**2)[:, None, None] * nodes[None, None, :]
        )
        values = np.einsum("a,b,a,nab->n", weights, weights, np.maximum(u, 0), np.maximum(v, 0))
        slopes = np.einsum("a,b,a,nab->n", weights, weights, (u > 0) * 1.0, (v > 0) * 1.0)
        found[i] = values + row * slopes
    return found


def _sampled(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The tangent kernel of one random network, units in blocks."""
    outer, inner = np.zeros((len(x), len(x))), np.zeros((len(x), len(x)))
    for _ in range(WIDTH // BLOCK):
        hidden = x @ rng.normal(size=(x.shape[1], BLOCK)) / np.sqrt(x.shape[1])
        active = (hidden > 0) * rng.normal(size=BLOCK)[None, :]
        outer += np.maximum(hidden, 0) @ np.maximum(hidden, 0).T
        inner += active @ active.T
    return (outer + x @ x.T / x.shape[1] * inner) / WIDTH
