"""Small networks that learn in stages, each as a loss of its weights and a draw of tasks and beginnings.

Source: Zhang, Saxe and Latham, Saddle-to-saddle dynamics (arXiv:2512.20607), two-layer networks; the population
losses are derived in closed form.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree


@dataclass(frozen=True)
class Family:
    """Networks of one kind.

    Args:
        name: of the family.
        loss: from weights and task to a scalar.
        draw: from a key to weights, task and the time to simulate.
        escape: how its saddles are left, ``"exponential"`` or ``"finite time"``.
    """

    name: str
    loss: Callable[[PyTree, PyTree], Float[Array, ""]]
    draw: Callable[[PRNGKeyArray], tuple[PyTree, PyTree, Float[Array, ""]]]
    escape: str


def _linear_loss(weights: PyTree, task: PyTree) -> Array:
    return jnp.sum((task - weights["v"].T @ weights["u"]) ** 2) / 2


def _relu_loss(weights: PyTree, task: PyTree) -> Array:
    return jnp.mean((task - weights["v"] @ jax.nn.relu(weights["u"])) ** 2) / 2


def _quadratic_loss(weights: PyTree, task: PyTree) -> Array:
    rest = task - jnp.einsum("h,hi,hj->ij", weights["v"], weights["u"], weights["u"])
    return jnp.sum(rest**2) + jnp.trace(rest) ** 2 / 2


def _attention_loss(weights: PyTree, task: PyTree) -> Array:
    square, context = jnp.diag(task), 31.0
    spread = square @ square * (1 + 1 / context) + jnp.trace(square) * square / context
    map_ = jnp.einsum("h,hi,hj->ij", weights["v"], weights["k"], weights["q"])
    fit = jnp.trace(square @ map_ @ square)
    return (jnp.trace(square) - 2 * fit + jnp.trace(spread @ map_ @ square @ map_.T)) / 2


def _normal(key: PRNGKeyArray, scale: Array, **shapes: tuple[int, ...]) -> dict[str, Array]:
    keys = jax.random.split(key, len(shapes))
    return {n: scale * jax.random.normal(k, shape) for k, (n, shape) in zip(keys, shapes.items(), strict=True)}


def _log_uniform(key: PRNGKeyArray, low: float, high: float) -> Array:
    return 10 ** jax.random.uniform(key, (), minval=low, maxval=high)


def _rotation(key: PRNGKeyArray, size: int) -> Array:
    return jnp.linalg.qr(jax.random.normal(key, (size, size)))[0]


def _draw_linear(key: PRNGKeyArray):
    keys = jax.random.split(key, 6)
    ratios = jax.random.uniform(keys[0], (2,), minval=0.35, maxval=0.65)
    top = jax.random.uniform(keys[1], (), minval=1.0, maxval=2.0)
    values = top * jnp.array([1.0, ratios[0], ratios[0] * ratios[1], 0.0])
    task = _rotation(keys[2], 4) @ jnp.diag(values) @ _rotation(keys[3], 4).T
    scale = _log_uniform(keys[4], -4.0, -1.5)
    weights = _normal(keys[5], scale, u=(8, 4), v=(8, 4))
    return weights, task, (6.0 - 2.5 * jnp.log(scale)) / values[2]


def _draw_relu(key: PRNGKeyArray):
    keys = jax.random.split(key, 3)
    task = jax.random.uniform(keys[0], (6,), minval=0.3, maxval=1.2) * jnp.array([1, 1, 1, -1, -1, -1])
    scale = _log_uniform(keys[1], -5.0, -2.0)
    slowest = jnp.minimum(jnp.linalg.norm(task[:3]), jnp.linalg.norm(task[3:])) / 6
    return _normal(keys[2], scale, u=(10, 6), v=(10,)), task, (8.0 - 2.5 * jnp.log(scale)) / slowest


def _draw_quadratic(key: PRNGKeyArray):
    keys = jax.random.split(key, 4)
    values = jax.random.uniform(keys[0], (4,), minval=0.5, maxval=1.5) * jnp.array([1.0, -1.0, 1.0, 0.0])
    turn = _rotation(keys[1], 4)
    scale = _log_uniform(keys[2], -2.3, -1.3)
    return _normal(keys[3], scale, u=(10, 4), v=(10,)), turn @ jnp.diag(values) @ turn.T, 3.0 / scale


def _draw_attention(key: PRNGKeyArray):
    keys = jax.random.split(key, 3)
    ratios = jax.random.uniform(keys[0], (2,), minval=0.5, maxval=0.85)
    scale = _log_uniform(keys[1], -2.0, -1.3)
    weights = _normal(keys[2], scale, v=(8,), k=(8, 3), q=(8, 3))
    return weights, jnp.array([1.0, ratios[0], ratios[0] * ratios[1]]), 12.0 / scale


FAMILIES = (
    Family("linear", _linear_loss, _draw_linear, "exponential"),
    Family("relu", _relu_loss, _draw_relu, "exponential"),
    Family("quadratic", _quadratic_loss, _draw_quadratic, "finite time"),
    Family("attention", _attention_loss, _draw_attention, "finite time"),
)
