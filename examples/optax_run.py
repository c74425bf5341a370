"""An optax run: two-layer network on digits, stochastic descent with momentum and a schedule."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits

from separatrix.probes import Recorder, diagnose


def apply(params: dict, x: jax.Array) -> jax.Array:
    """Logits."""
    return jax.nn.relu(x @ params["layer1"]) @ params["layer2"]


def loss(params: dict, batch: tuple[jax.Array, jax.Array]) -> jax.Array:
    """Cross entropy."""
    return optax.softmax_cross_entropy_with_integer_labels(apply(params, batch[0]), batch[1]).mean()


def main(out: str = "runs/optax", steps: int = 4000) -> None:
    """Train, record, ask."""
    images, labels = load_digits(return_X_y=True)
    x, y = jnp.asarray(images / 16, jnp.float32), jnp.asarray(labels)
    keys = jax.random.split(jax.random.key(0), 2)
    params = {"layer1": jax.random.normal(keys[0], (64, 40)) / 8, "layer2": jax.random.normal(keys[1], (40, 10)) / 8}
    optimizer = optax.sgd(optax.cosine_decay_schedule(0.1, steps), momentum=0.9)
    state = optimizer.init(params)

    @jax.jit
    def step(params, state, batch):
        value, slopes = jax.value_and_grad(loss)(params, batch)
        updates, state = optimizer.update(slopes, state, params)
        return optax.apply_updates(params, updates), state, value

    rng = np.random.default_rng(0)
    recorder = Recorder(
        params, loss=loss, data=(x, y), optimizer=optimizer, out=out, apply=apply, batch_size=32, overwrite=True
    )
    with recorder:
        for _ in range(steps):
            few = rng.integers(0, len(x), 32)
            params, state, value = step(params, state, (x[few], y[few]))
            recorder.step(value, params, state)
    for answer in diagnose(out):
        print(f"\n{answer.question}\n  {answer.answer}", *answer.evidence, answer.calibration, sep="\n    ")


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:]))
