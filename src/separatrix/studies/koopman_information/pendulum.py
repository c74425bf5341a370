"""Autoencoders of a pendulum under every setting of the loss: what becomes of their latents and forecasts."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PRNGKeyArray

from separatrix.models.koopman.autoencoder import Autoencoder
from separatrix.models.koopman.batch_ridge import mean_operator, pooled_operator
from separatrix.models.koopman.information import contrast, cosine_scores, latent_covariance, latent_dimension
from separatrix.studies.koopman_information.config import Config
from separatrix.studies.koopman_information.settings import TABLE, pressures
from separatrix.studies.koopman_information.training import Sizes, rollout_errors, root_mean_square, train_all
from separatrix.theory.temporal_information import contrast_ceiling

STEP = 0.1
"""Time between states."""
ENERGY = 0.9
"""Energies are uniform between minus and plus this: below the separatrix at 1."""
SHOWN = 300
"""States of which the latents are kept, of the first seed, to be drawn."""


def pendulum_series(
    key: PRNGKeyArray, count: int, times: int
) -> tuple[Float[Array, "count times 3"], Float[Array, " count"]]:
    """Swings of a pendulum, each at its own energy.

    Args:
        key: decides energies, angles and directions.
        count: how many.
        times: states of each.

    Returns:
        States (cos angle, sin angle, angular velocity) and energies, in single precision.
    """
    of_energy, of_angle, of_side = jax.random.split(key, 3)
    energy = jax.random.uniform(of_energy, (count,), minval=-ENERGY, maxval=ENERGY)
    angle = jnp.arccos(-energy) * jax.random.uniform(of_angle, (count,), minval=-1.0, maxval=1.0)
    velocity = jnp.sqrt(2 * (energy + jnp.cos(angle))) * jax.random.rademacher(of_side, (count,))

    def law(state: Array) -> Array:
        return jnp.stack([state[1], -jnp.sin(state[0])])

    def step(state: Array, _: None) -> tuple[Array, Array]:
        k1 = law(state)
        k2 = law(state + STEP / 2 * k1)
        k3 = law(state + STEP / 2 * k2)
        k4 = law(state + STEP * k3)
        return state + STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4), state

    path = jax.lax.scan(step, jnp.stack([angle, velocity]), None, length=times)[1]
    states = jnp.stack([jnp.cos(path[:, 0]), jnp.sin(path[:, 0]), path[:, 1]], axis=-1)
    return jnp.swapaxes(states, 0, 1).astype(jnp.float32), energy.astype(jnp.float32)


def pendulum(config: Config) -> xr.Dataset:
    """Train on swings of a pendulum under all settings, and look at the latents of test swings.

    Args:
        config: the numbers.

    Returns:
        With the dims (seed, setting): ``dimension`` (effective), ``told`` (contrast of the test sequences, nats),
        ``norm`` and ``first_norm`` (of latents, after and before training), ``rollout`` and ``pooled_rollout`` (error
        by horizon of decoded forecasts, with the average of operators and with one regression), ``shares`` (of the
        latents' variance by mode), ``linear_energy`` and ``quadratic_energy`` (R^2 of the energy read from latents).
        ``ceiling`` of what contrast can tell; ``picture``: two leading components of test latents of the first seed,
        with their ``energy``.
    """
    sizes = Sizes(
        3,
        config.latent,
        config.hidden,
        config.length,
        config.batch,
        config.steps,
        config.rate,
        config.neighbours,
        config.temperature,
    )

    def data(key: PRNGKeyArray) -> tuple[Array, tuple[Array, Array]]:
        of_train, of_test = jax.random.split(key)
        series, _ = pendulum_series(of_train, config.sequences, config.length)
        return series, pendulum_series(of_test, config.test_sequences, max(config.length, config.horizon + 1))

    def observe(first: Autoencoder, model: Autoencoder, series: Array, test: tuple, ridge: Array) -> dict[str, Array]:
        truth, energy = test
        seen = truth[:, : config.length]
        latents, fitted = model.encoder(seen), model.encoder(series)
        covariance = latent_covariance(latents)
        scores = jax.vmap(lambda z: contrast(cosine_scores(z, config.temperature), config.neighbours))
        return {
            "dimension": latent_dimension(latents),
            "covariance": covariance,
            "told": jnp.mean(scores(latents)),
            "norm": root_mean_square(latents),
            "first_norm": root_mean_square(first.encoder(seen)),
            "rollout": rollout_errors(model, mean_operator(fitted, ridge), truth, config.horizon),
            "pooled_rollout": rollout_errors(model, pooled_operator(fitted, ridge), truth, config.horizon),
            "latents": latents,
            "energy": energy,
        }

    keys = jax.random.split(jax.random.key(config.seed), config.seeds)
    found = train_all(sizes, pressures(tuple(TABLE)), keys, data, observe)
    return _labelled({name: np.asarray(value, float) for name, value in found.items()}, config)


def _labelled(found: dict[str, np.ndarray], config: Config) -> xr.Dataset:
    latents, energy = found.pop("latents"), found.pop("energy")
    shares = np.linalg.eigvalsh(found.pop("covariance"))[..., ::-1]
    extra = {"rollout": ("step",), "pooled_rollout": ("step",)}
    variables: dict[str, Any] = {
        name: (("seed", "setting", *extra.get(name, ())), value) for name, value in found.items()
    }
    variables["shares"] = (("seed", "setting", "mode"), shares / shares.sum(axis=-1, keepdims=True))
    for name, quadratic in (("linear_energy", False), ("quadratic_energy", True)):
        variables[name] = (("seed", "setting"), energy_read(latents, energy, quadratic=quadratic))
    picture, colours = _picture(latents[0], energy[0, 0])
    variables["picture"], variables["energy"] = (("setting", "point", "axis"), picture), (("point",), colours)
    coords = {
        "setting": list(TABLE),
        "step": np.arange(1, config.horizon + 1),
        "mode": np.arange(1, config.latent + 1),
        "time": ("step", STEP * np.arange(1, config.horizon + 1)),
    }
    variables["ceiling"] = ((), np.array(contrast_ceiling(config.length, config.neighbours)))
    return xr.Dataset(variables, coords=coords)


def energy_read(latents: np.ndarray, energy: np.ndarray, *, quadratic: bool) -> np.ndarray:
    """R^2 of the energy of a swing, read from its latents by regression on half of the swings, on the other half.

    Args:
        latents: (..., swings, times, d).
        energy: of each swing, (..., swings).
        quadratic: whether products of latents are read too.

    Returns:
        R^2, (...).
    """
    *many, swings, times, size = latents.shape
    scaled = latents / latents.std(axis=(-3, -2, -1), keepdims=True)
    parts = [np.ones((*many, swings, times, 1)), scaled]
    if quadratic:
        first, second = np.triu_indices(size)
        parts.append(scaled[..., first] * scaled[..., second])
    rows = np.concatenate(parts, axis=-1)
    half = swings // 2

    def flat(values: np.ndarray) -> np.ndarray:
        return values.reshape(*many, -1, values.shape[-1])

    targets = np.broadcast_to(energy[..., None, None], (*many, swings, times, 1))
    design, seen = flat(rows[..., :half, :, :]), flat(targets[..., :half, :, :])
    gram = np.swapaxes(design, -1, -2) @ design
    # a trace of ridge: latents of low rank make products that depend on each other
    gram = gram + 1e-8 * np.trace(gram, axis1=-2, axis2=-1)[..., None, None] * np.eye(gram.shape[-1])
    weights = np.linalg.solve(gram, np.swapaxes(design, -1, -2) @ seen)
    test, truth = flat(rows[..., half:, :, :]), flat(targets[..., half:, :, :])
    missed = np.sum((test @ weights - truth) ** 2, axis=(-2, -1))
    return 1 - missed / np.sum((truth - truth.mean(axis=-2, keepdims=True)) ** 2, axis=(-2, -1))


def _picture(latents: np.ndarray, energy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two leading principal components of some latents, each scaled to the first's spread."""
    settings, _, times, size = latents.shape
    rows = latents.reshape(settings, -1, size)
    rows = rows - rows.mean(axis=1, keepdims=True)
    chosen = np.linspace(0, rows.shape[1] - 1, SHOWN).astype(int)
    axes = np.linalg.eigh(np.swapaxes(rows, 1, 2) @ rows)[1][..., ::-1]
    components = rows @ axes[..., :2]
    components = components / components[..., :1].std(axis=1, keepdims=True)
    return components[:, chosen], np.repeat(energy, times)[chosen]
