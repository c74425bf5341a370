"""Kernels of infinite width against integrals and finite networks; the law of trained networks against its limits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, linalg, special

from separatrix.errors import SeparatrixError
from separatrix.observables import output_gradients, tangent_kernel
from separatrix.theory.infinite_width import ACTIVATIONS, WideNetwork, trained_law

RNG = np.random.default_rng(0)
X, Z = RNG.normal(size=(3, 4)), RNG.normal(size=(2, 4))
SLOPES = {
    "relu": lambda u: np.heaviside(u, 0.5),
    "erf": lambda u: 2 / np.sqrt(np.pi) * np.exp(-(u**2)),
    "square": lambda u: 2 * u,
    "linear": np.ones_like,
}
MAPS = {"relu": lambda u: np.maximum(u, 0), "erf": special.erf, "square": np.square, "linear": lambda u: u}


def _integral(function, covariance):
    """E[function(u) function(v)], by quadrature over radius and angle, with kinks where u or v is 0."""
    root = np.linalg.cholesky(covariance)
    angles = np.array([np.pi / 2, np.arctan2(-root[1, 0], root[1, 1])])  # in which u and v vanish
    kinks = np.sort(np.concatenate([angles, angles + np.pi]) % (2 * np.pi))
    nodes, weights = np.polynomial.legendre.leggauss(40)
    s, w = np.polynomial.laguerre.laggauss(60)  # s = radius^2 / 2
    total = 0.0
    for low, high in zip(kinks, [*kinks[1:], kinks[0] + 2 * np.pi], strict=True):
        angle = (low + high) / 2 + (high - low) / 2 * nodes
        along = np.sqrt(2 * s)[:, None] * np.stack([np.cos(angle), np.sin(angle)])[:, None, :]
        u, v = np.einsum("ij,jrk->irk", root, along)
        total += np.sum(w[:, None] * weights[None, :] * function(u) * function(v)) * (high - low) / 2
    return total / (2 * np.pi)


@pytest.mark.parametrize("activation", sorted(MAPS))
def test_kernels_are_the_gaussian_integrals_of_their_definition(activation):
    network = WideNetwork(activation, weight_std=1.3, bias_std=0.4, output_std=0.7, hidden_rate=0.6)
    points = np.concatenate([X, Z])
    covariance = 1.3**2 / 4 * points @ points.T + 0.4**2
    outer, inner = np.zeros((3, 2)), np.zeros((3, 2))
    for i in range(3):
        for j in range(2):
            block = covariance[np.ix_([i, 3 + j], [i, 3 + j])]
            outer[i, j] = 0.49 * _integral(MAPS[activation], block)
            inner[i, j] = 0.49 * block[0, 1] * _integral(SLOPES[activation], block)
    # erf is no polynomial in the radius, so its quadrature is good to six digits; the others' are exact
    close = {"rtol": 1e-6 if activation == "erf" else 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(network.output_kernel(X, Z), outer, **close)
    np.testing.assert_allclose(network.tangent_kernel(X, Z), outer + 0.6 * inner, **close)
    assert np.max(np.abs(network.tangent_kernel(X, Z) - (outer + inner))) > 1e-3


def test_the_quadrature_agrees_with_an_adaptive_one():
    covariance = np.array([[1.0, 0.3], [0.3, 0.8]])
    inverse, size = np.linalg.inv(covariance), 2 * np.pi * np.sqrt(np.linalg.det(covariance))

    def density(v, u):
        return u * v * np.exp(-0.5 * np.array([u, v]) @ inverse @ np.array([u, v])) / size

    found = integrate.dblquad(density, 0, 9, 0, 9, epsabs=1e-9)[0]
    assert _integral(MAPS["relu"], covariance) == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_a_wide_network_has_nearly_these_kernels(activation):
    width, phi = 40_000, ACTIVATIONS[activation]
    keys = jax.random.split(jax.random.key(1), 3)
    weights = tuple(jax.random.normal(k, s) for k, s in zip(keys, ((width, 4), (width,), (width,)), strict=True))

    def output(weights, x):
        w, b, v = weights
        return v @ phi(1.3 * w @ x / 2 + 0.4 * b) / np.sqrt(width)

    found = tangent_kernel(output_gradients(output, weights, X))
    limit = WideNetwork(activation, 1.3, 0.4).tangent_kernel(X, X)
    # one standard deviation is about 1 / sqrt(width) = 0.005 of the kernel
    assert float(jnp.max(jnp.abs(found - limit)) / jnp.max(limit)) < 0.03
    assert float(jnp.max(jnp.abs(found - WideNetwork(activation, 1.3, 0.4).output_kernel(X, X)))) > 0.1


def test_training_begins_at_the_prior_and_ends_at_the_data():
    network, y = WideNetwork(bias_std=0.3), RNG.normal(size=(3, 2))
    start = trained_law(network, X, y, Z, time=0.0)
    assert float(jnp.max(jnp.abs(start.mean))) == 0.0
    np.testing.assert_allclose(start.covariance, network.output_kernel(Z, Z), atol=1e-14)
    end = trained_law(network, X, y, X)
    np.testing.assert_allclose(end.mean, y, atol=1e-12)
    np.testing.assert_allclose(end.variance, 0, atol=1e-12)


def test_in_between_it_is_linear_dynamics_in_the_tangent_kernel():
    network, y, t = WideNetwork(bias_std=0.3), RNG.normal(size=(3, 2)), 1.7
    kernel, cross = network.tangent_kernel(X, X), network.tangent_kernel(Z, X)
    learned = np.asarray(cross) @ np.linalg.solve(kernel, np.eye(3) - linalg.expm(-t * np.asarray(kernel)))
    np.testing.assert_allclose(trained_law(network, X, y, Z, time=t).mean, learned @ y, rtol=1e-10)


def test_it_is_the_gaussian_process_posterior_only_if_the_output_layer_alone_is_trained():
    y = RNG.normal(size=(3, 1))
    outer = WideNetwork(hidden_rate=0.0)
    gain = np.linalg.solve(outer.output_kernel(X, X), outer.output_kernel(X, Z)).T
    posterior = outer.output_kernel(Z, Z) - gain @ outer.output_kernel(X, Z)
    np.testing.assert_allclose(trained_law(outer, X, y, Z).covariance, posterior, atol=1e-12)
    both = trained_law(WideNetwork(), X, y, Z)
    assert float(jnp.max(jnp.abs(both.covariance - posterior))) > 1e-3


def test_repeated_inputs_leave_nothing_infinite_and_learn_their_mean():
    repeated, y = np.concatenate([X, X[:1]]), np.array([[1.0], [0.0], [0.0], [3.0]])
    law = trained_law(WideNetwork(), repeated, y, X)
    np.testing.assert_allclose(law.mean[:, 0], [2.0, 0.0, 0.0], atol=1e-9)


def test_an_unknown_activation_is_refused():
    with pytest.raises((SeparatrixError, TypeError), match="swish"):  # TypeError: annotations are checked in tests
        WideNetwork("swish")  # pyright: ignore[reportArgumentType]
