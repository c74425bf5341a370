"""The structured network: two layers of diagonals, zero-padding and butterflies in place of dense matrices."""

import dataclasses
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Inexact, PRNGKeyArray

from separatrix.errors import bad_parameter
from separatrix.models.activation import leaky_relu
from separatrix.models.structured.butterfly import (
    Butterfly,
    as_numbers,
    as_parts,
    fourier_butterfly,
    fourier_twiddles,
    interleaving,
)

SLOPE = 0.1
"""Of the leaky ReLU below zero, as in the paper's code."""


class WideningLayer(eqx.Module):
    """From n to M entries: diagonal, zero-padding, butterfly over sqrt(M), diagonal, bias.

    Attributes:
        before: the first diagonal, (parts, copies, n).
        butterfly: of size M.
        after: the second diagonal, (parts, copies, M).
        bias: (parts, copies, M).
        reverse: whether the window is turned round first. With it the linear network contains every Hankel matrix,
            without it every Toeplitz matrix: convolution.
    """

    before: Float[Array, "*batch parts copies n"]
    butterfly: Butterfly
    after: Float[Array, "*batch parts copies size"]
    bias: Float[Array, "*batch parts copies size"]
    reverse: bool = eqx.field(static=True)

    def __call__(self, x: Inexact[Array, "n *batch"]) -> Inexact[Array, "copies size *batch"]:
        """Apply every copy to one window, (n,) -> (copies, M), or to a batch of columns."""
        batch = x.ndim - 1
        scaled = _beside(self.before, batch) * (x[::-1] if self.reverse else x)[None]
        padded = jnp.pad(scaled, ((0, 0), (0, self.butterfly.size - x.shape[0]), *[(0, 0)] * batch))
        after = _beside(self.after, batch) / self.butterfly.size**0.5
        return after * self.butterfly(padded) + _beside(self.bias, batch)

    def matrix(self) -> Inexact[Array, "copies size n"]:
        """The layer without its bias as a dense matrix, (copies, M, n)."""
        unbiased = dataclasses.replace(self, bias=jnp.zeros_like(self.bias))
        return unbiased(jnp.eye(self.before.shape[-1], dtype=self.before.dtype))


class NarrowingLayer(eqx.Module):
    """From M to n entries: transposed butterfly over sqrt(M), the first n, diagonal; summed over copies, bias.

    Attributes:
        butterfly: transposed, of size M.
        after: the diagonal, (parts, copies, n).
        bias: (parts, n).
    """

    butterfly: Butterfly
    after: Float[Array, "*batch parts copies n"]
    bias: Float[Array, "*batch parts n"]

    def __call__(self, x: Inexact[Array, "copies size *batch"]) -> Inexact[Array, "n *batch"]:
        """Join the copies, (copies, M) -> (n,), or of a batch of columns."""
        batch = x.ndim - 2
        kept = self.butterfly(x)[:, : self.after.shape[-1]]
        after = _beside(self.after, batch) / self.butterfly.size**0.5
        return jnp.sum(after * kept, axis=0) + _beside(self.bias, batch)

    def matrix(self) -> Inexact[Array, "copies size n"]:
        """The layer without its bias as a dense matrix, transposed: (copies, M, n)."""
        copies, n = self.after.shape[1:]
        eye = jnp.eye(self.butterfly.size, n, dtype=self.after.dtype)
        forward = dataclasses.replace(self.butterfly, transposed=False)
        kept = forward(jnp.broadcast_to(eye[None], (copies, *eye.shape)))
        return kept * (as_numbers(self.after) / self.butterfly.size**0.5)[:, None, :]


def _beside(parts: Float[Array, "parts *shape"], batch: int) -> Array:
    """The numbers with an axis of one for each axis of the batch."""
    numbers = as_numbers(parts)
    return numbers.reshape(*numbers.shape, *[1] * batch)


class StNN(eqx.Module):
    """Structured network from a window of n numbers to the next: O(n) parameters, O(n log n) work a copy.

    Attributes:
        widening: n -> copies x M.
        narrowing: copies x M -> n.
        slope: of the leaky ReLU between them below zero; 1 makes the network linear.

    Source:
        Aluvihare, Lingsch, Li & Perera, arXiv 2503.23697.
    """

    widening: WideningLayer
    narrowing: NarrowingLayer
    slope: float = eqx.field(static=True)

    def __call__(self, x: Inexact[Array, "n *batch"]) -> Inexact[Array, "n *batch"]:
        """Apply to one window, or to many as columns, which is faster than ``vmap``.

        A batch wider than the window meets the same map as two dense matrices, made anew from n columns.

        Args:
            x: (n,) or (n, batch).

        Returns:
            The same shape, complex where the factors are.
        """
        if x.ndim == 2 and x.shape[1] > x.shape[0]:
            return self._by_matrices(x)
        return self.narrowing(leaky_relu(self.widening(x), self.slope))

    def _by_matrices(self, x: Array) -> Array:
        """More columns than the window has entries: put the n unit vectors through the layers, and multiply."""
        first, second = self.widening.matrix(), self.narrowing.matrix()
        hidden = leaky_relu(jnp.einsum("cmn,nb->cmb", first, x) + _beside(self.widening.bias, 1), self.slope)
        return jnp.einsum("cmn,cmb->nb", second, hidden) + _beside(self.narrowing.bias, 1)


def padded_size(window: int) -> int:
    """M, the least power of two that is at least twice the window."""
    return 1 << (2 * window - 1).bit_length()


def structured_network(
    window: int,
    *,
    key: PRNGKeyArray,
    copies: int = 1,
    shared: bool = True,
    ends: bool = True,
    parts: int = 1,
    slope: float = SLOPE,
    reverse: bool = True,
    twiddle_noise: float = 0.2,
) -> StNN:
    """A network to be trained: factors near the Fourier ones, no bias, ones on all diagonals but the last.

    The last diagonal is normal, so that copies differ from the start. Factors begun near 0, as the paper has them,
    leave the lower halves of all blocks at 0, and training stalls.

    Args:
        window: n; where it is no power of two the zero-padding is longer.
        key: draws the deviations.
        copies: structured blocks in parallel, each with its own parameters.
        shared: whether the blocks of a level share their factors.
        ends: trained 2 x 2 matrices instead of the last level (shared factors only).
        parts: 1 for real factors (begun at the cosines), 2 for complex ones.
        slope: of the activation below zero; 1 for a linear network.
        reverse: turn the window round first, as Hankel matrices need it.
        twiddle_noise: standard deviation around the Fourier factors, by which copies differ.

    Returns:
        The network.

    >>> network = structured_network(8, key=jax.random.key(0))
    >>> sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(network, eqx.is_inexact_array)))  # 11 n + 12
    100
    """
    _check_sizes(window, copies, parts)
    size = padded_size(window)
    twiddles, matrices = fourier_twiddles(size, shared=shared).size, 8 if ends and shared else 0
    # all in one draw: each draw of its own would cost half a second of compilation
    drawn = jax.random.normal(key, (parts, copies, 2 * (twiddles + matrices) + window))
    cuts = np.cumsum([twiddles, twiddles, matrices, matrices])
    noise = jnp.split(drawn, cuts, axis=2)
    butterflies = [
        _noisy(twiddle_noise * noise[i], twiddle_noise * noise[i + 2], size, shared=shared, transposed=i == 1)
        for i in (0, 1)
    ]
    widening = WideningLayer(
        _ones((parts, copies, window)),
        butterflies[0],
        _ones((parts, copies, size)),
        jnp.zeros((parts, copies, size)),
        reverse,
    )
    spread = (copies * parts) ** -0.5
    narrowing = NarrowingLayer(butterflies[1], spread * noise[4], jnp.zeros((parts, window)))
    return StNN(widening, narrowing, slope)


def _ones(shape: Sequence[int]) -> Array:
    """Ones, as real parts: the imaginary parts are zero."""
    return jnp.zeros(shape).at[0].set(1.0)


def _noisy(noise: Array, of_ends: Array, size: int, *, shared: bool, transposed: bool) -> Butterfly:
    """Fourier factors with noise (parts, copies, ...)."""
    factors = fourier_twiddles(size, shared=shared)
    exact = as_parts(factors.conj() if transposed else factors, noise.shape[0])
    matrices = None
    if of_ends.size:
        ends = of_ends.reshape(*noise.shape[:2], 2, 2, 2)
        matrices = ends.at[0].add(jnp.array([[1.0, 1.0], [1.0, -1.0]])[None, None])
    order = tuple(interleaving(size).tolist())
    return Butterfly(exact[:, None, :] + noise, matrices, size, shared, transposed, order)


def hankel_network(generator: Inexact[np.ndarray, " length"], *, shared: bool = True) -> StNN:
    """The linear complex network that is a Hankel matrix exactly.

    H = K F^-1 diag(F c) F P R: R turns the window round, P pads it, F is the Fourier transform of size M, K keeps the
    first n, and c = (h_{n-1}, ..., h_{2n-2}, 0, ..., 0, h_0, ..., h_{n-2}).

    Args:
        generator: h, (2n - 1,): entry (i, j) of the matrix is h_{i+j}.
        shared: whether blocks of a level share their factors.

    Returns:
        A network without activation.

    Source:
        arXiv 2503.23697; the factorisation is the usual circulant embedding.

    >>> network = hankel_network(np.arange(7.0))
    >>> network(jnp.array([0.0, 1.0, 0.0, 0.0])).real.round(3).astype(int).tolist()
    [1, 2, 3, 4]
    """
    length = len(generator)
    _check_length(length)
    window = (length + 1) // 2
    size = max(padded_size(window), 4)
    gap = np.zeros(size - length)
    column = np.concatenate([generator[window - 1 :], gap, generator[: window - 1]])
    widening = WideningLayer(
        _ones((2, 1, window)),
        fourier_butterfly(size, shared=shared),
        as_parts(np.fft.fft(column)[None], 2),
        jnp.zeros((2, 1, size)),
        True,
    )
    inverse = fourier_butterfly(size, inverse=True, shared=shared)
    narrowing = NarrowingLayer(inverse, _ones((2, 1, window)), jnp.zeros((2, window)))
    return StNN(widening, narrowing, 1.0)


def _check_sizes(window: int, copies: int, parts: int) -> None:
    if window < 2:
        raise bad_parameter("window", "structured_network", "an integer of at least 2", window)
    if copies < 1:
        raise bad_parameter("copies", "structured_network", "a positive integer", copies)
    if parts not in (1, 2):
        raise bad_parameter("parts", "structured_network", "1 (real) or 2 (complex)", parts)


def _check_length(length: int) -> None:
    if length < 3 or length % 2 == 0:
        raise bad_parameter("generator", "hankel_network", "an odd number (2n - 1, at least 3) of entries", length)
