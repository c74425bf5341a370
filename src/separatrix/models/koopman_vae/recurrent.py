"""Gated recurrent units as scans: the projection of the inputs is one product, both directions share one scan.

Arrays are (time, features, series) here, so that series fill the processor's vector lanes.
"""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from separatrix.models.koopman_vae.draws import Draw


class GRULayer(eqx.Module):
    """One layer of gated recurrent units that reads series forwards, or both ways.

    Gates r, u = sigmoid(W x + U h + b) and candidate n = tanh(W x + b + r (U h + b_n)); then h' = (1 - u) n + u h, the
    rows of W and U in the order r, u, n (Cho et al. 2014, as PyTorch has it; its second bias of r and u is left out).

    Args:
        inputs: features of the series.
        hidden: units h of each direction.
        directions: 1, or 2 for both ways.
        draw: draws the weights, uniform up to hidden^-1/2.
    """

    input_weight: Float[Array, "directions gates inputs"]
    recurrent_weight: Float[Array, "directions gates hidden"]
    bias: Float[Array, "directions gates"]
    candidate_bias: Float[Array, "directions hidden"]

    def __init__(self, inputs: int, hidden: int, directions: int, draw: Draw):
        bound = hidden**-0.5
        self.input_weight = draw((directions, 3 * hidden, inputs), bound)
        self.recurrent_weight = draw((directions, 3 * hidden, hidden), bound)
        self.bias = draw((directions, 3 * hidden), bound)
        self.candidate_bias = draw((directions, hidden), bound)

    @property
    def hidden(self) -> int:
        """Units of each direction."""
        return self.candidate_bias.shape[-1]

    def __call__(self, series: Float[Array, "time inputs series"]) -> Float[Array, "time features series"]:
        """The states at all times, those of both directions beside one another.

        Args:
            series: the inputs.

        Returns:
            (time, directions x hidden, series).
        """
        count = series.shape[2]
        directions = self.bias.shape[0]
        projected = jnp.einsum("dgc,tcb->tdgb", self.input_weight, series) + self.bias[None, :, :, None]
        if directions == 2:
            projected = jnp.stack([projected[:, 0], projected[::-1, 1]], axis=1)
        start = jnp.zeros((directions, self.hidden, count), projected.dtype)

        def step(state: Array, inputs: Array) -> tuple[Array, Array]:
            state = self.advance(state, inputs)
            return state, state

        _, states = jax.lax.scan(step, start, projected)
        if directions == 2:
            return jnp.concatenate([states[:, 0], states[::-1, 1]], axis=1)
        return states[:, 0]

    def advance(
        self, state: Float[Array, "directions hidden series"], projected: Float[Array, "directions gates series"]
    ) -> Float[Array, "directions hidden series"]:
        """One step of time.

        Args:
            state: h.
            projected: W x + b.

        Returns:
            h'.
        """
        recurrent = jnp.einsum("dgh,dhb->dgb", self.recurrent_weight, state)
        gates = 2 * self.hidden
        reset, update = jnp.split(jax.nn.sigmoid(projected[:, :gates] + recurrent[:, :gates]), 2, axis=1)
        inner = recurrent[:, gates:] + self.candidate_bias[:, :, None]
        candidate = jnp.tanh(projected[:, gates:] + reset * inner)
        return candidate + update * (state - candidate)


class Affine(eqx.Module):
    """An affine map of the features.

    Args:
        inputs: features before.
        outputs: features after.
        draw: draws weights and bias, uniform up to inputs^-1/2.
    """

    weight: Float[Array, "outputs inputs"]
    bias: Float[Array, " outputs"]

    def __init__(self, inputs: int, outputs: int, draw: Draw):
        self.weight = draw((outputs, inputs), inputs**-0.5)
        self.bias = draw((outputs,), inputs**-0.5)

    def __call__(self, features: Float[Array, "time inputs series"]) -> Float[Array, "time outputs series"]:
        """Apply it.

        Args:
            features: before.

        Returns:
            After.
        """
        return jnp.einsum("oi,tib->tob", self.weight, features) + self.bias[None, :, None]


def stacked_gru(inputs: int, hidden: int, layers: int, directions: int, draw: Draw) -> tuple[GRULayer, ...]:
    """Layers that read one another's states.

    Args:
        inputs: features that the first one reads.
        hidden: units of each direction of each layer.
        layers: how many.
        directions: 1, or 2 for both ways.
        draw: draws the weights.

    Returns:
        The layers.
    """
    widths = [inputs, *[directions * hidden] * (layers - 1)]
    return tuple(GRULayer(width, hidden, directions, draw) for width in widths)


def read(
    layers: Sequence[GRULayer], series: Float[Array, "time inputs series"]
) -> Float[Array, "time features series"]:
    """The states of the last of stacked layers.

    Args:
        layers: as ``stacked_gru`` makes them.
        series: the inputs.

    Returns:
        (time, directions x hidden, series).
    """
    features = series
    for layer in layers:
        features = layer(features)
    return features


def time_first(series: Float[Array, "series time features"]) -> Float[Array, "time features series"]:
    """From the order of a user's arrays to the order here.

    Args:
        series: (series, time, features).

    Returns:
        (time, features, series).
    """
    return jnp.transpose(series, (1, 2, 0))


def series_first(series: Float[Array, "time features series"]) -> Float[Array, "series time features"]:
    """Back again.

    Args:
        series: (time, features, series).

    Returns:
        (series, time, features).
    """
    return jnp.transpose(series, (2, 0, 1))
