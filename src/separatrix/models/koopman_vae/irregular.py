"""The posterior of irregularly sampled series: a controlled differential equation driven by their splines."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from separatrix.models.koopman_vae.draws import Draw
from separatrix.models.koopman_vae.encoder import Encoder
from separatrix.models.koopman_vae.prior import Latents
from separatrix.models.koopman_vae.recurrent import Affine, series_first, time_first
from separatrix.models.koopman_vae.spline import natural_spline


def control_path(
    series: Float[Array, "series time channels"], times: Float[Array, " time"]
) -> Float[Array, "series time path"]:
    """What drives the equation: splines of the channels, of how much of each was observed so far, and of time.

    Args:
        series: the data; NaN where nothing was observed, at least one value a channel of a series.
        times: of the grid, ascending.

    Returns:
        Values (channels, then shares observed so far, then time from 0 to 1), and after them their slopes.
    """
    clock = (times - times[0]) / (times[-1] - times[0])
    observed = ~jnp.isnan(series)
    counted = jnp.cumsum(observed, axis=1) / len(times)
    pace = jnp.broadcast_to(clock[None, :, None], (*series.shape[:2], 1))
    values = jnp.concatenate([series, counted, pace], axis=2)
    known = jnp.concatenate([observed, jnp.ones_like(counted, bool), jnp.ones_like(pace, bool)], axis=2)

    def through(values: Array, known: Array) -> tuple[Array, Array]:
        path = natural_spline(clock, values, known)
        return path.values, path.slopes

    return jnp.concatenate(jax.vmap(jax.vmap(through, 1, 1))(values, known), axis=2)


class ControlledFlow(eqx.Module):
    """dh = f(h) dX along a path X, f a network with one hidden layer of ReLU and a hyperbolic tangent at its end.

    Steps of Heun's method from each time of the grid to the next; the path's slopes are continuous, so its error is of
    second order in the step.

    Args:
        path: channels of the path.
        hidden: size of h, and of the hidden layer.
        draw: draws the weights.
    """

    start: Affine
    inner: Affine
    outer: Affine

    def __init__(self, path: int, hidden: int, draw: Draw):
        self.start = Affine(path, hidden, draw)
        self.inner = Affine(hidden, hidden, draw)
        self.outer = Affine(hidden, hidden * path, draw)

    def field(
        self, state: Float[Array, "1 hidden series"], slopes: Float[Array, "1 path series"]
    ) -> Float[Array, "1 hidden series"]:
        """f(h) dX/dt.

        Args:
            state: h.
            slopes: dX/dt.

        Returns:
            dh/dt.
        """
        matrix = jnp.tanh(self.outer(jax.nn.relu(self.inner(state))))
        _, hidden, series = state.shape
        return jnp.sum(matrix.reshape(1, hidden, -1, series) * slopes[:, None], axis=2)

    def __call__(self, path: Float[Array, "series time both"]) -> Float[Array, "series time hidden"]:
        """The states at all times.

        Args:
            path: values and slopes as ``control_path`` gives them.

        Returns:
            h at every time.
        """
        values, slopes = jnp.split(time_first(path), 2, axis=1)
        steps = jnp.diff(values[:, -1:], axis=0)

        def step(state: Array, inputs: tuple[Array, Array, Array]) -> tuple[Array, Array]:
            length, here, there = (part[None] for part in inputs)
            first = self.field(state, here)
            second = self.field(state + length * first, there)
            state = state + 0.5 * length * (first + second)
            return state, state[0]

        begin = self.start(values[:1])
        _, later = jax.lax.scan(step, begin, (steps, slopes[:-1], slopes[1:]))
        return series_first(jnp.concatenate([begin, later]))


class IrregularEncoder(eqx.Module):
    """A controlled differential equation, and an encoder of one layer that reads its states.

    Args:
        path: channels of the path: twice those of the series and one.
        conditions: known numbers of a series.
        latent: dimension k.
        hidden: units h.
        draw: draws the weights.
    """

    flow: ControlledFlow
    encoder: Encoder

    def __init__(self, path: int, conditions: int, latent: int, hidden: int, draw: Draw):
        self.flow = ControlledFlow(path, hidden, draw)
        self.encoder = Encoder(hidden + conditions, latent, hidden, 1, draw)

    def _embedded(self, inputs: Array) -> Array:
        path = 2 * self.flow.start.weight.shape[1]
        return jnp.concatenate([self.flow(inputs[..., :path]), inputs[..., path:]], axis=2)

    def __call__(
        self,
        inputs: Float[Array, "series time inputs"],
        noise: Float[Array, "series time k"],
        *,
        training: bool = False,
    ) -> Latents:
        """The posterior, and states drawn from it.

        Args:
            inputs: the path of ``control_path``, and conditions after it.
            noise: independent standard normal numbers, of which the states are made.
            training: whether to normalise by the batch's own statistics.

        Returns:
            States and their laws.
        """
        return self.encoder(self._embedded(inputs), noise, training=training)

    def settled(self, inputs: Float[Array, "series time inputs"]) -> "IrregularEncoder":
        """With the statistics of normalisation of a whole data set, for use after training.

        Args:
            inputs: of the data set.

        Returns:
            The encoder.
        """
        return eqx.tree_at(lambda whole: whole.encoder, self, self.encoder.settled(self._embedded(inputs)))
