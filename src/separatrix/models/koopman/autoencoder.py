"""An autoencoder whose latents step by one matrix."""

import itertools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, DTypeLike, Float, PRNGKeyArray


class Layers(eqx.Module):
    """A perceptron with tanh units, applied along the last axis of any array.

    Attributes:
        weights: one matrix (in, out) a layer.
        biases: one vector (out,) a layer.
    """

    weights: tuple[Float[Array, "_ _"], ...]
    biases: tuple[Float[Array, " _"], ...]

    def __call__(self, x: Float[Array, "... inputs"]) -> Float[Array, "... outputs"]:
        """The outputs; the last layer is linear.

        Args:
            x: inputs, (..., inputs).

        Returns:
            Outputs, (..., outputs).
        """
        last = len(self.weights) - 1
        # as one matrix, since products with many leading axes are slower
        rows = x.reshape(-1, x.shape[-1])
        for place, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            rows = rows @ weight + bias[None, :]
            rows = rows if place == last else jnp.tanh(rows)
        return rows.reshape(*x.shape[:-1], rows.shape[-1])


def layers(sizes: tuple[int, ...], *, key: PRNGKeyArray, dtype: DTypeLike = jnp.float32) -> Layers:
    """Weights and biases uniform within the inverse root of the inputs' number.

    Args:
        sizes: units of each layer from inputs to outputs.
        key: decides the weights.
        dtype: of the weights.

    Returns:
        The perceptron.
    """
    shapes = [shape for pair in itertools.pairwise(sizes) for shape in (pair, pair[1:])]
    limits = [fan_in**-0.5 for fan_in in sizes[:-1] for _ in range(2)]
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    # all numbers in one draw, as a draw takes longer to compile than to make
    drawn = jnp.split(jax.random.uniform(key, (int(ends[-1]),), dtype, -1.0, 1.0), ends[:-1])
    arrays = [limit * part.reshape(shape) for limit, part, shape in zip(limits, drawn, shapes, strict=True)]
    return Layers(tuple(arrays[::2]), tuple(arrays[1::2]))


class Autoencoder(eqx.Module):
    """Encoder z = f(x) and decoder x = g(z).

    Attributes:
        encoder: f, along the last axis.
        decoder: g, along the last axis.
    """

    encoder: Layers
    decoder: Layers

    def forecast(
        self, x: Float[Array, "... D"], operator: Float[Array, "d d"], steps: int
    ) -> Float[Array, "steps ... D"]:
        """States 1 to ``steps`` steps later: encoded once, stepped by the operator, decoded.

        Args:
            x: states, (..., D).
            operator: C with z_{n+1} = z_n C, (d, d).
            steps: how many.

        Returns:
            The states, (steps, ..., D).
        """

        def step(z: Array, _: None) -> tuple[Array, Array]:
            z = z @ operator
            return z, self.decoder(z)

        return jax.lax.scan(step, self.encoder(x), None, length=steps)[1]


def autoencoder(
    dimension: int, latent: int, hidden: tuple[int, ...], *, key: PRNGKeyArray, dtype: DTypeLike = jnp.float32
) -> Autoencoder:
    """An autoencoder of two mirrored perceptrons.

    Args:
        dimension: D, of the states.
        latent: d, of the latents.
        hidden: units of the encoder's hidden layers; the decoder has them in reverse.
        key: decides the weights.
        dtype: of the weights.

    Returns:
        The autoencoder, untrained.

    >>> model = autoencoder(3, 8, (16,), key=jax.random.key(0))
    >>> model.forecast(jnp.zeros((5, 3)), jnp.eye(8), 4).shape
    (4, 5, 3)
    """
    of_encoder, of_decoder = jax.random.split(key)
    return Autoencoder(
        layers((dimension, *hidden, latent), key=of_encoder, dtype=dtype),
        layers((latent, *reversed(hidden), dimension), key=of_decoder, dtype=dtype),
    )
