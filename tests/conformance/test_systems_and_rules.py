import jax
import jax.numpy as jnp
import numpy as np
import pytest

from conformance.cases import MAKE_RULES, SYSTEMS
from separatrix.dynamics import Adaptive, Observable, Setup, ensemble, evolve

TIMES = [0, 1, 2]


def run(case, x0, seed=0, function=lambda x: x):
    return evolve(
        case.system, x0, TIMES, observe=[Observable("x", function)], method=case.method, key=jax.random.key(seed)
    )


@pytest.fixture(params=SYSTEMS, ids=lambda case: case.name)
def case(request):
    return request.param


def test_a_system_is_compiled_once(case):
    traced = []
    observable = [Observable("x", lambda x: (traced.append(1), x)[1])]
    for factor in (1.0, 0.5):
        evolve(case.system, factor * case.x0(), TIMES, observe=observable, method=case.method, key=jax.random.key(1))
        if factor == 1.0:
            once = len(traced)
    assert len(traced) == once


def test_the_same_key_gives_the_same_bits_and_another_does_not(case):
    first, second, other = run(case, case.x0(), 0), run(case, case.x0(), 0), run(case, case.x0(), 1)
    np.testing.assert_array_equal(first.x, second.x)
    assert np.array_equal(first.x, other.x) is not case.random


def test_vectorised_equals_a_loop(case):
    def build(key, factor):
        return Setup(case.system, factor * case.x0(), {"x": lambda x: x})

    factors = np.array([0.5, 1.0])
    together = ensemble(build, TIMES, seeds=[4], grid={"factor": factors}, method=case.method, key=jax.random.key(9))
    member_key = jax.random.split(jax.random.fold_in(jax.random.key(9), 4))[1]
    for index, factor in enumerate(factors):
        alone = evolve(
            case.system, factor * case.x0(), TIMES, observe={"x": lambda x: x}, method=case.method, key=member_key
        )
        # another program: the same up to rounding, which for adaptive steps along a noisy path grows to their tolerance
        loose = case.random and isinstance(case.method, Adaptive)
        np.testing.assert_allclose(together.x[0, index], alone.x, rtol=1e-9, atol=1e-2 if loose else 1e-12)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_dtype_is_kept(case, dtype):
    result = run(case, case.x0(dtype))
    assert result.x.dtype == dtype
    assert np.isfinite(result.x).all()


@pytest.fixture(params=MAKE_RULES, ids=str)
def rule(request):
    return MAKE_RULES[request.param]()


def test_a_rule_reaches_the_minimum_of_a_parabola(rule):
    start = rule.initial(jnp.array([3.0, -1.0]))
    result = evolve(rule, start, [0, 400], observe={"model": lambda learner: learner.model})
    np.testing.assert_allclose(result.model[-1], 1.0, atol=1e-3)  # Adam hovers at a tenth of its rate before it settles
    assert abs(result.model[0] - 1).max() > 1


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_a_rule_keeps_dtypes(rule, dtype):
    learner = rule.initial(jnp.ones(2, dtype))
    after = rule.step(jnp.asarray(0), learner, jax.random.key(0))
    assert jax.tree.map(jnp.result_type, after) == jax.tree.map(jnp.result_type, learner)


def test_a_rule_vectorised_equals_a_loop(rule):
    models = jnp.array([[3.0, -1.0], [0.0, 2.0]])
    keys = jax.random.split(jax.random.key(2), 2)

    def step(model, key):
        return rule.step(jnp.asarray(0), rule.initial(model), key).model

    together = jax.vmap(step)(models, keys)
    for index in range(2):
        np.testing.assert_allclose(together[index], step(models[index], keys[index]), rtol=1e-12)
