"""Named observables inside ``evolve``: dims, coordinates, and the pure functions' values at both ends of a run."""

import jax
import jax.numpy as jnp
import numpy as np

from separatrix import observables
from separatrix.dynamics import Flow, evolve

RANDOM = np.random.default_rng(0)
INPUTS, _ = np.linalg.qr(RANDOM.normal(size=(30, 3)))
INPUTS = INPUTS * np.sqrt(30)
TEACHER = np.diag([2.0, 1.0])[:, :] @ np.eye(2, 3)


def predict(weights, inputs):
    return inputs @ weights["first"].T @ weights["second"].T


def test_observables_along_a_gradient_flow():
    weights = {
        "first": jnp.asarray(0.1 * RANDOM.normal(size=(4, 3))),
        "second": jnp.asarray(0.1 * RANDOM.normal(size=(2, 4))),
    }
    targets = INPUTS @ TEACHER.T

    def loss(state):
        return 0.5 * jnp.mean(jnp.sum((predict(state, INPUTS) - targets) ** 2, axis=1))

    def velocity(_, state):
        return jax.tree.map(jnp.negative, jax.grad(loss)(state))

    result = evolve(
        Flow(velocity),
        weights,
        jnp.linspace(0.0, 12.0, 5),
        observe=[
            observables.observe_mode_strengths(predict, INPUTS, targets),
            observables.observe_singular_values(lambda state: state["second"] @ state["first"], count=2),
            observables.observe_effective_rank(lambda state: state["first"]),
            observables.observe_unit_strengths(lambda state: (state["first"], state["second"])),
            observables.observe_displacement(weights),
            observables.observe_weight_norm(),
            observables.observe_kernel_movement(lambda state, x: predict(state, x[None, :])[0], weights, INPUTS[:5]),
        ],
    )
    assert result["mode_strength"].dims == ("time", "mode")
    np.testing.assert_allclose(result["mode_strength"][-1], [2, 1], atol=1e-3)
    np.testing.assert_allclose(result["singular_value"][-1], [2, 1], atol=1e-3)
    assert result["unit_strength"].sizes["unit"] == 4
    assert float(result["displacement"][0]) == 0
    assert float(result["displacement"][-1]) > 1
    assert float(result["kernel_movement"][0]) < 1e-12
    assert float(result["kernel_movement"][-1]) > 0.01
    np.testing.assert_allclose(result["weight_norm"][0], observables.weight_norm(weights))
    # Two modes are learned by a layer of random start: its rank falls towards two from above.
    assert float(result["effective_rank"][-1]) < float(result["effective_rank"][0])
