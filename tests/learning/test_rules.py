"""Rules against hand-written loops, the calculus of gradient flow, and one conformance table of optimisers."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from separatrix.dynamics import Adaptive, Flow, evolve
from separatrix.errors import SeparatrixError
from separatrix.learning import (
    Rule,
    descent,
    gradient_flow,
    half_mean_squared,
    minibatch_with_replacement,
    minibatch_without_replacement,
    on,
)
from separatrix.learning.networks import activations, deep_linear, gaussian, two_layer
from separatrix.learning.rules.minibatch import draw_indices, shuffled

OPTIMIZERS = {
    "sgd": optax.sgd(0.1),
    "heavy ball": optax.sgd(0.05, momentum=0.8),
    "nesterov": optax.sgd(0.05, momentum=0.8, nesterov=True),
    "adam": optax.adam(0.1),
    "adamw": optax.adamw(0.1, weight_decay=0.0),
    "rmsprop": optax.rmsprop(0.03),
    "adagrad": optax.adagrad(0.5),
    "clipped": optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.1)),
    "polyak (asks for the value)": optax.polyak_sgd(1.0),
    "l-bfgs (asks for the function)": optax.lbfgs(),
    "backtracking (asks for gradient and function)": optax.chain(
        optax.sgd(1.0), optax.scale_by_backtracking_linesearch(max_backtracking_steps=10)
    ),
}
CENTRE = jnp.array([1.0, -2.0, 0.5])


def parabola(w):
    return 0.5 * jnp.sum(jnp.array([1.0, 2.0, 4.0]) * (w - CENTRE) ** 2)


def regression(seed=0, n=12):
    key = jax.random.key(seed)
    x = jax.random.normal(key, (n, 3))
    return x, x @ jnp.array([[1.0, 0.0], [0.5, -1.0], [0.0, 2.0]])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optax_transformation_is_a_rule(name):
    rule = descent(parabola, OPTIMIZERS[name])
    traces = []

    @jax.jit
    def run(learner):
        traces.append(None)
        return jax.lax.scan(lambda s, t: (rule.step(t, s, None), None), learner, jnp.arange(400))[0]

    start = rule.initial(jnp.zeros(3))
    end = run(start)
    # Adam and its kin end in a cycle of the size of their last steps; the others converge linearly.
    np.testing.assert_allclose(end.model, CENTRE, atol=0.02)
    run(end)
    assert len(traces) == 1, "the second call compiled again"
    assert jax.tree.map(lambda a: (a.shape, a.dtype), start) == jax.tree.map(lambda a: (a.shape, a.dtype), end)


def test_descent_is_the_hand_written_loop():
    x, y = regression()
    model = deep_linear(jax.random.key(1), (3, 4, 2))
    rule = descent(on(half_mean_squared, (x, y)), optax.sgd(0.05))
    learner = rule.initial(model)
    first, second = (np.array(w) for w in model.weights)
    sequential = first.copy(), second.copy()
    for t in range(5):
        learner = rule.step(t, learner, None)
        error = (second @ first @ x.T - y.T) / len(x)
        first, second = first - 0.05 * second.T @ error @ x, second - 0.05 * error @ (first @ x.T).T
        # The failing twin updates the second matrix with the first one's new value.
        a, b = sequential
        error = (b @ a @ x.T - y.T) / len(x)
        a = a - 0.05 * b.T @ error @ x
        sequential = a, b - 0.05 * error @ (a @ x.T).T
    np.testing.assert_allclose(learner.model.weights[0], first, atol=1e-13)
    np.testing.assert_allclose(learner.model.weights[1], second, atol=1e-13)
    assert np.abs(sequential[1] - second).max() > 1e-3


def test_gradient_flow_dissipates_the_squared_gradient():
    model = two_layer(jax.random.key(2), 3, 5, 2, jnp.tanh)
    loss = on(half_mean_squared, regression())
    flow = gradient_flow(loss)
    velocity = flow.velocity(0.0, model)
    _, rate = jax.jvp(loss, (model,), (velocity,))
    squared = sum(jnp.sum(g**2) for g in jax.tree.leaves(jax.grad(loss)(model)))
    np.testing.assert_allclose(rate, -squared, rtol=1e-12)


def test_gradient_flow_solves_a_parabola_and_conserves_balance():
    run = evolve(
        gradient_flow(parabola), jnp.zeros(3), [0.0, 0.3], observe={"w": lambda w: w}, method=Adaptive(1e-9, 1e-12)
    )
    # dw/dt = -h (w - c): w = c (1 - e^{-ht})
    np.testing.assert_allclose(run.w[-1], CENTRE * (1 - np.exp(-0.3 * np.array([1.0, 2.0, 4.0]))), rtol=1e-7)

    model = deep_linear(jax.random.key(3), (3, 4, 2))
    flow = gradient_flow(on(half_mean_squared, regression()))
    drift = jax.jvp(_imbalance, (model,), (flow.velocity(0.0, model),))[1]
    np.testing.assert_allclose(drift, 0, atol=1e-13)
    tanh = two_layer(jax.random.key(3), 3, 4, 2, jnp.tanh)
    field = gradient_flow(on(half_mean_squared, regression())).velocity(0.0, tanh)
    broken = jax.jvp(lambda m: m.v @ m.v.T - m.u @ m.u.T, (tanh,), (field,))[1]
    assert jnp.abs(broken).max() > 1e-3, "tanh networks conserve no balance"


def _imbalance(model):
    first, second = model.weights
    return second.T @ second - first @ first.T


def test_with_replacement_follows_its_own_draws():
    data = regression()
    rule = minibatch_with_replacement(half_mean_squared, data, optax.sgd(0.1), 4)
    model = deep_linear(jax.random.key(4), (3, 2))
    learner, weight = rule.initial(model), np.array(model.weights[0])
    for t in range(6):
        key = jax.random.key(t)
        learner = rule.step(t, learner, key)
        chosen = np.asarray(draw_indices(key, 12, 4))
        x, y = np.asarray(data[0])[chosen], np.asarray(data[1])[chosen]
        weight = weight - 0.1 * (x @ weight.T - y).T @ x / 4
    np.testing.assert_allclose(learner.model.weights[0], weight, atol=1e-13)


def test_draws_are_uniform_and_independent():
    n, batch, steps = 7, 5, 4000
    drawn = jax.vmap(lambda key: draw_indices(key, n, batch))(jax.random.split(jax.random.key(0), steps))
    expected = steps * batch / n
    chi = jnp.sum((jnp.bincount(drawn.ravel(), length=n) - expected) ** 2) / expected
    assert chi < 22.5  # 99.9 % point of chi squared with 6 degrees of freedom
    pairs = jnp.mean(drawn[:, 0] == drawn[:, 1])
    # With replacement two places agree with probability 1/n; standard error 0.0055. Without it, never: the twin.
    assert abs(pairs - 1 / n) < 4 * 0.0055
    shuffles = jax.vmap(lambda key: shuffled(key, n))(jax.random.split(jax.random.key(0), 100))
    assert not jnp.any(shuffles[:, 0] == shuffles[:, 1])


def seen(model, batch):
    """A loss linear in the model whose gradient counts the examples seen: with rate -1 the model is the tally."""
    return jnp.sum(model * jnp.sum(batch[0], axis=0))


@pytest.mark.parametrize("batch_size", [1, 3, 12])
def test_an_epoch_sees_every_example_once(batch_size):
    data = (jnp.eye(12), jnp.zeros((12, 1)))
    rule = minibatch_without_replacement(seen, data, optax.sgd(-1.0), batch_size)
    epoch = 12 // batch_size
    tally = {"seen": lambda learner: learner.model, "order": lambda learner: learner.order}
    run = evolve(rule, rule.initial(jnp.zeros(12)), np.arange(2 * epoch + 1), observe=tally)
    np.testing.assert_array_equal(run.seen[epoch], np.ones(12))
    np.testing.assert_array_equal(run.seen[2 * epoch], 2 * np.ones(12))
    assert not np.array_equal(run.order[epoch], run.order[2 * epoch]), "every epoch has its own order"
    twin = minibatch_with_replacement(seen, data, optax.sgd(-1.0), batch_size)
    other = evolve(twin, twin.initial(jnp.zeros(12)), [0, epoch], observe={"seen": lambda learner: learner.model})
    assert not np.array_equal(other.seen[1], np.ones(12))


def test_left_over_examples_are_skipped_in_their_epoch():
    data = (jnp.eye(11), jnp.zeros((11, 1)))
    rule = minibatch_without_replacement(seen, data, optax.sgd(-1.0), 4)
    run = evolve(rule, rule.initial(jnp.zeros(11)), [0, 2], observe={"seen": lambda learner: learner.model})
    assert sorted(run.seen[1].values) == [0.0] * 3 + [1.0] * 8


@pytest.mark.parametrize("build", [minibatch_with_replacement, minibatch_without_replacement])
def test_vmap_is_a_loop_over_seeds(build):
    rule = build(half_mean_squared, regression(), optax.adam(0.05), 4)

    @jax.jit
    def run(key):
        model = two_layer(key, 3, 6, 2, activations.square, gaussian(0.1))
        step = lambda s, t: (rule.step(t, s, jax.random.fold_in(key, t)), None)  # noqa: E731
        return jax.lax.scan(step, rule.initial(model), jnp.arange(7))[0].model

    keys = jax.random.split(jax.random.key(5), 3)
    together = jax.vmap(run)(keys)
    for i in range(3):
        alone = run(keys[i])
        np.testing.assert_allclose(together.u[i], alone.u, atol=1e-13)
        np.testing.assert_allclose(together.v[i], alone.v, atol=1e-13)
    assert jnp.abs(together.u[0] - together.u[1]).max() > 1e-3


def test_leaves_that_are_no_parameters_stay():
    model = {"w": jnp.ones(2), "steps": jnp.array(3), "act": jnp.tanh}
    loss = lambda m: jnp.sum(m["act"](m["w"]) ** 2)  # noqa: E731
    after = descent(loss, optax.sgd(0.1)).step(0, descent(loss, optax.sgd(0.1)).initial(model), None).model
    assert after["steps"] == 3 and after["act"] is jnp.tanh
    assert jnp.all(after["w"] < 1)
    assert gradient_flow(loss).velocity(0.0, model)["steps"] is None


def test_kinds_and_bad_input():
    data = regression()
    assert isinstance(gradient_flow(parabola), Flow)
    assert isinstance(descent(parabola, optax.sgd(0.1)), Rule)
    for size in (0, 13):
        with pytest.raises(SeparatrixError, match=rf"range \[1, 12\].*Got {size}"):
            minibatch_without_replacement(half_mean_squared, data, optax.sgd(0.1), size)
    with pytest.raises(SeparatrixError, match="Got 0"):
        minibatch_with_replacement(half_mean_squared, data, optax.sgd(0.1), 0)
    with pytest.raises(SeparatrixError, match="same number of examples"):
        minibatch_with_replacement(half_mean_squared, (data[0], data[1][:5]), optax.sgd(0.1), 2)
