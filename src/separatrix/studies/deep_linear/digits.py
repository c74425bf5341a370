"""Handwritten digits as a linear network with white inputs sees them."""

import functools

import numpy as np
from jaxtyping import Float

Matrix = Float[np.ndarray, "c d"]


@functools.cache
def correlation() -> tuple[Matrix, Float[np.ndarray, " k"]]:
    """Sigma_31 of the whitened digits, restricted to the directions that carry it, its largest singular value 1.

    With white inputs, gradient descent sees of the data nothing but this matrix. The ten centred classes span nine
    directions. Scaling the targets sets the unit of time.

    Returns:
        The matrix, nine outputs by nine inputs, rotated at random but always alike, and its singular values.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = bunch.data - bunch.data.mean(axis=0)  # pyright: ignore[reportAttributeAccessIssue]
    left, scale, _ = np.linalg.svd(pixels, full_matrices=False)
    white = left[:, scale > 1e-9 * scale[0]]
    classes = np.eye(10)[bunch.target]  # pyright: ignore[reportAttributeAccessIssue]
    values = np.linalg.svd(classes.T @ white, compute_uv=False)[:9]
    values = values / values[0]
    rng = np.random.default_rng(0)
    u, v = (np.linalg.qr(rng.standard_normal((9, 9)))[0] for _ in range(2))
    return u @ np.diag(values) @ v.T, values
