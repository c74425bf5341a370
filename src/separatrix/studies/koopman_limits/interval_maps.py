"""The doubling map and the Gauss map: residuals against theory, and what few snapshots do to them."""

import numpy as np
import xarray as xr

from separatrix.models.koopman import Galerkin, KoopmanPairs, eigenpairs, pseudospectrum, residuals
from separatrix.studies.koopman_limits.config import Config
from separatrix.studies.koopman_limits.dictionaries import (
    doubling,
    gauss,
    gauss_map,
    legendre,
    legendre_nodes,
    projected,
    square_grid,
)

RULES = ("Gauss-Legendre", "trapezoid", "Riemann")
QUADRATURE_FUNCTIONS = 20
QUADRATURE_NODES = (100, 200, 400, 800)


def chain_length(order: int) -> int:
    """Waves of the longest chain k, 2k, 4k, ... with |k| <= order."""
    return int(np.floor(np.log2(order))) + 1


def exact_residual(z: np.ndarray, order: int) -> np.ndarray:
    """Least residual of the doubling map in waves up to an order: that of its longest chain, or of the constant."""
    modulus = np.abs(z)
    chain = np.sqrt(1 + modulus**2 - 2 * modulus * np.cos(np.pi / (chain_length(order) + 1)))
    return np.minimum(np.abs(z - 1), chain)


def doubling_map(config: Config) -> xr.Dataset:
    """The doubling map in waves |k| <= n, n the dimension ``order``.

    Args:
        config: the numbers.

    Returns:
        ``residual``, ``theory`` and ``wrong`` (order, point), the last with images as the dictionary holds them;
        ``origin``, ``wrong_origin`` and ``circle``: the least residual at 0 and at exp(2i); ``large``: EDMD
        eigenvalues of modulus above 0.02; ``rest_residual`` and ``rest_projected``: least and largest residual of all
        pairs but the constant, against the operator and within the dictionary (order).
    """
    draw = np.random.default_rng(config.seed)
    z = 1.5 * (draw.uniform(-1, 1, config.points) + 1j * draw.uniform(-1, 1, config.points))
    marked = np.array([0.0, np.exp(2j)])
    rows = []
    for order in config.orders:
        pair = doubling(order, 16 * order + 64)
        flat, pairs = projected(pair), eigenpairs(pair)
        rest = np.abs(pairs.eigenvalues - 1) > 0.5
        origin, circle = pseudospectrum(pair, marked, tolerance=1e-9)
        rows.append(
            {
                "residual": pseudospectrum(pair, z, tolerance=1e-9),
                "theory": exact_residual(z, order),
                "wrong": pseudospectrum(flat, z, tolerance=1e-9),
                "origin": origin,
                "circle": circle,
                "wrong_origin": pseudospectrum(flat, marked[:1])[0],
                "large": np.sum(np.abs(pairs.eigenvalues) > 0.02),
                "rest_residual": pairs.residuals[rest].min(),
                "rest_projected": residuals(flat, pairs.eigenvalues, pairs.vectors)[rest].max(),
            }
        )
    table = {name: np.stack([np.asarray(row[name], float) for row in rows]) for name in rows[0]}
    dims = {name: ("order", "point")[: values.ndim] for name, values in table.items()}
    return xr.Dataset({k: (dims[k], v) for k, v in table.items()}, {"order": np.array(config.orders)})


def gauss_spectrum(config: Config) -> xr.Dataset:
    """The Gauss map: residuals of its EDMD eigenvalues, its pseudospectrum, and quadrature errors of A.

    Args:
        config: the numbers.

    Returns:
        ``real``, ``imaginary``, ``residual`` and ``projected`` (pair); ``squared_at_one``: the residual of the
        eigenvalue nearest to 1 from the squared pencil; ``least`` (re, im); ``quadrature`` (rule, nodes)
        and ``monte_carlo`` (seed, nodes): largest error of an entry of A.
    """
    pair = gauss(config.legendre, config.nodes)
    pairs = eigenpairs(pair)
    grid = square_grid(config.shown_points, 1.2)
    return xr.Dataset(
        {
            "real": ("pair", np.real(pairs.eigenvalues)),
            "imaginary": ("pair", np.imag(pairs.eigenvalues)),
            "residual": ("pair", pairs.residuals),
            "projected": ("pair", residuals(projected(pair), pairs.eigenvalues, pairs.vectors)),
            "squared_at_one": _squared_residual(pair, pairs),
            "least": (("re", "im"), pseudospectrum(pair, grid)),
            "quadrature": (("rule", "nodes"), [[_rule_error(r, m) for m in QUADRATURE_NODES] for r in RULES]),
            "monte_carlo": (("seed", "nodes"), _monte_carlo(config)),
        },
        {"re": np.real(grid[:, 0]), "im": np.imag(grid[0]), "rule": list(RULES), "nodes": list(QUADRATURE_NODES)},
    )


def _squared_residual(pair: Galerkin, pairs: KoopmanPairs) -> float:
    """What the quadratic form in the dictionary's Gram matrices makes of the eigenvalue nearest to 1."""
    place = int(np.argmin(np.abs(pairs.eigenvalues - 1)))
    value, vector = pairs.eigenvalues[place], pairs.vectors[:, place]
    tilted = np.conj(value) * pair.matrix
    form = pair.c.conj().T @ pair.c - tilted - tilted.conj().T + abs(value) ** 2 * np.eye(pair.rank)
    return float(np.sqrt(np.abs(vector.conj() @ form @ vector)))


def _compressed(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    images = legendre(gauss_map(x), QUADRATURE_FUNCTIONS)
    return legendre(x, QUADRATURE_FUNCTIONS).T @ (weights[:, None] * images)


def _rule_error(rule: str, count: int) -> float:
    x, weights = np.arange(count) / count - 1, np.full(count, 1 / count)
    if rule == "trapezoid":
        x, weights = np.linspace(-1, 0, count), np.full(count, 1 / (count - 1))
        weights[[0, -1]] /= 2
    elif rule == "Gauss-Legendre":  # exponential: seen at a tenth of the nodes already
        x, weights = legendre_nodes(count // 10)
    return float(np.abs(_compressed(x, weights) - _compressed(*legendre_nodes(300))).max())


def _monte_carlo(config: Config) -> np.ndarray:
    truth = _compressed(*legendre_nodes(300))

    def error(seed: int, count: int) -> float:
        # the mean square over entries and a few draws: a single maximum is too noisy for a slope
        draw = np.random.default_rng([config.seed, seed, count])
        samples = [_compressed(draw.uniform(-1, 0, count), np.full(count, 1 / count)) - truth for _ in range(8)]
        return float(np.sqrt(np.mean(np.square(samples))))

    return np.array([[error(seed, count) for count in QUADRATURE_NODES] for seed in range(config.seeds)])


def few_snapshots(config: Config) -> xr.Dataset:
    """Residuals of all EDMD pairs as snapshots per function grow from one, for two maps.

    Args:
        config: the numbers.

    Returns:
        ``largest``: the largest residual of a pair, (map, functions, ratio): over the ratio at a fixed number of
        functions, or over the number of functions at one snapshot each.
    """
    sizes = (10, 20, 40)

    def largest(name: str, count: int, ratio: int) -> float:
        odd = count + 1 - count % 2
        pair = gauss(count, ratio * count) if name == "Gauss" else doubling(odd // 2, ratio * odd)
        return float(eigenpairs(pair).residuals.max())

    names = ("doubling", "Gauss")
    found = [[[largest(name, count, ratio) for ratio in config.ratios] for count in sizes] for name in names]
    return xr.Dataset(
        {"largest": (("map", "functions", "ratio"), found)},
        {"map": list(names), "functions": list(sizes), "ratio": list(config.ratios)},
    )
