"""Linear self-attention with a scalar output, for in-context regression."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.learning.networks.initialisers import Initialiser, scaled_gaussian


class LinearAttention(eqx.Module):
    """f = sum_i v_i (k_i . beta)(q_i . x_query), beta = (1/N) sum_n y_n x_n (Zhang, Saxe & Latham 2025).

    Key and query of each head are separate and the value is a number, so that a head is a unit of rank one: the output
    is cubic in the tokens and of degree three in the parameters.

    Attributes:
        v: value weight of each head, shape (heads,).
        k: key of each head, shape (heads, d).
        q: query of each head, shape (heads, d).
    """

    v: Float[Array, " heads"]
    k: Float[Array, "heads d"]
    q: Float[Array, "heads d"]

    def __call__(self, x: Float[Array, "tokens features"]) -> Float[Array, " one"]:
        """The prediction for the query token.

        Args:
            x: tokens (N + 1, d + 1), each an input with its target in the last column; the last token is the query,
                whose target is not looked at.

        Returns:
            The prediction, shape (1,).
        """
        context, query = x[:-1], x[-1, :-1]
        beta = context[:, -1] @ context[:, :-1] / context.shape[0]
        return jnp.sum(self.v * (self.k @ beta) * (self.q @ query), keepdims=True)


def linear_attention(
    key: PRNGKeyArray, dimension: int, heads: int, initialiser: Initialiser | None = None
) -> LinearAttention:
    """Linear attention with random weights.

    Args:
        key: draws the weights.
        dimension: d, of the inputs that are regressed on.
        heads: number of heads.
        initialiser: called with the shapes (1, heads), (heads, d) and (heads, d); entries N(0, 1 / fan-in) when left
            out.

    Returns:
        The network.
    """
    draw = scaled_gaussian() if initialiser is None else initialiser
    value, keys, query = jax.random.split(key, 3)
    return LinearAttention(draw(value, (1, heads))[0], draw(keys, (heads, dimension)), draw(query, (heads, dimension)))
