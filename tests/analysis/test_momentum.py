"""Thresholds of curvature: each update rule, simulated on a parabola, converges just below and diverges just above."""

import jax
import jax.numpy as jnp
import optax
import pytest

from separatrix.analysis.momentum import adam_threshold, heavy_ball_threshold, nesterov_threshold
from separatrix.errors import SeparatrixError


def _final_size(optimizer: optax.GradientTransformation, curvature: float) -> float:
    def step(carry, _):
        x, state = carry
        update, state = optimizer.update(curvature * x, state, x)
        return (optax.apply_updates(x, update), state), jnp.abs(x)

    start = jnp.asarray(1.0)
    (_, _), sizes = jax.lax.scan(step, (start, optimizer.init(start)), None, length=3000)
    return float(jnp.max(jnp.nan_to_num(sizes[-50:], nan=jnp.inf)))


def _moving_average(rate: float, b1: float, decay: float) -> optax.GradientTransformation:
    """Adam with its preconditioner frozen at 1."""
    return optax.chain(optax.ema(b1, debias=False), optax.add_decayed_weights(decay), optax.scale(-rate))


CASES = {
    "plain": (optax.sgd(0.3), heavy_ball_threshold(0.3)),
    "heavy ball": (optax.sgd(0.3, momentum=0.8), heavy_ball_threshold(0.3, 0.8)),
    "nesterov": (optax.sgd(0.3, momentum=0.8, nesterov=True), nesterov_threshold(0.3, 0.8)),
    "adam": (_moving_average(0.3, 0.9, 0.0), adam_threshold(0.3, 0.9)),
    "adamw": (_moving_average(0.3, 0.9, 0.7), adam_threshold(0.3, 0.9, 0.7)),
}


@pytest.mark.parametrize("name", CASES)
def test_parabola_on_both_sides_of_the_threshold(name):
    optimizer, threshold = CASES[name]
    assert _final_size(optimizer, 0.97 * threshold) < 1e-6
    assert _final_size(optimizer, 1.03 * threshold) > 1e6


def test_plain_rule_is_wrong_with_momentum():
    assert _final_size(optax.sgd(0.3, momentum=0.8), 1.3 * heavy_ball_threshold(0.3)) < 1e-6


@pytest.mark.parametrize(("rate", "momentum"), [(0.0, 0.5), (0.1, 1.0), (0.1, -0.1)])
def test_settings_out_of_range_are_refused(rate, momentum):
    with pytest.raises(SeparatrixError):
        heavy_ball_threshold(rate, momentum)
