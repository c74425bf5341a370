"""What the study's claims rest on: unordered pairs against all ordered ones, and the wrong sign that must be told."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.learning import accuracy, cross_entropy
from separatrix.learning.networks import two_layer
from separatrix.learning.tasks import modular_one_hot
from separatrix.studies.modular_addition.pairs import pairs
from separatrix.studies.modular_addition.wave_runs import signed_flow
from separatrix.theory import wave_flow, waves

P = 7
KEY = jax.random.key(1)


@pytest.fixture(scope="module")
def model():
    return two_layer(jax.random.key(0), P, 5, P, jax.nn.relu)


def test_unordered_pairs_have_the_loss_of_all_ordered_ones(model):
    task = modular_one_hot(KEY, P, test_fraction=0.0, shared=True)
    every = pairs(KEY, P, dtype=float)

    @jax.jit
    def both():
        ours = every.loss(model), every.accuracies(model)["accuracy"]
        return ours, (cross_entropy(model, task.data), accuracy(model, task.data))

    np.testing.assert_allclose(*both(), rtol=1e-12)
    each_once = every.train / every.train
    assert abs(float(jnp.sum(each_once) - P * (P + 1) / 2)) < 1e-9
    assert float(jnp.sum(every.test)) == 0


def test_held_out_pairs_are_the_rest_and_their_mirror_images_are_counted():
    part = pairs(KEY, P, 0.75, dtype=float)
    assert float(jnp.sum(part.train)) == round(0.75 * P * P)
    assert float(jnp.sum(part.train + part.test)) == P * P
    a, b = np.triu_indices(P)
    one_each = np.sum(np.asarray((part.train == 1) & (part.test == 1)))
    assert np.all(np.asarray(part.train + part.test) == np.where(a == b, 1, 2))
    np.testing.assert_allclose(part.mirrored_share(), one_each / float(jnp.sum(part.test)), rtol=1e-12)


def test_the_wrong_sign_turns_the_input_phase_the_other_way():
    state = waves(0.3, 0.2, 0.7, -1.1)
    flows = [signed_flow(P, jnp.array(sign), jnp.array(1.0)) for sign in (False, True)] + [wave_flow(P)]
    right, wrong, plain = jax.jit(lambda: [flow.velocity(0.0, state) for flow in flows])()
    np.testing.assert_allclose(right.incoming, plain.incoming, atol=1e-15)
    np.testing.assert_allclose(right.outgoing, wrong.outgoing, atol=1e-15)
    z, right, wrong = (np.asarray(one.incoming) for one in (state, right, wrong))
    outward = z / np.linalg.norm(z)
    across = np.stack([-outward[1], outward[0]])
    np.testing.assert_allclose(outward @ right, outward @ wrong, rtol=1e-12)
    np.testing.assert_allclose(across @ right, -(across @ wrong), rtol=1e-12)
    assert abs(across @ right) > 1e-3
