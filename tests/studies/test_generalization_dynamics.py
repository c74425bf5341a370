"""The machinery of the study: splines on known curves, and exact propagation against real steps on the same draws."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from separatrix.studies.generalization_dynamics import STUDY, measures
from separatrix.studies.generalization_dynamics.config import Config
from separatrix.studies.generalization_dynamics.draws import normals
from separatrix.studies.generalization_dynamics.modes import modes

TIMES = np.concatenate([[0.0], np.geomspace(0.05, 1e3, 60)])


@pytest.fixture(scope="module")
def valleys() -> xr.DataArray:
    """Curves with their lowest points at times 2 and 30, the third not measured."""
    logs = np.log(np.maximum(TIMES, 1e-9))
    values = np.stack([1 + (logs - np.log(when)) ** 2 for when in (2.0, 30.0)] + [np.full(len(TIMES), np.nan)])
    return xr.DataArray(values, dims=("case", "time"), coords={"time": TIMES})


def test_lowest_times_are_those_built_in(valleys):
    found = measures.lowest_time(valleys)
    np.testing.assert_allclose(found[:2], [2.0, 30.0], rtol=3e-3)  # the fine grid's step
    assert np.isnan(found[2])


def test_values_between_times_are_those_of_the_curve(valleys):
    np.testing.assert_allclose(measures.at_time(valleys, 7.0)[:2], [1 + np.log(3.5) ** 2, 1 + np.log(7 / 30) ** 2])
    each = measures.at_time(valleys, xr.DataArray([2.0, 30.0, 1.0], dims="case"))
    np.testing.assert_allclose(each[:2], 1.0, rtol=1e-9)
    assert np.isnan(each[2])


@pytest.mark.slow
def test_exact_propagation_agrees_with_steps_on_the_same_draws():
    config = dataclasses.replace(Config(), inputs=8, ratios=(0.5, 2.0), teachers=3, seeds=1, times=20)
    run = modes(config)
    key, _ = jax.random.split(jax.random.fold_in(jax.random.key(config.seed), 0))
    n, most, p, snr, inr = 8, 16, 4, 2.0, 0.5
    inputs, weights, disturbed, begun = normals(key, (n, most), (3, n), (3, most), (3, n))
    x = inputs[:, :p] / n**0.5

    def unit(rows):
        return rows / jnp.sqrt(jnp.mean(rows**2, axis=1))[:, None]

    teacher, noise, start = unit(weights), unit(disturbed[:, :p]) / snr**0.5, unit(begun) * inr**0.5
    y, rate, when = teacher @ x + noise, 1e-3, float(run.time[10])
    student = jax.lax.fori_loop(0, round(when / rate), lambda _, w: w + rate * (y - w @ x) @ x.T, start)
    at = {"seed": 0, "ratio": 0, "time": 10}
    test = float(jnp.mean((teacher - student) ** 2)) + 1 / snr
    train = float(jnp.mean((y - student @ x) ** 2))
    # the steps' own error is of the order of rate times eigenvalue
    assert float(measures.error(run, snr, inr).isel(at)) == pytest.approx(test, rel=5e-3)
    assert float(measures.error(run, snr, inr, which="train").isel(at)) == pytest.approx(train, rel=5e-3)
    assert abs(float(measures.error(run, snr).isel(at)) / test - 1) > 0.01  # without the start


def test_one_draw_gives_arrays_of_the_shapes_asked_for():
    first, second = normals(jax.random.key(0), (40, 50), (3000,))
    assert first.shape == (40, 50)
    assert second.shape == (3000,)
    assert abs(float(jnp.mean(first))) < 0.1  # four standard errors of 2000 draws
    assert abs(float(jnp.corrcoef(first.ravel(), second[:2000])[0, 1])) < 0.1


def test_every_claim_of_the_paper_is_there_with_a_control():
    assert {claim.id[:2] for claim in STUDY.claims} == {f"{n:02d}" for n in range(1, 11)}
    assert all(claim.control is not None for claim in STUDY.claims)
