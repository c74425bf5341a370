import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from separatrix.errors import SeparatrixError
from separatrix.models import load_checkpoint, minibatch, save_checkpoint, train, train_steps, training

DATA = (jnp.linspace(-1.0, 1.0, 32), 3.0 * jnp.linspace(-1.0, 1.0, 32) + 0.5)
START = {"slope": jnp.zeros(()), "offset": jnp.zeros(())}


def loss(model, data, key):
    x, y = minibatch(data, key, 16)
    return jnp.mean((model["slope"] * x + model["offset"] - y) ** 2)


def test_training_finds_the_line_that_made_the_data():
    found = train(START, loss, DATA, optax.adam(0.1), steps=400, key=jax.random.key(0))
    assert found.stopped == "steps"
    assert found.losses.shape == (400,)
    np.testing.assert_allclose(found.model["slope"], 3.0, atol=1e-3)


def test_an_interrupted_training_resumes_to_the_same_bits(tmp_path, monkeypatch):
    options = {"steps": 60, "key": jax.random.key(1), "block": 20}
    whole = train(START, loss, DATA, optax.adam(0.1), **options)
    path, kept = tmp_path / "line.safetensors", []

    def killed_after_two(*arguments):
        save_checkpoint(*arguments)
        kept.append(path)
        if len(kept) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "save_checkpoint", killed_after_two)
    with pytest.raises(KeyboardInterrupt):
        train(START, loss, DATA, optax.adam(0.1), checkpoint=path, **options)
    resumed = train(START, loss, DATA, optax.adam(0.1), checkpoint=path, **options)
    assert len(kept) == 3
    np.testing.assert_array_equal(resumed.losses, whole.losses)
    np.testing.assert_array_equal(resumed.model["slope"], whole.model["slope"])


def test_patience_returns_the_best_model_not_the_last():
    validations = lambda model: jnp.abs(model["slope"] - 1.0)  # noqa: E731
    found = train(
        START, loss, DATA, optax.adam(0.05), steps=400, key=jax.random.key(0), validate=validations, patience=3, block=5
    )
    assert found.stopped == "patience"
    assert len(found.losses) < 400
    assert float(validations(found.model)) == found.validation.min()


def test_divergence_is_recorded_not_raised():
    found = train(START, loss, DATA, optax.sgd(1e30), steps=400, key=jax.random.key(0), block=10)
    assert found.stopped == "diverged"
    assert not np.isfinite(found.losses[-1])


def test_many_seeds_are_one_program():
    keys = jax.vmap(lambda key: jax.random.split(key, 30))(jax.random.split(jax.random.key(0), 3))
    _, _, losses = jax.vmap(lambda one: train_steps(START, loss, DATA, optax.adam(0.1), one))(keys)
    alone = train_steps(START, loss, DATA, optax.adam(0.1), keys[1])[2]
    np.testing.assert_allclose(losses[1], alone, rtol=1e-12)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, START, {"steps": 3})
    assert load_checkpoint(path, START)[1] == {"steps": 3}
    with pytest.raises(SeparatrixError, match="another model"):
        load_checkpoint(path, {"slope": jnp.zeros(2), "offset": jnp.zeros(())})
    path.write_bytes(b"not weights")
    with pytest.raises(SeparatrixError, match="Cannot read"):
        load_checkpoint(path, START)
