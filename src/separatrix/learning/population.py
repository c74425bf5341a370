"""Losses averaged over the whole population in closed form: no sampling noise, plateaus at heights known exactly."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from separatrix.learning.networks import LinearAttention, TwoLayer


class LinearPopulation(eqx.Module):
    """A two-layer linear network's loss 1/2 E|y - W z|^2 with W = sum_i v_i u_i^T, from second moments alone.

    With whitened inputs (``covariance`` the identity) it is 1/2 ||correlation - W||^2 plus what no W explains
    (Zhang, Saxe & Latham 2025).

    Attributes:
        correlation: E[y z^T], shape (c, d).
        covariance: E[z z^T], shape (d, d).
        power: E|y|^2.
    """

    correlation: Float[Array, "c d"]
    covariance: Float[Array, "d d"]
    power: Float[Array, ""]

    @classmethod
    def whitened(cls, correlation: Float[Array, "c d"]) -> "LinearPopulation":
        """The loss for whitened inputs and targets that a linear map explains: 1/2 ||correlation - W||^2.

        Args:
            correlation: E[y z^T], shape (c, d).

        Returns:
            The loss, zero at W = correlation.
        """
        return cls(correlation, jnp.eye(correlation.shape[1]), jnp.sum(correlation**2))

    def __call__(self, model: TwoLayer) -> Float[Array, ""]:
        """The loss of a network, whose activation is taken to be linear.

        Args:
            model: the network.

        Returns:
            A scalar, in squared units of y.
        """
        u, v = model.u, model.v
        if u.shape[0] < min(self.correlation.shape):  # fewer units than inputs: W is never formed
            square = jnp.sum((v @ v.T) * (u @ self.covariance @ u.T))
            return 0.5 * (self.power - 2 * jnp.sum((v @ self.correlation) * u) + square)
        w = v.T @ u
        return 0.5 * (self.power - 2 * jnp.sum(w * self.correlation) + jnp.sum((w @ self.covariance) * w))


class QuadraticPopulation(eqx.Module):
    """A quadratic network's loss 1/2 E(x^T A* x - f)^2 for x ~ N(0, I) and f = sum_i v_i (u_i . x)^2.

    With B = A* - sum_i v_i u_i u_i^T it is ||B||^2 + (tr B)^2 / 2.

    Attributes:
        target: A*, symmetric, shape (d, d).
    """

    target: Float[Array, "d d"]

    def __call__(self, model: TwoLayer) -> Float[Array, ""]:
        """The loss of a network of one output, whose activation is taken to be the square.

        Args:
            model: the network.

        Returns:
            A scalar, in squared units of y.
        """
        missing = self.target - jnp.einsum("i,ia,ib->ab", model.v[:, 0], model.u, model.u)
        return jnp.sum(missing**2) + 0.5 * jnp.trace(missing) ** 2


class AttentionPopulation(eqx.Module):
    """Linear attention's loss 1/2 E(w . x_q - f)^2 in regressing on N context pairs, for x ~ N(0, Lambda), w ~ N(0, I).

    With A = sum_i v_i k_i q_i^T and C = Lambda^2 (1 + 1/N) + tr(Lambda) Lambda / N, the second moment of
    beta = (1/N) sum_n y_n x_n, it is 1/2 [tr Lambda - 2 tr(Lambda A Lambda) + tr(C A Lambda A^T)].

    Attributes:
        covariance: Lambda, shape (d, d).
        context: N.
    """

    covariance: Float[Array, "d d"]
    context: Float[Array, ""]

    def __call__(self, model: LinearAttention) -> Float[Array, ""]:
        """The loss of an attention layer.

        Args:
            model: the layer.

        Returns:
            A scalar, in squared units of y.
        """
        a = jnp.einsum("i,ia,ib->ab", model.v, model.k, model.q)
        square = self.covariance @ self.covariance
        trace = jnp.trace(self.covariance)
        moment = square * (1 + 1 / self.context) + trace * self.covariance / self.context
        return 0.5 * (trace - 2 * jnp.sum(square * a.T) + jnp.sum((moment @ a @ self.covariance) * a))
