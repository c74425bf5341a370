"""What the study reads off known curves, and its counting of multiplications beside a count by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from separatrix.dynamics import Flow, lorenz63
from separatrix.studies.structured_network.exact import deinterleaving, multiplications
from separatrix.studies.structured_network.forecast_claims import first_beyond
from separatrix.studies.structured_network.integration import runge_kutta
from separatrix.studies.structured_network.lorenz import TRUE, linear_fit, linear_map, windows


def test_multiplications_are_those_of_one_more_window():
    matrix = jnp.ones((5, 3))
    assert multiplications(lambda x: matrix @ x, 3) == 15
    assert multiplications(lambda x: jnp.ones(3)[:, None] * x, 3) == 3
    # what is computed once for all windows is not counted
    assert multiplications(lambda x: (matrix * matrix) @ x, 3) == 15
    looped = lambda x: jax.lax.scan(lambda c, _: (2.0 * c, None), x, None, length=4)[0]  # noqa: E731
    assert multiplications(looped, 3) == 12


def test_the_wrong_order_is_a_permutation_and_wrong_from_8_on():
    assert deinterleaving(4) == (0, 2, 1, 3)
    assert sorted(deinterleaving(16)) == list(range(16))
    assert deinterleaving(8) != tuple(int(f"{k:03b}"[::-1], 2) for k in range(8))


def test_forecasts_are_lost_when_their_error_first_passes_the_level():
    errors = xr.DataArray([[0.1, 2.0, 0.1], [0.1, 0.2, 0.3]], dims=("start", "time"), coords={"time": [1.0, 2.0, 3.0]})
    np.testing.assert_array_equal(first_beyond(errors), [2.0, 3.0])


def test_runge_kutta_is_of_fourth_order():
    flow = Flow(lambda t, x: -(x**2))
    errors = []
    for step, every in ((0.1, 5), (0.05, 10)):
        end = runge_kutta(flow, jnp.array([1.0]), step, every, 3)[-1, 0]
        errors.append(abs(end - 1 / 2))
    np.testing.assert_allclose(np.log2(errors[0] / errors[1]), 4.0, atol=0.3)


def test_windows_and_their_linear_fit():
    x = np.cos(0.4 * np.arange(50))[None]
    cut = windows(x, np.array([0, 1, 2]))
    assert cut.shape == (1, 48, 3)
    past, future = cut[:, :, :2], cut[:, :, 2:]
    fit = linear_fit(past, future)
    np.testing.assert_allclose(fit[0, 0], [-1.0, 2 * np.cos(0.4), 0.0], atol=1e-10)
    np.testing.assert_allclose(linear_map(fit, past), future, atol=1e-10)


def test_the_written_coefficients_are_lorenzs():
    x = np.array([1.0, -2.0, 3.0])
    products = np.array([1, 1, -2, 3, 1, -2, 3, 4, -6, 9.0])
    np.testing.assert_allclose(products @ TRUE, lorenz63().velocity(0.0, jnp.asarray(x)))
