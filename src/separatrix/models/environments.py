"""One model for several environments: a part that all share and a part that each has of its own."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree


class SharedAndOwn(eqx.Module):
    """Prediction = shared(x) + own_e(x) in environment e, the own part kept as small as the data allow.

    Attributes:
        shared: a model of columns, (n, batch) -> (m, batch).
        own: the same kind of model for each environment, its arrays stacked along a first axis.

    Source:
        Yin et al. (2021), LEADS.
    """

    shared: PyTree
    own: PyTree

    def __call__(
        self, x: Float[Array, "n environments batch"]
    ) -> tuple[Float[Array, "m environments batch"], Float[Array, "m environments batch"]]:
        """Predict in every environment.

        Args:
            x: inputs, as many of each environment.

        Returns:
            The predictions, and the part of them that is the environment's own.
        """
        together = jax.vmap(self.shared, in_axes=1, out_axes=1)(x)
        own = eqx.filter_vmap(lambda model, part: model(part), in_axes=(eqx.if_array(0), 1), out_axes=1)(self.own, x)
        return together + own, own


def environment_loss(
    model: SharedAndOwn,
    past: Float[Array, "n environments batch"],
    future: Float[Array, "m environments batch"],
    penalty: float,
) -> Float[Array, ""]:
    """Mean squared error and the mean square of the environments' own parts, so that what can be shared is.

    Args:
        model: shared and own parts.
        past: inputs.
        future: what followed.
        penalty: weight of the own parts.

    Returns:
        The loss.

    Source:
        Yin et al. (2021), equation 4, with the mean square as the norm.
    """
    predicted, own = model(past)
    rows = future.shape[0]
    return jnp.mean((predicted[:rows] - future) ** 2) + penalty * jnp.mean(own[:rows] ** 2)
