"""The machinery of the study: measures on curves that are known, forms that give the error of any noise."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from separatrix.studies.double_descent import STUDY, measures
from separatrix.studies.double_descent.linear import modulation

TINY = dataclasses.replace(
    STUDY.config.preset("smoke"), seeds=1, examples=12, inputs=8, fast=4, conditions=(5.0,), times=4, teachers=1
)


@pytest.fixture(scope="module")
def tiny():
    return xr.DataTree.from_dict({"descent": STUDY.experiments["descent"](TINY)})


def test_forms_give_the_error_of_a_run_by_its_definition(tiny):
    # the same draws, and real steps
    keys = jax.random.split(jax.random.split(jax.random.key(TINY.seed), 1)[0], 3)
    latent = np.asarray(jax.random.normal(keys[0], (12, 8))) / 8**0.5
    teacher = np.asarray(jax.random.normal(keys[1], (1, 8)))[0]
    teacher = teacher * (8 / np.sum(teacher**2)) ** 0.5
    noise = np.asarray(jax.random.normal(keys[2], (1, 12)))[0]
    sizes = np.asarray(modulation(8, 4, jnp.asarray(5.0)))
    x, y, weights = latent * sizes, latent @ teacher + 0.7 * noise, np.zeros(8)
    rate = 1 / np.linalg.eigvalsh(x.T @ x)[-1]
    found = measures.simulated(tiny, "descent", 5.0, 0.7).isel(seed=0)
    for step in range(1, 64):
        weights -= rate * x.T @ (x @ weights - y)
        if step in (1, 5, 63):
            np.testing.assert_allclose(found.sel(time=step), np.mean((teacher - sizes * weights) ** 2) / 2, rtol=1e-9)


def test_error_is_what_alignment_and_norm_make_it(tiny):
    run = tiny["descent"].to_dataset().sel(condition=5.0)
    np.testing.assert_allclose(
        measures.simulated(tiny, "descent", 5.0), (1 - 2 * run.alignment + run.norm) / 2, atol=1e-12
    )


def test_measures_of_a_curve_that_is_known():
    curve = xr.DataArray([4.0, 1.0, 3.0, 2.0, 0.5], dims="time", coords={"time": [1.0, 10.0, 100.0, 1e3, 1e4]})
    assert float(measures.bump(curve)) == 2.0
    assert measures.first_valley(curve) == (10.0, 100.0)
    assert float(measures.half_time(curve, 2.5)) == pytest.approx(1e3 * 10**0.5)
    assert np.isnan(measures.first_valley(curve.isel(time=[0, 1, 4]))[0])
    assert np.isnan(float(measures.half_time(curve + 9, 2.5)))
