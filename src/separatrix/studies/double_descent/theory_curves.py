"""What theory says of the paper's setting: exact descent and flow, coupled ridge regression, the paper's formulas."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.studies.double_descent.config import Config
from separatrix.studies.double_descent.linear import observed_steps
from separatrix.theory.descent_equivalent import descent_order_parameters, largest_eigenvalue
from separatrix.theory.double_descent import decoupled_order_parameters
from separatrix.theory.ridge_equivalent import FeatureScales, OrderParameters, ridge_order_parameters, two_scales

NAMES = ("alignment", "norm", "error")
BETWEEN = 16


def theory_curves(config: Config) -> xr.Dataset:
    """Every theory on the grid of the runs.

    Args:
        config: sizes.

    Returns:
        ``descent``, ``flow``, ``ridge``, ``decoupled`` and ``doubled`` (order, condition, time), without noise, order
        being R, Q and the error; ``noise`` (condition, time): error of descent that noise of variance 1 adds; ``weak``:
        error of descent if F shrank by the root of kappa. Conditions are those of the runs and some between.
    """
    steps = observed_steps(config)
    moments = jnp.asarray(steps)
    conditions = np.union1d(config.conditions, np.geomspace(1.0, 1000.0, BETWEEN).round(3))

    def curves(condition: Array) -> tuple[Array, ...]:
        model, weak = (two_scales(config.inputs, config.fast, k, config.examples) for k in (condition, condition**0.5))
        edge = largest_eigenvalue(model)

        def stepped(shown: FeatureScales, variance: Array) -> OrderParameters:
            return descent_order_parameters(shown, moments, variance, rate=1 / largest_eigenvalue(shown))

        three = jax.tree.map(lambda *leaves: jnp.stack(leaves), model, model, weak)
        stacked = jnp.stack(jax.vmap(stepped)(three, jnp.array([0.0, 1.0, 0.0])))
        clean, noisy, wrong = (OrderParameters(*stacked[:, index]) for index in range(3))
        found = (
            clean,
            descent_order_parameters(model, moments / edge),
            ridge_order_parameters(model, 2 / moments),
            decoupled_order_parameters(model, 2 / moments),
            decoupled_order_parameters(model, 2 / moments, doubled=True),
        )
        return (*(jnp.stack(order) for order in found), noisy.error - clean.error, wrong.error)

    *found, noise, weak = jax.jit(jax.vmap(curves))(jnp.asarray(conditions))
    variables = {
        name: (("condition", "order", "time"), np.asarray(values))
        for name, values in zip(("descent", "flow", "ridge", "decoupled", "doubled"), found, strict=True)
    }
    return xr.Dataset(
        {
            **variables,
            "noise": (("condition", "time"), np.asarray(noise)),
            "weak": (("condition", "time"), np.asarray(weak)),
        },
        coords={"condition": conditions, "order": list(NAMES), "time": steps},
    )
