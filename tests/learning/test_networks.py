"""Networks against einsum formulas, their degrees of homogeneity, and the laws of their initial weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.learning.networks import (
    LinearAttention,
    TwoLayer,
    activations,
    aligned,
    deep_linear,
    gaussian,
    linear_attention,
    orthogonal,
    patches_of_image,
    patches_of_signal,
    perceptron,
    scaled,
    scaled_gaussian,
    two_layer,
    two_layer_convolutional,
)

KEY = jax.random.key(0)
X = jax.random.normal(jax.random.key(9), (6,))
TOKENS = jax.random.normal(jax.random.key(8), (5, 4))
PATCHES = patches_of_signal(6, 3, 1)

# name: network, input, degree in the parameters (None: not homogeneous)
NETWORKS = {
    "deep linear": (deep_linear(KEY, (6, 5, 4, 2)), X, 3),
    "two-layer linear": (two_layer(KEY, 6, 7, 2, activations.linear), X, 2),
    "two-layer relu": (two_layer(KEY, 6, 7, 2, jax.nn.relu), X, 2),
    "quadratic": (two_layer(KEY, 6, 7, 1, activations.square), X, 3),
    "cubic": (two_layer(KEY, 6, 7, 1, activations.cube), X, 4),
    "tanh": (two_layer(KEY, 6, 7, 2, jnp.tanh), X, None),
    "linear convolution": (two_layer_convolutional(KEY, PATCHES, 3, 2, activations.linear), X, 2),
    "relu convolution": (two_layer_convolutional(KEY, PATCHES, 3, 2, jax.nn.relu), X, 2),
    "linear attention": (linear_attention(KEY, 3, 4), TOKENS, 3),
    "perceptron": (perceptron(KEY, (6, 5, 2), jax.nn.gelu), X, None),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_leaf_is_a_parameter_and_the_degree_is_right(name):
    network, x, degree = NETWORKS[name]
    leaves = jax.tree.leaves(network)
    assert all(isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jnp.inexact) for leaf in leaves)
    gradient = jax.grad(lambda n: jnp.sum(n(x)))(network)
    assert jax.tree.structure(gradient) == jax.tree.structure(network)
    if degree is not None:
        doubled = jax.tree.map(lambda w: 2 * w, network)
        np.testing.assert_allclose(doubled(x), 2.0**degree * network(x), rtol=1e-12)
        # Euler's identity: <theta, df/dtheta> = degree * f, which a wrong degree violates.
        along = jax.jvp(lambda n: n(x), (network,), (network,))[1]
        np.testing.assert_allclose(along, degree * network(x), rtol=1e-10)


@pytest.mark.parametrize("name", NETWORKS)
def test_output_maps_over_a_batch(name):
    network, x, _ = NETWORKS[name]
    batch = jnp.stack([x, 2 * x])
    outputs = jax.vmap(network)(batch)
    assert outputs.shape == (2, network(x).shape[0])
    np.testing.assert_allclose(outputs[1], network(2 * x), atol=1e-12)


def test_two_layer_formula():
    network = NETWORKS["tanh"][0]
    expected = sum(np.tanh(np.dot(network.u[i], X)) * np.asarray(network.v[i]) for i in range(7))
    np.testing.assert_allclose(network(X), expected, atol=1e-13)


def test_deep_linear_formula():
    network = NETWORKS["deep linear"][0]
    first, second, third = network.weights
    np.testing.assert_allclose(network(X), third @ (second @ (first @ X)), atol=1e-13)
    np.testing.assert_allclose(network.end_to_end() @ X, network(X), atol=1e-13)


def test_quadratic_network_is_a_quadratic_form():
    network = NETWORKS["quadratic"][0]
    form = np.einsum("i,id,ie->de", network.v[:, 0], network.u, network.u)
    np.testing.assert_allclose(network(X)[0], X @ form @ X, rtol=1e-12)


@pytest.mark.parametrize("name", ["linear convolution", "relu convolution"])
def test_convolution_is_a_sum_over_units_and_patches(name):
    network = NETWORKS[name][0]
    phi = network.activation
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(X), 3)
    expected = sum(
        np.asarray(network.v[i, p]) * float(phi(jnp.dot(network.u[i], windows[p]))) for i in range(3) for p in range(4)
    )
    np.testing.assert_allclose(network(X), expected, atol=1e-13)


def test_image_patches_are_sub_images():
    image = np.arange(20.0).reshape(4, 5)
    views = np.lib.stride_tricks.sliding_window_view(image, (2, 2))[::2, ::2].reshape(-1, 4)
    np.testing.assert_array_equal(image.ravel()[np.array(patches_of_image(4, 5, 2, 2))], views)
    with pytest.raises(SeparatrixError, match="size 7"):
        patches_of_signal(6, 7)


def test_attention_is_cubic_in_the_tokens_and_blind_to_the_querys_target():
    network = NETWORKS["linear attention"][0]
    context, query = np.asarray(TOKENS[:-1]), np.asarray(TOKENS[-1, :-1])
    beta = np.mean(context[:, -1:] * context[:, :-1], axis=0)
    moment = np.einsum("d,e->de", beta, query)
    expected = np.einsum("i,id,de,ie->", network.v, network.k, moment, network.q)
    np.testing.assert_allclose(network(TOKENS)[0], expected, rtol=1e-12)
    np.testing.assert_allclose(network(2 * TOKENS), 8 * network(TOKENS), rtol=1e-12)
    np.testing.assert_array_equal(network(TOKENS.at[-1, -1].set(99.0)), network(TOKENS))
    swapped = LinearAttention(network.v, network.q, network.k)
    assert abs(swapped(TOKENS)[0] - expected) > 1e-3, "key and query are not interchangeable"


def test_perceptron_formula():
    network = NETWORKS["perceptron"][0]
    biased = jax.tree.map(lambda b: b + 0.3, network.biases)
    network = type(network)(network.weights, biased, network.activation)
    hidden = jax.nn.gelu(network.weights[0] @ X + 0.3)
    np.testing.assert_allclose(network(X), network.weights[1] @ hidden + 0.3, atol=1e-13)


def test_rows_of_two_layer_weights_are_units():
    network = two_layer(KEY, 6, 7, 2, jax.nn.relu)
    order = jnp.array([3, 1, 0, 2, 6, 5, 4])
    np.testing.assert_allclose(TwoLayer(network.u[order], network.v[order], jax.nn.relu)(X), network(X), atol=1e-13)


def test_x_tanh_is_quadratic_near_zero():
    z = jnp.array([1e-3, -1e-3])
    np.testing.assert_allclose(activations.z_tanh(z), activations.square(z), rtol=1e-6)  # next term: z^4 / 3


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3)])
def test_orthogonal_has_unit_singular_values(shape):
    singular = jnp.linalg.svd(orthogonal(1.5)(KEY, shape), compute_uv=False)
    np.testing.assert_allclose(singular, 1.5, atol=1e-12)


def test_orthogonal_is_haar():
    draws = jax.vmap(lambda key: orthogonal()(key, (2, 2)))(jax.random.split(KEY, 4000))
    # Under Haar an entry has mean 0, E[trace^2] = 1 and E[det] = 0; standard errors below 0.017.
    assert jnp.abs(draws.mean(0)).max() < 0.06
    assert abs(jnp.mean(jnp.trace(draws, axis1=1, axis2=2) ** 2) - 1) < 0.1
    unsigned, _ = jnp.linalg.qr(jax.random.normal(KEY, (4000, 2, 2)))
    assert jnp.abs(unsigned.mean(0)).max() > 0.3, "without the signs of R the mean is not zero"


def test_gaussian_scales():
    weights = gaussian(0.1)(KEY, (200, 300))
    assert abs(weights.std() / 0.1 - 1) < 0.02
    assert abs(scaled_gaussian(2.0)(KEY, (200, 300)).std() * 300**0.5 / 2 - 1) < 0.02
    np.testing.assert_allclose(scaled(gaussian(0.1), 1e-3)(KEY, (200, 300)), 1e-3 * weights)


@pytest.mark.parametrize("hidden", [(), (8,), (9, 10), (3, 8)])
def test_aligned_weights_have_the_modes_of_the_correlation(hidden):
    correlation = jax.random.normal(KEY, (5, 6))
    left, _, right = jnp.linalg.svd(correlation, full_matrices=False)
    product = jnp.eye(6)
    for weight in aligned(jax.random.key(1), correlation, hidden, 1e-3):
        product = weight @ product
    kept = min(5, *hidden) if hidden else 5
    expected = 1e-3 * jnp.diag(jnp.where(jnp.arange(5) < kept, 1.0, 0.0))
    np.testing.assert_allclose(left.T @ product @ right.T, expected, atol=1e-15)


def test_aligned_weights_are_balanced():
    first, second = aligned(KEY, jax.random.normal(KEY, (5, 6)), (7,), jnp.array([1.0, 0.5, 0.2, 0.1, 0.05]))
    np.testing.assert_allclose(second.T @ second, first @ first.T, atol=1e-13)


def test_bad_widths_are_refused():
    with pytest.raises(SeparatrixError, match="two widths"):
        deep_linear(KEY, (3,))
    with pytest.raises(SeparatrixError, match="two widths"):
        perceptron(KEY, (3,), jnp.tanh)
    with pytest.raises(SeparatrixError, match="positive"):
        aligned(KEY, jnp.eye(3), (0,), 0.1)
