"""The study on feature emergence: what the conformance suite does not check of it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import xarray as xr

from separatrix.learning import descent
from separatrix.learning.tasks import cyclic, group_one_hot, symmetric
from separatrix.studies.li2_grokking import STUDY
from separatrix.studies.li2_grokking.products import network, products
from separatrix.studies.li2_grokking.reading import crossing, reached
from separatrix.studies.li2_grokking.training import critical_fraction, train


def test_scores_are_those_of_the_network_on_one_hot_inputs():
    table = symmetric(3)
    task, model = products(jax.random.key(0), table, 0.5), network(jax.random.key(1), 6, 8)
    data = group_one_hot(jax.random.key(0), table, test_fraction=0)
    outputs = jax.vmap(model)(data.x.astype(jnp.float32))
    centred = outputs - jnp.mean(outputs, axis=1, keepdims=True)
    np.testing.assert_allclose(task.scores(model).reshape(36, 6), centred, atol=1e-5)
    each = jnp.sum((centred - (data.y - 1 / 6)) ** 2, axis=1)
    assert float(task.loss(model)) == pytest.approx(float(jnp.mean(each[task.train.ravel() > 0])), rel=1e-5)
    assert float(jnp.sum(task.train)) == 18


def test_units_that_are_left_out_stay_out():
    task, model = products(jax.random.key(0), cyclic(5), 0.6), network(jax.random.key(1), 5, 8, 3)
    rule = descent(task.loss, optax.adam(jnp.float32(0.01)))
    moved = rule.step(0, rule.initial(model), None).model
    assert not np.any(np.asarray(moved.u[3:])) and not np.any(np.asarray(moved.v[3:]))
    assert np.all(np.abs(np.asarray(moved.u[:3] - model.u[:3])) > 0)


def test_members_end_at_their_own_epoch_and_keep_their_last_values():
    times = np.array([0, 2, 4])
    run = train(
        cyclic(5),
        8,
        times,
        lambda last: optax.adam(jnp.float32(0.05)),
        {"last": np.array([2.0, 4.0])},
        lambda last: (0.6, last),
        seeds=1,
        stream=0,
        observe=lambda task: (*_weight(),),
    )
    short, long = (run["weight"].isel(seed=0).sel(last=last).to_numpy() for last in (2.0, 4.0))
    np.testing.assert_array_equal(short[:2], long[:2])
    assert short[2] == short[1] != long[2]


def _weight():
    from separatrix.dynamics import Observable

    return (Observable("weight", lambda learner: learner.model.u[0, 0].astype(float)),)


def test_readings():
    curve = xr.DataArray([[0.0, 0.4, 0.9], [0.1, 0.2, 0.3]], dims=("seed", "time"), coords={"time": [1, 2, 3]})
    assert crossing(curve, "time").values[0] == pytest.approx(2.2)
    assert np.isnan(crossing(curve, "time").values[1])
    assert reached(curve, 0.4).values[0] == 2
    assert np.isnan(reached(curve, 0.4).values[1])
    assert critical_fraction(23) == pytest.approx(0.3746, abs=1e-4)


def test_every_claim_has_a_control():
    assert all(claim.control for claim in STUDY.claims)
