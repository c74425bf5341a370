"""Butterflies: the data flow of the fast Fourier transform with twiddle factors that may be trained."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Inexact, Int

from separatrix.errors import bad_parameter


def interleaving(size: int) -> Int[np.ndarray, " size"]:
    """Where each output of the recursion stands when its halves are interleaved at every level: bit reversal.

    Args:
        size: a power of two.

    Returns:
        ``order`` with ``natural = staged[order]``.

    >>> interleaving(8).tolist()
    [0, 4, 2, 6, 1, 5, 3, 7]
    """
    order = np.zeros(1, int)
    while order.size < size:
        order = np.stack([order, order + order.size], axis=1).ravel()
    return order


def fourier_twiddles(size: int, *, shared: bool = True) -> Complex[np.ndarray, " factors"]:
    """The factors with which a butterfly is the discrete Fourier transform, exp(-2 pi i k / m) for block size m.

    Args:
        size: M, a power of two, at least 4.
        shared: whether blocks of one level share theirs.

    Returns:
        Flat: M/2 + M/4 + ... + 2 = M - 2 factors if shared (those of the last level, all 1, are not kept); otherwise
        M/2 for each of the log2 M levels.
    """
    halves = [size >> level for level in range(1, size.bit_length())]
    levels = [np.exp(-1j * np.pi * np.arange(half) / half) for half in halves]
    if shared:
        return np.concatenate(levels[:-1])
    return np.concatenate([np.tile(level, size // 2 // level.size) for level in levels])


class Butterfly(eqx.Module):
    """log2 M levels of sums and differences of halves, with factors between: M log2(M) / 2 multiplications.

    At block size m a block x becomes the two blocks lo + hi and w (lo - hi), and so on down to blocks of one; then the
    halves are interleaved on all levels. Transposed, the same levels run backwards: [lo + w hi, lo - w hi].

    Attributes:
        twiddles: factors (parts, copies, factors), in the order of ``fourier_twiddles``. One part: real; two: real and
            imaginary. Kept as real numbers, so that any optimiser trains them.
        ends: for shared factors, two trained 2 x 2 matrices (parts, copies, 2, 2, 2) instead of the last level: for
            the halves of every block of 4; None leaves sums and differences.
        size: M.
        shared: whether the blocks of a level share their factors.
        transposed: whether this is the transposed map.
        order: where the outputs of the recursion go.

    Source:
        Aluvihare, Lingsch, Li & Perera, arXiv 2503.23697; Cooley & Tukey (1965).
    """

    twiddles: Float[Array, "*batch parts copies factors"]
    ends: Float[Array, "*batch parts copies 2 2 2"] | None
    size: int = eqx.field(static=True)
    shared: bool = eqx.field(static=True)
    transposed: bool = eqx.field(static=True)
    order: tuple[int, ...] = eqx.field(static=True)

    def __call__(self, x: Inexact[Array, "copies size *batch"]) -> Inexact[Array, "copies size *batch"]:
        """Apply to the second axis; a batch is last, where all levels are fastest.

        Args:
            x: (copies, M) or (copies, M, batch).

        Returns:
            The transformed vectors, of the same shape.
        """
        order = np.asarray(self.order)
        factors = self._levels(x.ndim - 2)
        if not self.transposed:
            x, _ = jax.lax.scan(_split, x.astype(jnp.result_type(x, factors)), factors)
            x = x if self.ends is None else self._ended(_halves(x), "cwtf,cfgw...->cgwt...").reshape(x.shape)
            return x[:, order]
        x = x[:, np.argsort(order)].astype(jnp.result_type(x, factors))
        if self.ends is not None:
            pairs = x.reshape(x.shape[0], -1, 2, 2, *x.shape[2:])
            x = self._ended_back(pairs).reshape(x.shape)
        return jax.lax.scan(_join, x, factors, reverse=True)[0]

    def _ended(self, halves: Array, rule: str) -> Array:
        """The last level by two matrices: w, the first or second half of one of the blocks g of 4; to t from f."""
        pairs = halves.reshape(halves.shape[0], 2, -1, 2, *halves.shape[3:])
        return jnp.einsum(rule, as_numbers(self.ends), pairs)

    def _ended_back(self, pairs: Array) -> Array:
        return jnp.einsum("cwtf,cgwt...->cfgw...", as_numbers(self.ends), pairs)

    def _levels(self, batch: int) -> Array:
        """Factors of each level for each pair of entries, (levels, copies, M/2, 1 for each axis of the batch)."""
        numbers = as_numbers(self.twiddles)
        if self.shared:
            numbers = jnp.concatenate([numbers, jnp.ones_like(numbers[:, :1])], axis=1)
        table = _places(self.size, self.shared)
        table = table if self.ends is None else table[:-1]
        return jnp.moveaxis(numbers[:, table], 1, 0).reshape(len(table), -1, self.size // 2, *[1] * batch)


def _halves(x: Array) -> Array:
    return x.reshape(x.shape[0], 2, -1, *x.shape[2:])


def _split(x: Array, factors: Array) -> tuple[Array, None]:
    """One level in constant geometry: the halves of all blocks are the halves of the vector."""
    halves = _halves(x)
    low, high = halves[:, 0], halves[:, 1]
    return jnp.stack([low + high, factors * (low - high)], axis=2).reshape(x.shape), None


def _join(x: Array, factors: Array) -> tuple[Array, None]:
    pairs = x.reshape(x.shape[0], -1, 2, *x.shape[2:])
    low, turned = pairs[:, :, 0], factors * pairs[:, :, 1]
    return jnp.concatenate([low + turned, low - turned], axis=1), None


def _places(size: int, shared: bool) -> Int[np.ndarray, "levels pairs"]:
    """Which factor each pair takes at each level, pairs in order of their place in the block, then of the block."""
    rows, begin = [], 0
    for level in range(1, size.bit_length()):
        half, blocks = size >> level, 1 << (level - 1)
        place, block = np.divmod(np.arange(size // 2), blocks)
        rows.append(begin + (place if shared else block * half + place))
        begin += half if shared else size // 2
    return np.stack(rows)


def as_numbers(parts: Float[Array, "parts *shape"] | None) -> Inexact[Array, "*shape"]:
    """Real or complex numbers from their real parts, or real and imaginary parts, on the first axis."""
    assert parts is not None
    return parts[0] if parts.shape[0] == 1 else parts[0] + 1j * parts[1]


def as_parts(numbers: Inexact[np.ndarray, "*shape"], parts: int) -> Float[Array, "parts *shape"]:
    """The reverse of ``as_numbers``; with one part the imaginary one is dropped."""
    return jnp.asarray(np.stack([np.real(numbers), np.imag(numbers)][:parts]))


def fourier_butterfly(size: int, *, inverse: bool = False, shared: bool = True) -> Butterfly:
    """The butterfly that is the discrete Fourier transform, or M times its inverse (then in the transposed order).

    Args:
        size: M, a power of two, at least 4.
        inverse: conjugate factors, levels backwards; divide by M for the inverse.
        shared: whether blocks of a level share their factors.

    Returns:
        A complex butterfly of one copy.

    >>> x = jnp.array([[1.0, 2.0, 0.0, -1.0]])
    >>> bool(jnp.allclose(fourier_butterfly(4)(x), jnp.fft.fft(x), atol=1e-6))
    True
    """
    _check_size(size)
    factors = fourier_twiddles(size, shared=shared)
    parts = as_parts((factors.conj() if inverse else factors)[None], 2)
    return Butterfly(parts, None, size, shared, inverse, tuple(interleaving(size).tolist()))


def _check_size(size: int) -> None:
    if size < 4 or size & (size - 1):
        raise bad_parameter("size", "fourier_butterfly", "a power of two, at least 4", size)
