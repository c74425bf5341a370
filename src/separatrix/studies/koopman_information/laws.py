"""What is exact: the memory of Gaussian processes, the sharing of variance, the chain of processing, the operator."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.models.koopman.batch_ridge import batch_ridge, pooled_operator, shrinkage
from separatrix.studies.koopman_information.config import Config
from separatrix.theory.temporal_information import mode_information, temporal_information
from separatrix.theory.water_filling import effective_modes, entropic_water_filling

NO_RIDGE = 1e-12
"""Ridge where none is meant."""


def memory(config: Config) -> xr.Dataset:
    """Information between states of a simulated linear-Gaussian process, by a Gaussian fit, and by the law.

    Args:
        config: the numbers.

    Returns:
        ``measured`` (seed, lag, mode) and ``joint`` (seed, lag), of all modes at once; ``theory`` (lag, mode);
        ``mismatch``, between the general law and that of a diagonal process (lag). In nats.
    """
    eigenvalues, noise = jnp.asarray(config.eigenvalues), jnp.asarray(config.noise)

    @jax.jit
    @jax.vmap
    def simulate(key: PRNGKeyArray) -> Array:
        of_start, of_steps = jax.random.split(key)
        start = jnp.sqrt(noise / (1 - eigenvalues**2)) * jax.random.normal(of_start, eigenvalues.shape)
        kicks = jnp.sqrt(noise)[None, :] * jax.random.normal(of_steps, (config.memory_steps, len(eigenvalues)))

        def step(state: Array, kick: Array) -> tuple[Array, Array]:
            state = eigenvalues * state + kick
            return state, state

        return jax.lax.scan(step, start, kicks)[1]

    paths = np.asarray(simulate(jax.random.split(jax.random.key(config.seed + 2), config.seeds)))
    fits = [_gaussian_fit(paths[:, :-lag], paths[:, lag:]) for lag in config.lags]
    theory = np.array([mode_information(np.asarray(config.eigenvalues), lag) for lag in config.lags])
    general = [temporal_information(np.diag(config.eigenvalues), np.diag(config.noise), lag) for lag in config.lags]
    return xr.Dataset(
        {
            "measured": (("seed", "lag", "mode"), np.stack([modes for modes, _ in fits], axis=1)),
            "joint": (("seed", "lag"), np.stack([joint for _, joint in fits], axis=1)),
            "theory": (("lag", "mode"), theory),
            "mismatch": ("lag", np.abs(general - theory.sum(axis=1))),
        },
        coords={"lag": list(config.lags), "mode": list(config.eigenvalues)},
    )


def _gaussian_fit(now: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Information of each mode with itself, and of all with all, from sample covariances: (seeds, modes), (seeds,)."""
    both = np.concatenate([now, after], axis=-1)
    both = both - both.mean(axis=1, keepdims=True)
    joint = np.swapaxes(both, 1, 2) @ both / both.shape[1]
    size = now.shape[-1]

    def log_det(matrices: np.ndarray) -> np.ndarray:
        return np.linalg.slogdet(matrices)[1]

    total = (log_det(joint[:, :size, :size]) + log_det(joint[:, size:, size:]) - log_det(joint)) / 2
    variances = np.diagonal(joint, axis1=1, axis2=2)
    across = np.diagonal(joint[:, :size, size:], axis1=1, axis2=2)
    return -np.log1p(-(across**2) / (variances[:, :size] * variances[:, size:])) / 2, total


def sharing(config: Config) -> xr.Dataset:
    """Linear encoders that climb information plus weighted entropy, and the shares that water-filling predicts.

    The encoder's covariance P = W W^T / tr W W^T has a fixed trace; what it tells is log det(I + G^1/2 P G^1/2) / 2.
    Nothing says that P should share the gains' axes, or that it should be found by ascent from a random W.

    Args:
        config: the numbers.

    Returns:
        ``dimension`` (seed, weight) and ``shares`` (seed, weight, mode) that were reached; ``theory`` and
        ``theory_shares`` for weights of at least 0, NaN below.
    """
    gains, weights = np.asarray(config.gains), np.asarray(config.weights)
    root = jnp.sqrt(jnp.asarray(gains))
    rate = optax.cosine_decay_schedule(config.ascent_rate, config.ascent_steps)
    optimizer = optax.adam(rate)

    def covariance(w: Float[Array, "d d"]) -> Float[Array, "d d"]:
        return w @ w.T / jnp.sum(w**2)

    def loss(w: Array, weight: Array) -> Array:
        p = covariance(w)
        both = jnp.linalg.eigvalsh(jnp.stack([p, root[:, None] * p * root[None, :]]))
        shares = jnp.maximum(both[0], 1e-12)
        return weight * jnp.sum(shares * jnp.log(shares)) - jnp.sum(jnp.log1p(both[1])) / 2

    def climb(weight: Array, key: PRNGKeyArray) -> Array:
        def step(carry: tuple, _: None) -> tuple[tuple, None]:
            w, state = carry
            updates, state = optimizer.update(jax.grad(loss)(w, weight), state)
            return (optax.apply_updates(w, updates), state), None

        w = jax.random.normal(key, (len(gains), len(gains)))
        (w, _), _ = jax.lax.scan(step, (w, optimizer.init(w)), None, length=config.ascent_steps)
        return covariance(w)

    keys = jax.random.split(jax.random.key(config.seed + 3), config.seeds)
    reached = jax.jit(jax.vmap(jax.vmap(climb, (0, None)), (None, 0)))(jnp.asarray(weights), keys)
    shares = np.linalg.eigvalsh(np.asarray(reached))[..., ::-1]
    entropy = -np.sum(shares * np.log(np.maximum(shares, 1e-300)), axis=-1)
    predicted = np.array(
        [entropic_water_filling(gains, weight) if weight >= 0 else np.full(len(gains), np.nan) for weight in weights]
    )
    sizes = [effective_modes(p) if np.isfinite(p).all() else np.nan for p in predicted]
    return xr.Dataset(
        {
            "dimension": (("seed", "weight"), np.exp(entropy)),
            "shares": (("seed", "weight", "mode"), shares),
            "theory": ("weight", sizes),
            "theory_shares": (("weight", "mode"), predicted),
        },
        coords={"weight": weights, "mode": np.arange(1, len(gains) + 1)},
    )


def operator(config: Config) -> xr.Dataset:
    """The ridge regression of the latents' operator: exact on linear data, and how much it shrinks eigenvalues.

    Args:
        config: the numbers.

    Returns:
        ``error`` (seed), largest entry, with hardly any ridge and eight times as many states as dimensions, and
        ``short_error`` with one pair fewer than dimensions; ``shrunk`` (seed, scale), mean share by which eigenvalues
        shrink under the ridge, and ``theory`` (scale); ``sequence`` (seed, scale), for a sequence of training's length.
    """
    size, scales = config.latent, jnp.asarray(config.scales)
    of_turns, of_rest = jax.random.split(jax.random.key(config.seed + 4))
    turns = np.linalg.qr(np.asarray(jax.random.normal(of_turns, (config.seeds, size, size))))[0]

    @jax.jit
    @jax.vmap
    def regress(turn: Array, key: PRNGKeyArray) -> dict[str, Array]:
        of_start, of_cloud = jax.random.split(key)
        _, path = jax.lax.scan(lambda z, _: (z @ turn, z), jax.random.normal(of_start, (size,)), None, length=8 * size)
        cloud = jax.random.normal(of_cloud, (config.ridge_pairs, size))

        def shrunk(scale: Array, pairs: int) -> Array:
            # under the identity map, where what the regression does to eigenvalues can be read off the trace
            still = scale * jnp.repeat(cloud[:pairs, None, :], 2, axis=1)
            return 1 - jnp.trace(pooled_operator(still, config.ridge)) / size

        return {
            "error": jnp.abs(batch_ridge(path[None], NO_RIDGE)[0] - turn).max(),
            "short_error": jnp.abs(batch_ridge(path[None, :size], NO_RIDGE)[0] - turn).max(),
            "shrunk": jax.vmap(lambda scale: shrunk(scale, config.ridge_pairs))(scales),
            "sequence": jax.vmap(lambda scale: shrunk(scale, config.length - 1))(scales),
        }

    found = regress(jnp.asarray(turns), jax.random.split(of_rest, config.seeds))
    dims = {"error": ("seed",), "short_error": ("seed",), "shrunk": ("seed", "scale"), "sequence": ("seed", "scale")}
    theory = [shrinkage(config.ridge_pairs, scale, config.ridge) for scale in config.scales]
    variables = {name: (dims[name], np.asarray(value)) for name, value in found.items()}
    return xr.Dataset(variables | {"theory": ("scale", theory)}, coords={"scale": list(config.scales)})
