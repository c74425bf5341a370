"""Grokking on images of digits, without weight decay, moved by the scale of the output.

Inputs are the leading principal components of scikit-learn's digits, whitened; the target is a quadratic function of
one hidden direction of them. A two-layer network whose output is centred and scaled (Kumar et al. 2023) is trained on
130 images by plain gradient descent, and tested on all others. All scales and seeds are one compiled program.

    python examples/grokking_digits.py
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits

from separatrix import ensemble
from separatrix.dynamics import Setup
from separatrix.learning import Centred, centred, descent, half_mean_squared, networks, on
from separatrix.learning.networks import activations
from separatrix.learning.tasks import half_square

COMPONENTS, IMAGES, UNITS, CURVATURE = 20, 130, 80, 0.25
SCALES, SEEDS, STEPS, RATE = (0.5, 2.0, 8.0), 5, 6000, 0.25
LEARNED = 0.1


def inputs():
    """Whitened principal components of all images, divided by the root of their number."""
    pixels = load_digits().data  # pyright: ignore[reportAttributeAccessIssue]
    left, _, _ = np.linalg.svd(pixels - pixels.mean(axis=0), full_matrices=False)
    return jnp.asarray(left[:, :COMPONENTS] * (len(pixels) / COMPONENTS) ** 0.5)


def build(key, scale):
    """A run: images in random order, a random direction, a network, and full-batch descent."""
    of_order, of_direction, of_network = jax.random.split(key, 3)
    x = jax.random.permutation(of_order, inputs())
    direction = jax.random.normal(of_direction, (COMPONENTS,))
    y = half_square(x @ direction * COMPONENTS**0.5 / jnp.linalg.norm(direction))[:, None]
    train, test = (x[:IMAGES], y[:IMAGES]), (x[IMAGES:], y[IMAGES:])
    start = networks.committee(of_network, COMPONENTS, UNITS, activations.linear_quadratic(CURVATURE))
    loss = centred(on(half_mean_squared, train), start, scale)
    rule = descent(loss, optax.sgd(2 * RATE * UNITS / scale**2))
    observe = {
        "train": lambda learner: loss(learner.model),
        "test": lambda learner: half_mean_squared(Centred(learner.model, start, scale), test),
    }
    return Setup(rule, rule.initial(start), observe)


def first(losses, steps):
    """First step at which losses are below a tenth of their first value, infinite where they never are."""
    below = losses < LEARNED * losses[:, :1]
    return np.where(below.any(axis=1), steps[np.argmax(below, axis=1)], np.inf)


def main():
    """Train, and print when each scale fits and when it generalises."""
    steps = np.unique(np.concatenate([[0], np.geomspace(1, STEPS, 60).round()]).astype(int))
    run = ensemble(build, steps, seeds=SEEDS, grid={"scale": np.array(SCALES)})
    for scale in SCALES:
        here = run.sel(scale=scale)
        fitted, general = (np.median(first(here[name].to_numpy(), steps)) for name in ("train", "test"))
        left = float((here["test"][:, -1] / here["test"][:, 0]).median())
        print(
            f"scale {scale:g}: training loss down to a tenth at step {fitted:g}, test loss at step {general:g} "
            f"(in the end {left:.2g} of it are left)"
        )


if __name__ == "__main__":
    main()
