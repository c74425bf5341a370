"""Real learners: a kernel decision on measurements of tumours, and networks that read digits."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jax.flatten_util import ravel_pytree
from jaxtyping import Array
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.preprocessing import StandardScaler

from separatrix.dynamics import (
    Diffusion,
    EulerMaruyama,
    Setup,
    complete_graph,
    coupled,
    ensemble,
    laplacian,
    ring_graph,
)
from separatrix.observables import error_of_centre, synchronisation_error
from separatrix.studies.synchronization.config import Config
from separatrix.studies.synchronization.quadratic import observed
from separatrix.theory import expected_error_of_centre, expected_synchronisation_error, synchronisation_bound

GRAPHS = {"complete": complete_graph, "ring": ring_graph}
LARGEST_CURVATURE = 4.0
"""The kernel functions are scaled so that this is the loss's, and one step suits all runs."""


def measurements(config: Config) -> xr.Dataset:
    """Coupled learners of a kernel decision: benign or malignant, from scikit-learn's measurements of tumours.

    Args:
        config: the numbers.

    Returns:
        ``spread`` and ``centre`` over (seed, graph) with their exact values, and the bound of the former.
    """
    features, labels = kernel_features(config)
    hessian = features.T @ features / len(features) + config.ridge * np.eye(features.shape[1])
    best = np.linalg.solve(hessian, features.T @ labels / len(features))
    curvatures = np.linalg.eigvalsh(hessian)
    ties = jnp.asarray(np.stack([graph(config.copies) for graph in GRAPHS.values()]))
    curve, pull = jnp.asarray(hessian), jnp.asarray(hessian @ best)
    law = Diffusion(lambda t, w: pull - curve @ w, lambda t, w: config.real_noise * jnp.ones_like(w))

    def build(key: Array, graph: Array) -> Setup:
        observe = {
            "spread": synchronisation_error,
            "centre": lambda w: error_of_centre(w, jnp.asarray(best, w.dtype)),
        }
        start = jnp.tile(jnp.asarray(best)[None, :], (config.copies, 1))
        return Setup(coupled(law, ties[graph], config.weak), start, observe)

    times = observed(2 * config.step, config.real_time)
    run = ensemble(
        build,
        times,
        seeds=config.seeds,
        grid={"graph": np.arange(len(GRAPHS))},
        key=jax.random.key(config.seed + 4),
        method=EulerMaruyama(2 * config.step),
    )
    settled = run[["spread", "centre"]].isel(time=times >= config.real_time / 4).mean("time")
    step = 2 * config.step
    spectra = [np.linalg.eigvalsh(np.asarray(laplacian(graph(config.copies)))) for graph in GRAPHS.values()]
    size = features.shape[1]
    return settled.assign_coords(graph=list(GRAPHS)).assign(
        exact=(
            "graph",
            [
                float(expected_synchronisation_error(curvatures, s, config.weak, config.real_noise, step))
                for s in spectra
            ],
        ),
        bound=(
            "graph",
            [
                float(synchronisation_bound(curvatures[0], s[1], config.weak, config.real_noise, config.copies, size))
                for s in spectra
            ],
        ),
        exact_centre=float(expected_error_of_centre(curvatures, config.real_noise, config.copies, step)),
    )


def kernel_features(config: Config) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian kernel functions at evenly spread examples, and labels of -1 and 1."""
    x, y = load_breast_cancer(return_X_y=True)
    scaled = StandardScaler().fit_transform(x)
    centres = scaled[:: len(scaled) // config.landmarks][: config.landmarks]
    squares = ((scaled[:, None, :] - centres[None, :, :]) ** 2).sum(axis=-1)
    features = np.exp(-squares / (2 * np.median(squares)))
    largest = np.linalg.eigvalsh(features.T @ features / len(features))[-1]
    return features * np.sqrt((LARGEST_CURVATURE - config.ridge) / largest), 2.0 * y - 1.0


def reader(config: Config) -> tuple[Callable, Callable, Array, Callable]:
    """A network that reads digits, as a function of one vector of weights.

    Args:
        config: the numbers.

    Returns:
        The penalised loss of (weights, shape), the shape that turns weights into a network, weights to begin with, and
        the accuracy of weights.
    """
    pixels, digits = load_digits(return_X_y=True)
    x, y = jnp.asarray(pixels[::9] / 16 - 0.3), jnp.asarray(digits[::9])
    first = eqx.nn.MLP(64, 10, config.network_units, 1, jnp.tanh, key=jax.random.key(config.seed + 5))
    flat, unravel = ravel_pytree(eqx.filter(first, eqx.is_inexact_array))
    fixed = eqx.filter(first, eqx.is_inexact_array, inverse=True)

    def shape(values: Array) -> Any:
        return eqx.combine(unravel(values), fixed)

    def loss(values: Array, shape: Callable) -> Array:
        logits = jax.vmap(shape(values))(x.astype(values.dtype))
        fit = -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1))
        return fit + 0.5 * config.network_decay * jnp.sum(values**2)

    def accuracy(values: Array) -> Array:
        return jnp.mean(jax.vmap(shape(values))(x.astype(values.dtype)).argmax(axis=1) == y)

    return loss, shape, flat, accuracy


def networks(config: Config) -> xr.Dataset:
    """Coupled networks that read digits move about a minimum of their loss.

    Args:
        config: the numbers.

    Returns:
        ``spread`` over (seed, coupling), the coupling none or complete; its ``expected`` value by the loss's Hessian at
        the minimum, which has ``directions`` directions in all, and the accuracy there.
    """
    loss_of, shape, flat, score = reader(config)
    slope = jax.grad(loss_of)
    best, _ = jax.lax.scan(lambda w, _: (w - 0.5 * slope(w, shape), None), flat, length=config.network_training)
    curvatures = np.linalg.eigvalsh(np.asarray(jax.hessian(loss_of)(best, shape), np.float64))
    law = Diffusion(lambda t, w: -slope(w, shape), lambda t, w: config.network_noise * jnp.ones_like(w))
    ties = complete_graph(config.network_copies)
    strengths = np.array([0.0, config.network_coupling])

    def build(key: Array, kappa: Array) -> Setup:
        start = jnp.tile(best[None, :], (config.network_copies, 1))
        return Setup(coupled(law, ties, kappa), start, {"spread": synchronisation_error})

    step = 10 * config.step
    times = observed(step, config.network_time)
    run = ensemble(
        build,
        times,
        seeds=config.network_seeds,
        grid={"kappa": strengths},
        key=jax.random.key(config.seed + 6),
        method=EulerMaruyama(step),
    )
    spectrum = np.linalg.eigvalsh(np.asarray(laplacian(ties)))
    expected = [
        float(expected_synchronisation_error(curvatures, spectrum, kappa, config.network_noise, step))
        for kappa in strengths
    ]
    return (
        run[["spread"]]
        .isel(time=times >= config.network_time / 2)
        .mean("time")
        .assign(
            expected=("kappa", expected),
            accuracy=float(score(best)),
            directions=len(curvatures),
            least_curvature=float(curvatures[0]),
            largest_curvature=float(curvatures[-1]),
        )
    )
