"""Invariant manifolds: effective width and conserved quantities, along gradient flows of three architectures."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.analysis.conservation import layer_imbalance, relative_drift, unit_imbalance
from separatrix.analysis.effective_width import effective_width
from separatrix.errors import SeparatrixError

RANDOM = np.random.default_rng(0)
INPUTS = jnp.asarray(RANDOM.normal(size=(20, 3)))
TARGETS = jnp.asarray(RANDOM.normal(size=(20, 2)))
UNITS = {"linear": lambda h: h, "relu": jax.nn.relu, "quadratic": lambda h: h**2, "tanh": jnp.tanh}


def _flow(name: str, weights: tuple[jax.Array, jax.Array], steps: int = 400, time_step: float = 0.01):
    """Gradient flow of a two-layer network by the classical Runge-Kutta method: weights at each step."""

    def loss(pair):
        outputs = UNITS[name](INPUTS @ pair[0].T) @ pair[1].T
        return 0.5 * jnp.mean(jnp.sum((outputs - TARGETS) ** 2, axis=1))

    def move(pair, change, size):
        return jax.tree.map(lambda w, g: w - size * g, pair, change)

    def step(pair, _):
        k1 = jax.grad(loss)(pair)
        k2 = jax.grad(loss)(move(pair, k1, time_step / 2))
        k3 = jax.grad(loss)(move(pair, k2, time_step / 2))
        k4 = jax.grad(loss)(move(pair, k3, time_step))
        mean = jax.tree.map(lambda a, b, c, d: (a + 2 * b + 2 * c + d) / 6, k1, k2, k3, k4)
        return move(pair, mean, time_step), pair

    return jax.lax.scan(step, weights, None, length=steps)[1]


def _random_weights(width: int = 4) -> tuple[jax.Array, jax.Array]:
    return jnp.asarray(0.5 * RANDOM.normal(size=(width, 3))), jnp.asarray(0.5 * RANDOM.normal(size=(2, width)))


@pytest.mark.parametrize(("name", "degree"), [("linear", 1), ("relu", 1), ("quadratic", 2)])
def test_unit_imbalance_is_conserved_at_its_own_degree(name, degree):
    incoming, outgoing = _flow(name, _random_weights(), steps=1600, time_step=0.0025)
    sizes = jnp.sum(incoming**2, axis=(1, 2)) + jnp.sum(outgoing**2, axis=(1, 2))

    def drift(power):
        return float(relative_drift(jax.vmap(lambda u, v: unit_imbalance(u, v, power))(incoming, outgoing), sizes))

    # At a step of 0.01 the fourth order leaves 8e-7 for quadratic units, so 3e-9 at this one; ReLU has kinks in
    # time, at each of which a step errs by its square.
    assert drift(degree) < (1e-3 if name == "relu" else 1e-7)
    assert drift(3 - degree) > 1e-2  # the failing twin: the other degree


def test_layer_imbalance_is_conserved_for_linear_layers_only():
    for name, conserved in (("linear", True), ("tanh", False)):
        incoming, outgoing = _flow(name, _random_weights())
        sizes = jnp.sum(incoming**2, axis=(1, 2)) + jnp.sum(outgoing**2, axis=(1, 2))
        drift = float(relative_drift(jax.vmap(layer_imbalance)(incoming, outgoing), sizes))
        assert (drift < 1e-7) == conserved


def _start(relation: str) -> tuple[jax.Array, jax.Array]:
    incoming, outgoing = _random_weights()
    factor = {"equal": 1.0, "double": 2.0, "dead": 0.0}[relation]
    return incoming.at[1].set(factor * incoming[0]), outgoing.at[:, 1].set(factor * outgoing[:, 0])


@pytest.mark.parametrize(
    ("name", "relation", "unit", "kept"),
    [
        ("tanh", "equal", "general", True),
        ("quadratic", "dead", "general", True),
        ("relu", "double", "homogeneous", True),
        ("linear", "double", "linear", True),
        ("tanh", "double", "homogeneous", False),
        ("quadratic", "double", "homogeneous", False),
    ],
)
def test_flow_keeps_the_effective_width_exactly_where_the_theorem_says(name, relation, unit, kept):
    start = _start(relation)
    incoming, outgoing = _flow(name, start)
    assert effective_width(*start, unit=unit, tolerance=1e-8).effective == 3
    after = effective_width(incoming[-1], outgoing[-1], unit=unit, tolerance=1e-8).effective
    assert (after == 3) == kept


def test_counts_of_each_kind():
    u = np.array([[1.0, 0, 0], [1.0, 0, 0], [2.0, 0, 0], [0, 1.0, 0], [1.0, 1.0, 0], [0, 0, 0], [-1.0, 0, 0]])
    v = u.sum(1)[None, :]
    general = effective_width(u, v, unit="general")
    assert (general.dead, general.duplicate, general.effective) == (1, 1, 5)
    relu = effective_width(u, v, unit="homogeneous")
    assert (relu.dead, relu.duplicate, relu.proportional, relu.effective) == (1, 1, 1, 4)
    assert relu.groups[0] == relu.groups[2] != relu.groups[6]
    linear = effective_width(u, v, unit="linear")
    # theta = (sum u, u): rank 2; e1, e2 and e1 + e2 are three rays (with the opposite one of e1 among its multiples).
    assert (linear.proportional, linear.dependent, linear.effective) == (2, 1, 2)


def test_all_dead_and_wrong_shapes():
    assert effective_width(np.zeros((3, 2)), np.zeros((1, 3))).effective == 0
    with pytest.raises(SeparatrixError, match="transpose"):
        effective_width(np.ones((3, 2)), np.ones((4, 1)))
