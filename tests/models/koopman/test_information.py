import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.models.koopman.autoencoder import autoencoder
from separatrix.models.koopman.information import (
    Pressures,
    contrast,
    cosine_scores,
    information_loss,
    latent_covariance,
    latent_dimension,
    von_neumann_entropy,
)
from separatrix.theory.temporal_information import contrast_ceiling

LATENTS = jax.random.normal(jax.random.key(0), (16, 5))


def contrast_by_loops(scores, k):
    """The definition, anchor by anchor."""
    times, losses = len(scores), []
    for n in range(k, times - k):
        near = [m for m in range(n - k, n + k + 1) if m != n]
        others = [m for m in range(times) if m != n]
        losses.append(-np.log(np.exp(scores[n, near]).sum() / np.exp(scores[n, others]).sum()))
    return np.mean(losses)


def test_contrast_is_its_definition():
    scores = cosine_scores(LATENTS, 0.5)
    assert float(contrast(scores, 3)) == pytest.approx(contrast_by_loops(np.asarray(scores), 3), rel=1e-12)
    assert float(contrast(scores, 3)) != pytest.approx(contrast_by_loops(np.asarray(scores), 2), rel=1e-2)


def test_a_constant_critic_reports_nothing_and_none_reports_more_than_the_ceiling():
    assert float(contrast(jnp.ones((16, 16)), 3)) == pytest.approx(contrast_ceiling(16, 3), abs=1e-12)
    apart = jnp.abs(jnp.arange(16)[:, None] - jnp.arange(16)[None, :])
    perfect = jnp.where(apart <= 3, 100.0, 0.0)
    assert 0 <= float(contrast(perfect, 3)) < 1e-12


def test_contrast_is_blind_to_norms():
    scales = jnp.linspace(0.1, 3.0, 16)[:, None]
    assert cosine_scores(scales * LATENTS, 0.1) == pytest.approx(np.asarray(cosine_scores(LATENTS, 0.1)), abs=1e-9)


def test_contrast_refuses_a_sequence_without_negatives():
    with pytest.raises(SeparatrixError, match="from 1 to 2 in a sequence of 7 states"):
        contrast(jnp.zeros((7, 7)), 3)


def test_effective_dimension_counts_directions():
    basis = jnp.linalg.qr(jax.random.normal(jax.random.key(1), (6, 6)))[0]
    covariance = basis[:, :3] @ basis[:, :3].T
    assert float(jnp.exp(von_neumann_entropy(covariance))) == pytest.approx(3, abs=1e-4)  # three more of 1e-8
    assert float(jnp.exp(von_neumann_entropy(7.0 * covariance))) == pytest.approx(3, abs=1e-4)
    assert float(latent_dimension(jnp.outer(jnp.arange(9.0), jnp.ones(4)))) == pytest.approx(1, abs=1e-4)


def test_entropy_has_its_gradient_where_eigenvalues_tie():
    # d/dA -tr rho log rho with rho = A / tr A vanishes at the identity, the maximum
    assert jnp.abs(jax.grad(von_neumann_entropy)(jnp.eye(3))).max() < 1e-12
    a = jnp.diag(jnp.array([0.5, 0.3, 0.2]))
    assert jnp.diag(jax.grad(von_neumann_entropy)(a)) == pytest.approx(
        -np.log([0.5, 0.3, 0.2]) - float(von_neumann_entropy(a)), rel=1e-9
    )


def test_latent_covariance_is_centred_over_all_sequences():
    latents = 3 + jax.random.normal(jax.random.key(2), (4, 7, 3))
    assert latent_covariance(latents) == pytest.approx(np.cov(latents.reshape(-1, 3).T), abs=1e-7)


def test_each_pressure_enters_with_its_sign():
    model = autoencoder(2, 3, (5,), key=jax.random.key(0), dtype=jnp.float64)
    windows = jax.random.normal(jax.random.key(3), (4, 9, 2))
    names = [field.name for field in dataclasses.fields(Pressures) if field.name != "ridge"]
    nothing = Pressures(**dict.fromkeys(names, jnp.asarray(0.0)))

    loss = eqx.filter_jit(information_loss)

    def added(name):
        one = eqx.tree_at(lambda p: getattr(p, name), nothing, jnp.asarray(1.0))
        return float(loss(model, windows, one) - loss(model, windows, nothing))

    latents = model.encoder(windows)
    assert added("entropy") == pytest.approx(-float(jnp.log(latent_dimension(latents))), rel=1e-9)
    told = np.mean([contrast(cosine_scores(z, 0.1), 3) for z in latents])
    assert added("contrast") == pytest.approx(told, rel=1e-9)
    assert added("reconstruction") == pytest.approx(float(jnp.mean((model.decoder(latents) - windows) ** 2)), rel=1e-9)
    assert added("linearity") > 0
