"""Two flows through radial functions: the Duffing oscillator, which keeps its measure, and the Lorenz attractor."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array
from sklearn.cluster import KMeans

from separatrix.dynamics import Flow, evolve
from separatrix.models.koopman import KoopmanPairs, eigenpairs, galerkin, pseudospectrum, residuals
from separatrix.studies.koopman_limits.config import Config
from separatrix.studies.koopman_limits.dictionaries import projected, square_grid

OSCILLATOR_STEP = 0.25
LORENZ_STEP = 0.1
WARM_UP = 20.0
"""Time that a state is given to reach the Lorenz attractor."""


def duffing_velocity(t: Array, state: Array) -> Array:
    """X' = y, y' = x - x^3: two wells, no friction."""
    x, y = state[..., 0], state[..., 1]
    return jnp.stack([y, x - x**3], axis=-1)


def lorenz_velocity(t: Array, state: Array) -> Array:
    """Lorenz's equations at sigma = 10, rho = 28, beta = 8/3."""
    x, y, z = state[..., 0], state[..., 1], state[..., 2]
    return jnp.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z], axis=-1)


def duffing_pairs(config: Config) -> tuple[np.ndarray, np.ndarray]:
    """States and their images a step later, shuffled, (seeds, snapshots, 2) each."""
    keys = jax.random.split(jax.random.key(config.seed), 2)
    shape = (config.seeds, config.oscillators, 2)
    start = jax.random.uniform(keys[0], shape, minval=-2.0, maxval=2.0)
    times = OSCILLATOR_STEP * np.arange(config.oscillator_steps + 1)
    run = evolve(Flow(duffing_velocity), start, times, observe={"state": lambda state: state})
    states = np.moveaxis(run["state"].to_numpy(), 0, 2)
    one, other = (part.reshape(config.seeds, -1, 2) for part in (states[:, :, :-1], states[:, :, 1:]))
    order = np.random.default_rng(config.seed).permutation(one.shape[1])
    return one[:, order], other[:, order]


def radial_functions(states: np.ndarray, centres: np.ndarray, width: float) -> np.ndarray:
    """exp(-distance / width) of each centre, (M, centres)."""
    squares = np.square(states).sum(axis=1)[:, None] + np.square(centres).sum(axis=1)[None, :]
    return np.exp(-np.sqrt(np.maximum(squares - 2 * states @ centres.T, 0.0)) / width)


def dictionary(states: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, float]:
    """Centres by k-means, and the mean distance from the mean as width."""
    some = states[:2000]
    means = KMeans(min(count, len(some)), n_init=1, random_state=seed).fit(some)  # pyright: ignore[reportArgumentType]
    return means.cluster_centers_, float(np.linalg.norm(states - states.mean(axis=0)[None, :], axis=1).mean())


def duffing(config: Config) -> xr.Dataset:
    """The Duffing oscillator: certified and spurious eigenvalues, and what residuals of few snapshots are worth.

    Args:
        config: the numbers.

    Returns:
        ``real``, ``imaginary``, ``residual``, ``projected`` (seed, pair) from all snapshots; ``isometry`` (seed):
        largest | 1 - singular value | of the images; ``largest`` (seed, ratio): largest residual of models of so many
        snapshots a function; ``overturned`` (seed, ratio): share of the pairs they certify that fresh snapshots
        reject; ``least`` (re, im) of the first seed.
    """
    states, images = duffing_pairs(config)
    grid = square_grid(config.shown_points, 1.2)
    rows, least = [], np.zeros(grid.shape)
    for seed in range(config.seeds):
        centres, width = dictionary(states[seed], config.centres, seed)
        px, py = (radial_functions(part[seed], centres, width) for part in (states, images))
        pair = galerkin(px, py)
        pairs = eigenpairs(pair)
        if seed == 0:
            least = pseudospectrum(pair, grid)
        few = [_few(px, py, ratio, config.tolerance) for ratio in config.ratios]
        rows.append(
            {
                "real": np.real(pairs.eigenvalues),
                "imaginary": np.imag(pairs.eigenvalues),
                "residual": pairs.residuals,
                "projected": residuals(projected(pair), pairs.eigenvalues, pairs.vectors),
                "isometry": np.abs(1 - np.linalg.svd(pair.c, compute_uv=False)).max(),
                "largest": [each[0] for each in few],
                "overturned": [each[1] for each in few],
            }
        )
    dims = {"isometry": ("seed",), "largest": ("seed", "ratio"), "overturned": ("seed", "ratio")}
    return xr.Dataset(
        {name: (dims.get(name, ("seed", "pair")), np.array([row[name] for row in rows])) for name in rows[0]}
        | {"least": (("re", "im"), least)},
        {"ratio": list(config.ratios), "re": np.real(grid[:, 0]), "im": np.imag(grid[0])},
    )


def _few(px: np.ndarray, py: np.ndarray, ratio: int, tolerance: float) -> tuple[float, float]:
    """Largest residual over few snapshots, and the share of certified pairs that fresh ones overturn."""
    count = px.shape[1]
    pairs = eigenpairs(galerkin(px[: ratio * count], py[: ratio * count]))
    fresh = _fresh(pairs, px[-10 * count :], py[-10 * count :])
    certified = pairs.residuals <= tolerance
    return float(pairs.residuals.max()), float(np.mean(fresh[certified] > tolerance)) if certified.any() else 0.0


def _fresh(pairs: KoopmanPairs, px: np.ndarray, py: np.ndarray) -> np.ndarray:
    before, after = px @ pairs.functions, py @ pairs.functions
    return np.linalg.norm(after - before * pairs.eigenvalues[None, :], axis=0) / np.linalg.norm(before, axis=0)


def lorenz(config: Config) -> xr.Dataset:
    """One long path on the Lorenz attractor, through radial functions.

    Args:
        config: the numbers.

    Returns:
        ``real``, ``imaginary``, ``residual`` (pair) and ``least`` (re, im).
    """
    times = np.concatenate([[0.0], WARM_UP + LORENZ_STEP * np.arange(config.lorenz_steps + 1)])
    run = evolve(Flow(lorenz_velocity), jnp.array([1.0, 1.0, 20.0]), times, observe={"state": lambda state: state})
    states = run["state"].to_numpy()[1:]
    centres, width = dictionary(states, config.centres, config.seed)
    functions = radial_functions(states, centres, width)
    pair = galerkin(functions[:-1], functions[1:])
    pairs = eigenpairs(pair)
    grid = square_grid(config.shown_points, 1.2)
    return xr.Dataset(
        {
            "real": ("pair", np.real(pairs.eigenvalues)),
            "imaginary": ("pair", np.imag(pairs.eigenvalues)),
            "residual": ("pair", pairs.residuals),
            "least": (("re", "im"), pseudospectrum(pair, grid)),
        },
        {"re": np.real(grid[:, 0]), "im": np.imag(grid[0])},
    )
