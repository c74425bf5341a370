"""Butterflies against the Fourier transform, Hankel networks against the matrix, and a recursion written out."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import hankel

from separatrix.errors import SeparatrixError
from separatrix.models.structured import (
    dense_least_squares,
    fourier_butterfly,
    hankel_least_squares,
    hankel_matrix,
    hankel_network,
    structured_network,
)
from separatrix.models.window_networks import parameter_count
from separatrix.theory import structured_parameters

RNG = np.random.default_rng(0)
built = eqx.filter_jit(structured_network)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("size", [4, 32])
def test_exact_factors_are_the_fourier_transform(size, shared):
    x = jnp.asarray(RNG.normal(size=(1, size)) + 1j * RNG.normal(size=(1, size)))
    np.testing.assert_allclose(
        eqx.filter_jit(fourier_butterfly(size, shared=shared))(x), np.fft.fft(x), rtol=1e-12, atol=1e-12
    )
    back = eqx.filter_jit(fourier_butterfly(size, inverse=True, shared=shared))(x) / size
    np.testing.assert_allclose(back, np.fft.ifft(x), rtol=1e-12, atol=1e-12)


def written_out(x, twiddles, ends):
    """The recursion as the paper tells it, on one vector."""
    size = len(x)
    if size == 2:
        return ends[0] @ x
    half = size // 2
    a, b = x[:half] + x[half:], twiddles[:half] * (x[:half] - x[half:])
    if size == 4:
        first, second = ends[0] @ a, ends[1] @ b
    else:
        first, second = written_out(a, twiddles[half:], ends), written_out(b, twiddles[half:], ends)
    return np.stack([first, second], axis=1).ravel()


@pytest.mark.parametrize("size", [4, 16])
def test_trained_factors_follow_the_recursion(size):
    network = built(size // 2, key=jax.random.key(1), copies=2)
    butterfly, back = network.widening.butterfly, network.narrowing.butterfly
    x = RNG.normal(size=(2, size))
    wanted = [written_out(x[c], np.asarray(butterfly.twiddles)[0, c], np.asarray(butterfly.ends)[0, c]) for c in (0, 1)]
    np.testing.assert_allclose(eqx.filter_jit(butterfly)(jnp.asarray(x)), wanted, rtol=1e-12)
    # the second layer's is the transposed of such a map
    back, forward = eqx.filter_jit(back), eqx.filter_jit(dataclasses.replace(back, transposed=False))
    eye = jnp.broadcast_to(jnp.eye(size), (2, size, size))
    np.testing.assert_allclose(back(eye), jnp.swapaxes(forward(eye), 1, 2), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("window", [2, 5, 8])
def test_the_linear_complex_network_is_the_hankel_matrix(window):
    generator, x = RNG.normal(size=2 * window - 1), RNG.normal(size=window)
    wanted = hankel(generator[:window], generator[window - 1 :]) @ x
    np.testing.assert_allclose(hankel_matrix(generator) @ x, wanted)
    network, apply = hankel_network(generator), eqx.filter_jit(lambda network, x: network(x))
    scale = np.linalg.norm(wanted)
    assert np.linalg.norm(apply(network, jnp.asarray(x)) - wanted) < 1e-14 * scale
    straight = eqx.tree_at(lambda n: n.widening, network, dataclasses.replace(network.widening, reverse=False))
    assert np.linalg.norm(apply(straight, jnp.asarray(x)) - wanted) > 0.1 * scale


@settings(max_examples=2)
@given(
    window=st.integers(2, 9),
    copies=st.integers(1, 3),
    parts=st.integers(1, 2),
    shared=st.booleans(),
    batch=st.integers(1, 2),
)
def test_a_batch_of_columns_equals_one_window_at_a_time(window, copies, parts, shared, batch):
    network = built(window, key=jax.random.key(0), copies=copies, parts=parts, shared=shared)
    x, apply = jnp.asarray(RNG.normal(size=(window, batch))), eqx.filter_jit(lambda network, x: network(x))
    together = apply(network, x)
    assert together.shape == (window, batch)
    assert jnp.iscomplexobj(together) == (parts == 2)
    np.testing.assert_allclose(together[:, 0], apply(network, x[:, 0]), rtol=1e-9, atol=1e-12)


def test_a_wide_batch_goes_through_matrices_to_the_same_numbers():
    network = built(5, key=jax.random.key(3), copies=2, parts=2)
    x, apply = jnp.asarray(RNG.normal(size=(5, 12))), eqx.filter_jit(lambda network, x: network(x))
    np.testing.assert_allclose(apply(network, x)[:, :3], apply(network, x[:, :3]), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("parts", "shared"), [(1, True), (2, False)])
def test_the_gradient_reaches_every_parameter(parts, shared):
    network = built(8, key=jax.random.key(2), copies=2, parts=parts, shared=shared)
    x, y = jnp.asarray(RNG.normal(size=(8, 30))), jnp.asarray(RNG.normal(size=(8, 30)))
    gradient = eqx.filter_jit(eqx.filter_grad(lambda n: jnp.mean(jnp.abs(n(x) - y) ** 2)))(network)
    for leaf in jax.tree.leaves(eqx.filter(gradient, eqx.is_inexact_array)):
        assert np.all(np.asarray(leaf) != 0)


@pytest.mark.parametrize(("window", "copies"), [(8, 1), (32, 1), (32, 3)])
def test_parameters_are_counted_by_the_law(window, copies):
    network = built(window, key=jax.random.key(0), copies=copies)
    assert parameter_count(network) == structured_parameters(window, copies)


def test_structured_least_squares_finds_the_generator_from_two_windows():
    generator = RNG.normal(size=15)
    past = RNG.normal(size=(2, 8))
    future = past @ hankel_matrix(generator).T
    np.testing.assert_allclose(hankel_least_squares(past, future), generator, atol=1e-10)
    # two windows leave six of the eight dimensions of a dense matrix open
    assert np.linalg.norm(dense_least_squares(past, future) - hankel_matrix(generator)) > 1.0


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: fourier_butterfly(12), "power of two"),
        (lambda: hankel_network(np.ones(4)), "odd number"),
        (lambda: structured_network(1, key=jax.random.key(0)), "window"),
        (lambda: structured_network(8, key=jax.random.key(0), copies=0), "copies"),
        (lambda: hankel_least_squares(np.ones((2, 3)), np.ones((2, 4))), "same shape"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(build, said):
    with pytest.raises(SeparatrixError, match=said):
        build()
