"""Training by Levenberg and Marquardt's method, for networks of few parameters."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import optimistix
from jaxtyping import Array, Float, PyTree


def levenberg_marquardt(
    model: PyTree,
    residuals: Callable[[PyTree, PyTree], Float[Array, "*shape"]],
    data: PyTree,
    *,
    steps: int = 20,
    tolerance: float = 1e-6,
) -> tuple[PyTree, Float[Array, ""], int]:
    """Minimise the sum of squared residuals over all data at once by damped Gauss-Newton steps.

    A step costs a QR factorisation of (residuals + parameters) x parameters; beyond a thousand parameters take Adam.

    Args:
        model: an equinox module or any PyTree; its inexact arrays are trained.
        residuals: ``residuals(model, data)``.
        data: handed on.
        steps: at most so many.
        tolerance: relative and absolute change at which to stop.

    Returns:
        The model, the mean square of its residuals and the number of steps.

    >>> found, error, _ = levenberg_marquardt(jnp.zeros(()), lambda a, x: jnp.exp(a * x) - x - 1, jnp.array([0.0, 1.0]))
    >>> round(float(found), 3)
    0.693
    """
    parameters, fixed = eqx.partition(model, eqx.is_inexact_array)
    found, error, count = _solve(parameters, fixed, residuals, data, steps, tolerance)
    return eqx.combine(found, fixed), error, int(count)


@eqx.filter_jit
def _solve(
    parameters: PyTree, fixed: PyTree, residuals: Callable, data: PyTree, steps: int, tolerance: float
) -> tuple[PyTree, Array, Array]:
    solution = optimistix.least_squares(
        lambda p, args: residuals(eqx.combine(p, fixed), args),
        optimistix.LevenbergMarquardt(rtol=tolerance, atol=tolerance),
        parameters,
        args=data,
        max_steps=steps,
        throw=False,
    )
    left = residuals(eqx.combine(solution.value, fixed), data)
    return solution.value, jnp.mean(jnp.abs(left) ** 2), jax.lax.stop_gradient(solution.stats["num_steps"])
