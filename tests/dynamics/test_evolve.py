import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from separatrix.dynamics import (
    Adaptive,
    Diffusion,
    Euler,
    EulerMaruyama,
    Flow,
    Heun,
    Map,
    Observable,
    after,
    at_rest,
    below,
    beyond,
    evolve,
)
from separatrix.dynamics.trajectory import trajectory
from separatrix.errors import SeparatrixError

IDENTITY = {"x": lambda x: x}
DECAY = Flow(lambda t, x: -x)
# compiled code may flush subnormal numbers, and what becomes subnormal on the way, to zero
NORMAL = st.floats(-1, 1).map(lambda x: x if abs(x) > 1e-300 else 0.0)
LOGISTIC = Flow(lambda t, x: x * (1 - x))


def test_a_flow_follows_the_logistic_curve():
    ts = np.linspace(0, 20, 41)
    run = evolve(LOGISTIC, jnp.array(1e-4), ts, observe=IDENTITY)
    exact = 1 / (1 + (1 / 1e-4 - 1) * np.exp(-ts))
    # the tolerance of a step is 1e-7; between steps the solution is interpolated, at some ten times that
    np.testing.assert_allclose(run.x, exact, rtol=3e-6)
    assert float(run.x[-1]) == pytest.approx(exact[-1], rel=1e-8)
    assert not np.allclose(run.x, 1e-4 * np.exp(ts), rtol=1e-2)
    assert run.attrs["stop_reason"] == "end"


def two_layer_linear(seed):
    target = jnp.diag(jnp.array([3.0, 2.0, 1.2, 0.6]))
    first, second = jax.random.split(jax.random.key(seed))
    x0 = (1e-8 * jax.random.normal(first, (20, 4)), 1e-8 * jax.random.normal(second, (4, 20)))

    def loss(weights):
        return 0.5 * jnp.sum((target - weights[1] @ weights[0]) ** 2)

    return Flow(lambda t, weights: jax.tree.map(jnp.negative, jax.grad(loss)(weights))), x0, loss


def test_saddles_are_cheap():
    flow, x0, loss = two_layer_linear(1)
    run = evolve(flow, x0, np.linspace(0, 100, 101), observe={"loss": loss})
    assert run.attrs["steps"] < 500
    assert run.loss[-1] < 1e-12


def test_a_flow_keeps_what_it_conserves():
    flow, x0, _ = two_layer_linear(2)
    run = evolve(flow, x0, [0.0, 10.0, 50.0], observe={"balance": lambda w: w[1].T @ w[1] - w[0] @ w[0].T})
    assert run.balance.dims == ("time", "balance_0", "balance_1")
    # weights reach about 1 with a relative tolerance of 1e-7 a step and some hundred steps
    assert float(abs(run.balance - run.balance[0]).max()) < 1e-5


@pytest.mark.parametrize(("method", "order"), [(Euler, 1), (EulerMaruyama, 1), (Heun, 2)])
def test_observed_order_of_fixed_steps_without_noise(method, order):
    system = LOGISTIC if method is Euler else Diffusion(LOGISTIC.velocity, lambda t, x: 0 * x)
    exact = 1 / (1 + 9 * np.exp(-2.0))
    steps = np.array([0.1, 0.05, 0.025])
    errors = [
        abs(float(evolve(system, 0.1, [0.0, 2.0], observe=IDENTITY, method=method(dt)).x[-1]) - exact) for dt in steps
    ]
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(order, abs=0.1)  # the next order's term, at these steps


@pytest.mark.parametrize("method", [EulerMaruyama(0.1), Heun(0.1), Adaptive(rtol=1e-2, atol=1e-2)])
def test_variance_of_an_ornstein_uhlenbeck_process(method):
    paths, rate, noise = 20_000, 1.0, 0.7
    system = Diffusion(lambda t, x: -rate * x, lambda t, x: jnp.full_like(x, noise))
    # no state, so start in many: each path has its own noise
    run = evolve(
        system, jnp.zeros(paths), [0.0, 8.0], observe={"variance": jnp.var}, method=method, key=jax.random.key(3)
    )
    factor = {EulerMaruyama: 1 - 0.1, Heun: 1 - 0.1 + 0.1**2 / 2}.get(type(method))
    if factor is None:
        exact = noise**2 / (2 * rate)
    else:  # stationary variance of the discrete chain x' = factor x + kick
        kick = noise * (1 if isinstance(method, EulerMaruyama) else 1 - 0.1 / 2)
        exact = kick**2 * 0.1 / (1 - factor**2)
    # five standard errors of a variance over so many paths
    assert float(run.variance[-1]) == pytest.approx(exact, rel=5 * np.sqrt(2 / paths))


@pytest.mark.parametrize("method", [EulerMaruyama(0.01), Heun(0.01), Adaptive(rtol=1e-2, atol=1e-3)])
def test_multiplicative_noise_is_in_the_sense_of_ito(method):
    paths, growth, noise = 20_000, 0.2, 0.5
    system = Diffusion(lambda t, x: growth * x, lambda t, x: noise * x)
    run = evolve(system, jnp.ones(paths), [0.0, 1.0], observe={"mean": jnp.mean}, method=method, key=jax.random.key(4))
    spread = np.exp(growth) * np.sqrt(np.expm1(noise**2) / paths)
    assert float(run["mean"][-1]) == pytest.approx(np.exp(growth), abs=5 * spread)
    assert (
        abs(float(run["mean"][-1]) - np.exp(growth + noise**2 / 2)) > 5 * spread
    )  # what Stratonovich's sense would give


def test_a_map_is_a_loop():
    step = Map(lambda t, x, key: 0.9 * x + 0.1 * jnp.sin(t))
    run = evolve(step, jnp.array(1.0), [0, 3, 10, 11], observe=IDENTITY)
    x, expected = 1.0, {0: 1.0}
    for t in range(11):
        x = 0.9 * x + 0.1 * np.sin(t)
        expected[t + 1] = x
    np.testing.assert_allclose(run.x, [expected[t] for t in (0, 3, 10, 11)], rtol=1e-13)


def test_what_is_saved_does_not_change_the_run():
    noisy = Map(lambda t, x, key: 0.5 * x + jax.random.normal(key, x.shape))
    sparse = evolve(noisy, jnp.zeros(3), [0, 100], observe=IDENTITY, key=jax.random.key(1))
    dense = evolve(noisy, jnp.zeros(3), np.arange(101), observe=IDENTITY, key=jax.random.key(1))
    other = evolve(noisy, jnp.zeros(3), [0, 100], observe=IDENTITY, key=jax.random.key(2))
    np.testing.assert_array_equal(sparse.x[-1], dense.x[-1])
    assert not np.array_equal(sparse.x[-1], other.x[-1])


def test_memory_of_a_long_run_is_that_of_what_is_kept():
    system = Map(lambda t, x, key: x + 1e-6)
    observables = (Observable("x", lambda x: x),)
    ts = jnp.asarray(np.linspace(0, 1_000_000, 400).astype(int))
    run = eqx.filter_jit(lambda x0, ts: trajectory(system, x0, ts, observables, jax.random.key(0), None, ()))
    analysis = run.lower(jnp.zeros(()), ts).compile().compiled.memory_analysis()
    # 400 numbers of eight bytes for the times and the values, a few scalars, and the copies that the loop makes of both
    assert analysis.temp_size_in_bytes + analysis.output_size_in_bytes < 10 * 400 * 8
    assert float(run(jnp.zeros(()), ts).values[0][-1]) == pytest.approx(1.0, rel=1e-6)


def test_divergence_of_a_map_is_recorded():
    run = evolve(
        Map(lambda t, x, key: x * x),
        jnp.array(3.0),
        [0, 1, 5, 50, 60],
        observe={"x": lambda x: x, "big": lambda x: x > 2},
    )
    assert run.attrs["stop_reason"] == "diverged"
    assert run.attrs["stop_time"] == 50
    assert np.isfinite(run.x[:3]).all()
    assert np.isnan(run.x[3:]).all()
    assert np.isnan(run.big[3:]).all()


def test_divergence_of_a_flow_is_recorded_at_its_time():
    run = evolve(Flow(lambda t, x: x**2), jnp.array(1.0), [0.0, 0.5, 2.0], observe=IDENTITY)
    assert run.attrs["stop_reason"] == "diverged"
    assert run.attrs["stop_time"] == pytest.approx(1.0, rel=1e-6)  # x = 1 / (1 - t)
    assert float(run.x[1]) == pytest.approx(2.0, rel=1e-6)
    assert np.isnan(run.x[2])


@pytest.mark.parametrize(
    ("event", "reason", "time"),
    [
        (below("loss", lambda x: x, 1e-2), "loss below 0.01", np.log(100)),
        (at_rest(1e-2), "speed below 0.01", np.log(100)),
        (after(3.0), "time 3", 3.0),
        (below("loss", lambda x: x, -1.0), "end", 20.0),
    ],
)
def test_events_end_a_flow(event, reason, time):
    run = evolve(DECAY, jnp.array(1.0), np.linspace(0, 20, 21), observe=IDENTITY, stop=(event,))
    assert run.attrs["stop_reason"] == reason
    # the event is seen at the end of an accepted step
    assert time - 1e-9 <= run.attrs["stop_time"] <= time + 3
    assert np.isnan(run.x.where(run.time > run.attrs["stop_time"], drop=True)).all()
    assert np.isfinite(run.x.where(run.time <= run.attrs["stop_time"], drop=True)).all()


def test_events_end_a_map_at_their_step():
    halve = Map(lambda t, x, key: x / 2)
    run = evolve(
        halve, jnp.array(1.0), [0, 4, 8, 20], observe=IDENTITY, stop=(below("x", lambda x: x, 0.01), beyond(1e3))
    )
    assert (run.attrs["stop_reason"], run.attrs["stop_time"]) == ("x below 0.01", 7.0)
    assert np.isnan(run.x[2:]).all()
    grow = Map(lambda t, x, key: x * 2)
    run = evolve(grow, jnp.array(1.0), [0, 4, 20], observe=IDENTITY, stop=(beyond(1e3),))
    assert (run.attrs["stop_reason"], run.attrs["stop_time"]) == ("diverged", 10.0)


def test_states_may_hold_what_does_not_move():
    model = eqx.nn.MLP(2, 1, 4, 1, activation=jnp.tanh, key=jax.random.key(0))

    def loss(model):
        return jnp.sum(model(jnp.ones(2)) ** 2)

    flow = Flow(lambda t, m: jax.tree.map(jnp.negative, eqx.filter_grad(loss)(m)))
    run = evolve(flow, model, [0.0, 5.0], observe={"loss": loss})
    assert run.loss[-1] < 0.1 * run.loss[0]


def test_labels_units_and_coordinates():
    observable = Observable(
        "pair", lambda x: jnp.stack([x, 2 * x]), dims=("which",), coords={"which": ["one", "two"]}, unit="m"
    )
    run = evolve(DECAY, jnp.array(1.0), [0.0, 1.0], observe=[observable])
    assert run.pair.dims == ("time", "which")
    assert run.pair.attrs["units"] == "m"
    np.testing.assert_allclose(run.pair.sel(which="two"), 2 * run.pair.sel(which="one"))


def test_another_solver_agrees():
    mine = evolve(LOGISTIC, 0.1, [0.0, 3.0], observe=IDENTITY)
    stiff = evolve(LOGISTIC, 0.1, [0.0, 3.0], observe=IDENTITY, method=Adaptive(solver=diffrax.Kvaerno5()))
    np.testing.assert_allclose(mine.x, stiff.x, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: evolve(DECAY, 1.0, [1.0, 0.5], observe=IDENTITY), "increasing"),
        (lambda: evolve(DECAY, 1.0, [0.0, np.nan], observe=IDENTITY), "finite"),
        (lambda: evolve(DECAY, 1.0, [0.0], observe=IDENTITY), "at least two times"),
        (lambda: evolve(DECAY, 1.0, [0.0, 1.0], observe={}), "Nothing is observed"),
        (lambda: evolve(DECAY, 1.0, [0.0, 1.0], observe=[Observable("x", abs)] * 2), "different names"),
        (lambda: evolve(DECAY, 1.0, [0.0, 1.0], observe=[Observable("x", abs, dims=("a",))]), "names 1 axes"),
        (
            lambda: evolve(DECAY, 1.0, [0.0, 1.0], observe=IDENTITY, method=EulerMaruyama(0.1)),
            "A Flow cannot be stepped",
        ),
        (lambda: evolve(Map(lambda t, x, k: x), 1.0, [0, 1], observe=IDENTITY, method=Euler(0.1)), "A Map cannot be"),
        (lambda: evolve(DECAY, 1.0, [0.0, 0.25], observe=IDENTITY, method=Euler(0.1)), "multiple of the step"),
        (lambda: evolve(Map(lambda t, x, k: x), 1.0, [0, 1.5], observe=IDENTITY), "whole numbers"),
        (lambda: evolve(Map(lambda t, x, k: x[None]), 1.0, [0, 1], observe=IDENTITY), "changes the state"),
        (lambda: evolve(Map(lambda t, x, k: (x, x)), 1.0, [0, 1], observe=IDENTITY), "another structure"),
        (lambda: Euler(-1.0), "must be a float in the range (0, inf)"),
        (lambda: Adaptive(rtol=2.0), "must be a float in the range (0, 1)"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, words):
    with pytest.raises(SeparatrixError, match=words.replace("(", r"\(").replace(")", r"\)")) as error:
        call()
    assert "\n" not in str(error.value)


@settings(max_examples=10, deadline=None)
@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=3), elements=NORMAL))
def test_any_shape_of_state(x0):
    run = evolve(Map(lambda t, x, key: x / 2), x0, [0, 1, 2], observe=IDENTITY)
    assert run.x.shape == (3, *x0.shape)
    np.testing.assert_array_equal(run.x[2], x0 / 4)
