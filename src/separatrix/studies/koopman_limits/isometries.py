"""Measure-preserving maps: unitary models of a rotation, measures of a shift, certificates of rotation and cat map."""

import numpy as np
import xarray as xr

from separatrix.models.koopman import (
    Galerkin,
    disk_grid,
    eigenpairs,
    galerkin,
    measure_preserving,
    pseudospectrum,
    residuals,
    smoothed_measure,
    verified_spectrum,
    worst_distance,
)
from separatrix.studies.koopman_limits.config import Config
from separatrix.studies.koopman_limits.dictionaries import cat_map, projected, rotation, square_grid

TURN = float(np.sqrt(2))
LIMIT = ("bound", "off", "hausdorff")
KERNEL_ORDERS = (1, 2, 4)
SHARPNESS = 20.0
"""Of the bumps exp(sharpness (cos - 1)): a width of about 0.2 rad."""
PERIODIC = 21
"""Functions after which the wrong shift begins anew: its spectrum is so many points."""


def observable(angle: np.ndarray) -> np.ndarray:
    """1 / (1.25 - cos) + 0.3 exp(5i): smooth, so that its Krylov dictionary is never quite dependent."""
    return 1 / (1.25 - np.cos(angle)) + 0.3 * np.exp(5j * angle)


def krylov_rotation(config: Config) -> xr.Dataset:
    """A rotation by sqrt(2) in Krylov dictionaries {g, Kg, ...} of the dimension ``functions``.

    Args:
        config: the numbers.

    Returns:
        ``off_circle`` and ``edmd_off_circle``: largest | 1 - |eigenvalue| |; ``least_modulus`` of EDMD and
        ``unitary_least_modulus``; ``moment_error``: of the moments that must be exact; ``next_error``: of the first
        that need not be (functions).
    """
    angle = 2 * np.pi * np.arange(config.circle_nodes) / config.circle_nodes
    rows = []
    for count in config.krylov:
        images = np.stack([observable(angle + j * TURN) for j in range(count + 1)], axis=1)
        pair = galerkin(images[:, :-1], images[:, 1:])
        model = measure_preserving(pair)
        weights = model.spectral_weights(pair.coefficients(images[:, :1])[:, 0])
        powers = np.arange(count + 1)
        found = (weights[:, None] * model.eigenvalues[:, None] ** powers[None, :]).sum(axis=0)
        error = np.abs(found - images.T @ images[:, 0].conj() / len(angle))
        # of the matrix itself, by a solver that does not know that it is unitary
        unitary, plain = (np.abs(np.linalg.eigvals(matrix)) for matrix in (model.unitary, pair.matrix))
        rows.append(
            {
                "off_circle": np.abs(1 - unitary).max(),
                "edmd_off_circle": np.abs(1 - plain).max(),
                "unitary_least_modulus": unitary.min(),
                "least_modulus": plain.min(),
                "moment_error": error[:-1].max(),
                "next_error": error[-1],
            }
        )
    return xr.Dataset(
        {name: ("functions", np.array([row[name] for row in rows])) for name in rows[0]},
        {"functions": list(config.krylov)},
    )


def truncated_shift(count: int) -> tuple[np.ndarray, np.ndarray]:
    """e_k -> e_(k+1) and e_0 + e_1 / 2 in functions of falling k: then the matrix is an upper triangle."""
    matrix = np.eye(count, k=1)
    middle = count // 2
    coefficients = np.zeros(count)
    coefficients[[middle, middle - 1]] = 1.0, 0.5
    return matrix, coefficients


def shift_density(theta: np.ndarray) -> np.ndarray:
    """Density of the spectral measure of e_0 + e_1 / 2, per radian."""
    return np.square(np.abs(1 + 0.5 * np.exp(1j * theta))) / (2 * np.pi)


def shift_measure(config: Config) -> xr.Dataset:
    """The bilateral shift: error of smoothed spectral measures by order and bandwidth of the kernel.

    Args:
        config: the numbers.

    Returns:
        ``error`` and ``periodic_error`` (kernel, bandwidth): largest over the angles, the latter of a shift that begins
        anew after few functions.
    """
    theta = np.array(config.angles)
    truth = shift_density(theta)

    def errors(count: int, *, periodic: bool) -> list[list[float]]:
        matrix, coefficients = truncated_shift(count)
        matrix[-1, 0] = float(periodic)
        return [
            [
                float(np.abs(smoothed_measure(matrix, coefficients, theta, bandwidth=b, order=m) - truth).max())
                for b in config.bandwidths
            ]
            for m in KERNEL_ORDERS
        ]

    return xr.Dataset(
        {
            "error": (("kernel", "bandwidth"), errors(config.shift, periodic=False)),
            "periodic_error": (("kernel", "bandwidth"), errors(PERIODIC, periodic=True)),
        },
        {"kernel": list(KERNEL_ORDERS), "bandwidth": list(config.bandwidths)},
    )


def bump_rotation(config: Config) -> xr.Dataset:
    """A rotation by sqrt(2) in bumps about random angles, which hold low frequencies well and high ones badly.

    Args:
        config: the numbers.

    Returns:
        ``real``, ``imaginary``, ``residual`` and ``projected`` (pair).
    """
    angle = 2 * np.pi * np.arange(64 * config.bumps) / (64 * config.bumps)
    centres = np.random.default_rng(config.seed).uniform(0, 2 * np.pi, config.bumps)

    def bumps(at: np.ndarray) -> np.ndarray:
        return np.exp(SHARPNESS * (np.cos(at[:, None] - centres[None, :]) - 1))

    pair = galerkin(bumps(angle), bumps(angle + TURN))
    pairs = eigenpairs(pair)
    return xr.Dataset(
        {
            "real": ("pair", np.real(pairs.eigenvalues)),
            "imaginary": ("pair", np.imag(pairs.eigenvalues)),
            "residual": ("pair", pairs.residuals),
            "projected": ("pair", residuals(projected(pair), pairs.eigenvalues, pairs.vectors)),
        }
    )


def certificates(config: Config) -> xr.Dataset:
    """Rotation and cat map, whose spectrum is the unit circle: is the least residual ever below the distance from it?

    Args:
        config: the numbers.

    Returns:
        ``excess`` and ``wrong_excess`` (case): largest distance from the circle less the least residual, over a grid;
        ``edmd_distance`` (case): largest distance of an EDMD eigenvalue; ``kept_distance`` (case): of those that a
        residual below 1/2 keeps; ``bound``, ``off`` and ``hausdorff`` (n): of the one-limit algorithm on the
        rotation; ``wrong_bound``, ``wrong_off``: with residuals within the dictionary, on the cat map.
    """
    models = {f"rotation, |k| ≤ {2 * n}": rotation(2 * n, TURN, 32 * n) for n in config.cat_orders}
    models |= {f"cat map, |k| ≤ {n}": cat_map(n) for n in config.cat_orders}
    grid = square_grid(config.grid_points).ravel()
    distance = np.abs(1 - np.abs(grid))
    rows = []
    for pair in models.values():
        pairs = eigenpairs(pair)
        off = np.abs(1 - np.abs(pairs.eigenvalues))
        rows.append(
            {
                "excess": (distance - pseudospectrum(pair, grid)).max(),
                "wrong_excess": (distance - pseudospectrum(projected(pair), grid)).max(),
                "edmd_distance": off.max(),
                "kept_distance": off[pairs.residuals < 0.5].max(initial=0.0),
            }
        )
    limits = [_one_limit(n) for n in config.limit_orders]
    wrong = _verified(projected(cat_map(config.cat_orders[0])), config.limit_orders[0])
    return xr.Dataset(
        {name: ("case", np.array([row[name] for row in rows])) for name in rows[0]}
        | {name: ("n", np.array([limit[k] for limit in limits])) for k, name in enumerate(LIMIT)}
        | {"wrong_bound": wrong[0], "wrong_off": wrong[1]},
        {"case": list(models), "n": list(config.limit_orders)},
    )


def _one_limit(n: int) -> tuple[float, float, float]:
    return _verified(rotation(n, TURN, 16 * n), n)


def _verified(pair: Galerkin, n: int) -> tuple[float, float, float]:
    grid = disk_grid(1 / n)
    found = verified_spectrum(grid, pseudospectrum(pair, grid), 1 / n)
    circle = np.exp(2j * np.pi * np.arange(2000) / 2000)
    off = float(np.abs(1 - np.abs(found.points)).max(initial=0.0))
    return found.error, off, worst_distance(found.points, circle)
