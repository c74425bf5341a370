"""What processing and finite samples cost: the chain of information, its bound on trajectories, InfoNCE's ceiling."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.models.koopman.information import contrast
from separatrix.studies.koopman_information.config import Config
from separatrix.theory.temporal_information import (
    contrast_ceiling,
    gaussian_information,
    information_chain,
    mode_information,
    stationary_covariance,
    variation_bound,
)

RADIUS = 0.9
"""Spectral radius of the random processes."""
FORGOTTEN = (0.1, 0.3)
"""Eigenvalues from which that of the mode is drawn that the latents of a trajectory lack: with faster decay there is
nothing to forget, with slower the bound passes 1."""
LEAK = 3.0
"""How loud the next state is in an encoder that sees it: above 2, so that it tells more than the past state can."""


def chain(config: Config) -> xr.Dataset:
    """Information between neighbouring states of random Gaussian processes, before and after a linear encoder.

    Args:
        config: the numbers.

    Returns:
        ``losses`` (seed, draw, link), what each link of the chain loses; ``leaked`` (seed, draw), what the first link
        would lose if the encoder saw the next state too; ``spread`` (seed), largest difference along the chain of an
        invertible encoder; ``variation`` (seed), total variation between trajectories of the process and of the best
        model by its latents, ``bound`` (seed) and ``first_bound`` (seed), which forgets all steps but the first.
    """
    rows = [_chains(config, np.random.default_rng((config.seed, 5, seed))) for seed in range(config.seeds)]
    dims = {"losses": ("seed", "draw", "link"), "leaked": ("seed", "draw")}
    links = ["encoding the past", "encoding the future"]
    variables = {name: (dims.get(name, ("seed",)), np.stack([row[name] for row in rows])) for name in rows[0]}
    return xr.Dataset(variables, coords={"link": links})


def _chains(config: Config, rng: np.random.Generator) -> dict[str, np.ndarray]:
    d, draws = config.chain_dimension, range(config.chain_draws)
    processes = [_process(rng, d) for _ in draws]
    kept = np.array([information_chain(*process, rng.normal(size=(config.chain_rank, d))) for process in processes])
    level = np.array([information_chain(*process, rng.normal(size=(d, d))) for process in processes])
    leaks = np.array([_leaked(*process) for process in processes])
    k = np.diag([*config.eigenvalues, rng.uniform(*FORGOTTEN)])
    noise = np.eye(len(k))
    encoder = noise[:-1]
    states, half, _ = information_chain(k, noise, encoder)
    lost = np.full(config.variation_steps, states - half)
    return {
        "losses": -np.diff(kept, axis=1),
        "leaked": kept[:, 0] - leaks,
        "spread": np.ptp(level, axis=1).max(),
        "variation": np.array(_variation(config, k, noise, encoder, rng)),
        "bound": np.array(variation_bound(lost, np.zeros_like(lost))),
        "first_bound": np.array(variation_bound(lost[:1], np.zeros(1))),
    }


def _process(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    matrix, root = rng.normal(size=(2, size, size))
    return RADIUS * matrix / np.abs(np.linalg.eigvals(matrix)).max(), root @ root.T + 0.1 * np.eye(size)


def _leaked(k: np.ndarray, noise: np.ndarray) -> float:
    """Information about the next state in the past one plus LEAK times the next."""
    now = stationary_covariance(k, noise)
    after = k @ now
    mixed = (1 + LEAK**2) * now + LEAK * (after + after.T)
    across = (after + LEAK * now).T
    return gaussian_information(np.block([[mixed, across], [across.T, now]]), len(now))


def _variation(
    config: Config, k: np.ndarray, noise: np.ndarray, encoder: np.ndarray, rng: np.random.Generator
) -> float:
    """E over the process of max(0, 1 - q / p), with q the best Gaussian model of the next state by its latent."""
    now = stationary_covariance(k, noise)
    gain = k @ now @ encoder.T @ np.linalg.inv(encoder @ now @ encoder.T) @ encoder
    left = now - gain @ now @ k.T
    kicks = rng.normal(size=(config.variation_steps, config.variation_samples, len(k))) @ np.linalg.cholesky(noise).T
    start = rng.normal(size=(config.variation_samples, len(k))) @ np.linalg.cholesky(now).T
    _, (past, future) = jax.lax.scan(lambda x, kick: (x @ k.T + kick, (x, x @ k.T + kick)), start, kicks)

    def log_density(means: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        away = np.asarray(future) - np.asarray(past) @ means.T
        squares = np.sum(away * np.linalg.solve(covariance, away[..., None])[..., 0], axis=-1)
        return -(squares + np.linalg.slogdet(covariance)[1]) / 2

    ratio = np.sum(log_density(gain, left) - log_density(k, noise), axis=0)
    return float(np.mean(np.maximum(0.0, 1 - np.exp(ratio))))


def ceiling(config: Config) -> xr.Dataset:
    """InfoNCE of Gaussian processes with the best critic there is, the ratio of densities, against their information.

    Args:
        config: the numbers.

    Returns:
        ``told`` (seed, eigenvalue), the estimate with negatives of the same sequence, and ``fresh``, with those of
        another; ``constant``, of a critic that knows nothing; ``truth`` (eigenvalue), between neighbours; ``ceiling``.
        In nats.
    """
    size, length, k = config.contrast_dimension, config.contrast_length, config.neighbours
    apart = jnp.abs(jnp.arange(length)[:, None] - jnp.arange(length)[None, :])
    highest = contrast_ceiling(length, k)

    def sequence(key: PRNGKeyArray, eigenvalue: Array) -> Float[Array, "times d"]:
        kicks = jax.random.normal(key, (length, size)) * jnp.sqrt(1 - eigenvalue**2)
        kicks = kicks.at[0].divide(jnp.sqrt(1 - eigenvalue**2))

        def step(state: Array, kick: Array) -> tuple[Array, Array]:
            state = eigenvalue * state + kick
            return state, state

        return jax.lax.scan(step, jnp.zeros(size), kicks)[1]

    def critic(first: Array, second: Array, eigenvalue: Array) -> Array:
        away = second[None, :, :] - eigenvalue * first[:, None, :]
        return (jnp.sum(second**2, axis=1)[None, :] - jnp.sum(away**2, axis=-1) / (1 - eigenvalue**2)) / 2

    def both(key: PRNGKeyArray, eigenvalue: Array) -> Array:
        of_one, of_other = jax.random.split(key)
        one, other = sequence(of_one, eigenvalue), sequence(of_other, eigenvalue)
        inside, across = critic(one, one, eigenvalue), critic(one, other, eigenvalue)
        return jnp.stack([contrast(inside, k), contrast(jnp.where(apart <= k, inside, across), k)])

    keys = jax.random.split(jax.random.key(config.seed + 6), (config.seeds, config.contrast_sequences))
    values = jnp.asarray(config.contrast_eigenvalues)
    over_sequences = jax.vmap(both, (0, None))
    losses = jax.jit(jax.vmap(jax.vmap(lambda k, v: over_sequences(k, v).mean(axis=0), (None, 0)), (0, None)))(
        keys, values
    )
    told = highest - np.asarray(losses)
    truth = size * mode_information(np.asarray(config.contrast_eigenvalues), 1)
    return xr.Dataset(
        {
            "told": (("seed", "eigenvalue"), told[..., 0]),
            "fresh": (("seed", "eigenvalue"), told[..., 1]),
            "constant": float(contrast(jnp.zeros((length, length)), k)),
            "truth": ("eigenvalue", truth),
            "ceiling": highest,
        },
        coords={"eigenvalue": list(config.contrast_eigenvalues)},
    )
