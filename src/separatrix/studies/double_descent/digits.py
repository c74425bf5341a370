"""Real images: a linear model that sees their lower half dimmed, and a network some of whose labels are wrong."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, PRNGKeyArray

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.learning.networks import Perceptron, perceptron
from separatrix.studies.double_descent.config import Config

FRESH = 800
LAST = 10_000_000


@functools.cache
def images() -> tuple[np.ndarray, np.ndarray]:
    """Centred pixels with a mean square norm of 64, shape (1797, 64), and one-hot digits, shape (1797, 10)."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = np.asarray(bunch.data, float)  # pyright: ignore[reportAttributeAccessIssue]
    digit = np.asarray(bunch.target)  # pyright: ignore[reportAttributeAccessIssue]
    centred = pixels - pixels.mean(axis=0)
    return centred * np.sqrt(64 / np.mean(np.sum(centred**2, axis=1))), np.eye(10)[digit]


def images_by_halves(config: Config) -> xr.Dataset:
    """A linear model of the pixels, exactly propagated, with the lower half of each image dimmed or not.

    Args:
        config: numbers of images, and by how much they are dimmed.

    Returns:
        ``test_error`` (seed, condition, time): half the squared error on other images, summed over classes.
    """
    pixels, targets = (jnp.asarray(part) for part in images())
    n, steps = config.image_examples, np.unique(np.geomspace(1, LAST, 100).round())
    conditions = np.array([1.0, config.image_condition])
    centre = jnp.mean(targets, axis=0)[None, :]

    def member(key: PRNGKeyArray, condition: Array) -> Array:
        order = jax.random.permutation(key, len(pixels))
        dimmed = pixels * jnp.where(jnp.arange(64) < 32, 1.0, 1 / condition)[None, :]
        x, fresh = dimmed[order[:n]], dimmed[order[n:]]
        y, truth = targets[order[:n]] - centre, targets[order[n:]] - centre
        left, values, right = jnp.linalg.svd(x, full_matrices=False)
        seen = values > 1e-10 * values[0]
        inverse = jnp.where(seen, 1 / jnp.where(seen, values, 1.0), 0.0)
        shares = jnp.minimum((values / values[0]) ** 2, 1.0)
        learned = -jnp.expm1(jnp.asarray(steps)[:, None] * jnp.log1p(-shares)[None, :])
        outputs = fresh @ right.T
        says = jnp.einsum("em,tm,mc->tec", outputs, learned, inverse[:, None] * (left.T @ y))
        return jnp.mean(jnp.sum((says - truth[None]) ** 2, axis=2), axis=1) / 2

    keys = jax.random.split(jax.random.key(config.seed + 4), config.image_seeds)
    found = jax.jit(jax.vmap(lambda key: jax.lax.map(lambda c: member(key, c), jnp.asarray(conditions))))(keys)
    return xr.Dataset(
        {"test_error": (("seed", "condition", "time"), np.asarray(found))},
        coords={"seed": np.arange(config.image_seeds), "condition": conditions, "time": steps},
    )


def networks(config: Config) -> xr.Dataset:
    """A tanh network on few digits, descent on the whole set, with and without wrong labels.

    Args:
        config: sizes, rate and share of wrong labels.

    Returns:
        ``test_error`` and ``train_error``, half the squared error summed over classes, and ``mistaken``, the share of
        other images put in the wrong class; dims (seed, noise, time).
    """
    pixels, targets = (jnp.asarray(part, jnp.float32) for part in images())
    n, rate = config.network_examples, config.network_rate
    observed = np.unique(np.concatenate([[0], np.geomspace(1, config.network_steps, 60).round()])).astype(int)

    def build(key: PRNGKeyArray, noise: Array) -> Setup:
        of_order, of_choice, of_labels, of_start = jax.random.split(key, 4)
        order = jax.random.permutation(of_order, len(pixels))
        x, fresh = pixels[order[:n]], pixels[order[n : n + FRESH]]
        wrong = jax.random.uniform(of_choice, (n, 1)) < noise
        drawn = jax.nn.one_hot(jax.random.randint(of_labels, (n,), 0, 10), 10, dtype=jnp.float32)
        y, truth = jnp.where(wrong, drawn, targets[order[:n]]), targets[order[n : n + FRESH]]
        start = perceptron(of_start, (64, config.network_units, 10), jnp.tanh)
        start = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), start)

        def half_error(model: Perceptron, inputs: Array, wanted: Array) -> Array:
            return jnp.mean(jnp.sum((jax.vmap(model)(inputs) - wanted) ** 2, axis=1)) / 2

        def step(index: Array, model: Perceptron, key: Array) -> Perceptron:
            slope = jax.grad(lambda network: half_error(network, x, y))(model)
            return jax.tree.map(lambda w, g: w - jnp.float32(rate) * g, model, slope)

        observe = {
            "test_error": lambda model: half_error(model, fresh, truth),
            "train_error": lambda model: half_error(model, x, y),
            "mistaken": lambda model: jnp.mean(jnp.argmax(jax.vmap(model)(fresh), axis=1) != jnp.argmax(truth, axis=1)),
        }
        return Setup(Map(step), start, observe)

    return ensemble(
        build,
        observed,
        seeds=config.network_seeds,
        grid={"noise": np.array([0.0, config.network_noise])},
        key=jax.random.key(config.seed + 5),
    )[["test_error", "train_error", "mistaken"]]
