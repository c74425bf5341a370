"""Linear regression to be done in context: each example brings its own weights (Zhang, Saxe & Latham 2025)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.learning.tasks.task import Task


def in_context_regression(
    key: PRNGKeyArray,
    examples: int,
    context: int,
    variances: Float[Array, " d"],
    *,
    noise: float | Float[Array, ""] = 0.0,
) -> Task:
    """Sequences of N inputs with their targets and a query, each sequence with weights of its own.

    x_n and x_query ~ N(0, diag(variances)), y = w . x, w ~ N(0, I).

    Args:
        key: draws weights, inputs and noise.
        examples: number of sequences.
        context: N, pairs in a sequence.
        variances: of the d independent inputs, squared units of x.
        noise: standard deviation of Gaussian noise on the targets in context, in units of y.

    Returns:
        The task: x of shape (n, N + 1, d + 1), each token an input with its target last and the query last with target
        0; y of shape (n, 1), the query's target.
    """
    drawn, weighed, disturbed = jax.random.split(key, 3)
    d = variances.shape[0]
    inputs = jax.random.normal(drawn, (examples, context + 1, d)) * jnp.sqrt(variances)[None, None, :]
    targets = jnp.einsum("ntd,nd->nt", inputs, jax.random.normal(weighed, (examples, d)))
    shown = targets[:, :-1] + noise * jax.random.normal(disturbed, (examples, context))
    last = jnp.concatenate([shown, jnp.zeros((examples, 1))], axis=1)
    return Task(jnp.concatenate([inputs, last[:, :, None]], axis=2), targets[:, -1:], "in-context-regression")
