"""Layers, spline and losses beside closed forms, SciPy and PyTorch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline

from separatrix.models.koopman_vae import gaussian_divergence, linear_prediction_loss, natural_spline, propagate
from separatrix.models.koopman_vae.batch_norm import BatchNorm
from separatrix.models.koopman_vae.draws import drawn
from separatrix.models.koopman_vae.irregular import ControlledFlow
from separatrix.models.koopman_vae.prior import GRUPrior
from separatrix.models.koopman_vae.recurrent import GRULayer

RNG = np.random.default_rng(0)
TIMES = np.sort(RNG.uniform(0, 3, 12))
VALUES = RNG.normal(size=12)


@pytest.mark.parametrize("lost", [[], [1, 4, 5, 7], [0, 1, 10, 11], list(range(1, 11))])
def test_spline_is_scipys_and_stays_at_its_ends(lost):
    seen = np.ones(12, bool)
    seen[lost] = False
    path = natural_spline(jnp.array(TIMES), jnp.array(np.where(seen, VALUES, np.nan)), jnp.array(seen))
    peer = CubicSpline(TIMES[seen], VALUES[seen], bc_type="natural")
    within = np.clip(TIMES, TIMES[seen][0], TIMES[seen][-1])
    np.testing.assert_allclose(path.values, peer(within), atol=1e-12)
    np.testing.assert_allclose(path.slopes, np.where(within == TIMES, peer(TIMES, 1), 0), atol=1e-11)
    other = CubicSpline(TIMES[seen], VALUES[seen])(TIMES, 1)
    assert seen.sum() < 3 or np.abs(path.slopes - other).max() > 1e-3


def test_spline_of_one_point_is_constant():
    seen = np.arange(12) == 5
    path = natural_spline(jnp.array(TIMES), jnp.array(VALUES), jnp.array(seen))
    np.testing.assert_array_equal(path.values, VALUES[5])
    np.testing.assert_array_equal(path.slopes, 0)


@pytest.mark.torch
@pytest.mark.parametrize("directions", [1, 2])
def test_gru_is_pytorchs(directions):
    torch = pytest.importorskip("torch")
    ours = drawn(lambda draw: GRULayer(3, 4, directions, draw), jax.random.key(0))
    theirs = torch.nn.GRU(3, 4, batch_first=True, bidirectional=directions == 2).double()
    with torch.no_grad():
        for place, suffix in enumerate(["", "_reverse"][:directions]):
            second = np.concatenate([np.zeros(8), np.asarray(ours.candidate_bias[place])])
            for name, value in (
                ("weight_ih", ours.input_weight[place]),
                ("weight_hh", ours.recurrent_weight[place]),
                ("bias_ih", ours.bias[place]),
                ("bias_hh", second),
            ):
                getattr(theirs, f"{name}_l0{suffix}").copy_(torch.tensor(np.array(value)))
        series = RNG.normal(size=(5, 7, 3))
        expected = theirs(torch.tensor(series))[0].numpy()
    found = np.transpose(ours(jnp.array(np.transpose(series, (1, 2, 0)))), (2, 0, 1))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_normalisation_settles_on_the_data_set():
    features = jnp.array(RNG.normal(2.0, 3.0, size=(6, 2, 5)))
    settled = BatchNorm(2).settled(features)
    np.testing.assert_allclose(settled(features, training=False), settled(features, training=True), atol=1e-12)
    np.testing.assert_allclose(settled(features, training=False).mean((0, 2)), 0, atol=1e-12)
    assert np.abs(settled(features[:1], training=False).mean((0, 2))).max() > 1e-2


def test_divergence_is_that_of_samples_and_its_gradient_the_closed_form():
    laws = (jnp.array(0.3), jnp.array(-0.5), jnp.array(1.1), jnp.array(0.4))
    noise = jax.random.normal(jax.random.key(1), (200_000,))
    draws = laws[0] + jnp.exp(laws[1] / 2) * noise

    def log_density(mean, log_variance):
        return -0.5 * (log_variance + (draws - mean) ** 2 / jnp.exp(log_variance))

    sampled = np.mean(log_density(*laws[:2]) - log_density(*laws[2:]))
    formula = float(gaussian_divergence(*laws))
    assert formula == pytest.approx(sampled, rel=1e-2)  # four standard errors of 200 000 samples
    assert float(gaussian_divergence(*laws[2:], *laws[:2])) != pytest.approx(sampled, rel=1e-2)
    slope = jax.grad(gaussian_divergence, argnums=2)(*laws)
    np.testing.assert_allclose(slope, -(laws[0] - laws[2]) / np.exp(laws[3]))


def test_linear_loss_vanishes_on_linear_series_at_every_lag():
    operator = jnp.array([[0.8, 0.3], [-0.4, 0.9]])
    latents = propagate(jnp.array(RNG.normal(size=(4, 2))), operator, 9)
    for scaling in ("squares", "frobenius"):
        assert float(linear_prediction_loss(latents, operator, 3, scaling)) < 1e-25
        assert float(linear_prediction_loss(latents, operator.T, 3, scaling)) > 1e-4


def test_the_codes_scaling_grows_with_the_latent_states():
    latents, operator = jnp.array(RNG.normal(size=(4, 9, 2))), jnp.array([[0.8, 0.3], [-0.4, 0.9]])
    large, small = (float(linear_prediction_loss(c * latents, operator, 1, "frobenius")) for c in (10.0, 1.0))
    assert large == pytest.approx(10 * small)


def test_laws_given_a_priors_own_states_are_those_they_were_drawn_from():
    prior = drawn(lambda draw: GRUPrior(2, 5, 1, draw), jax.random.key(2))
    noise, known = jnp.array(RNG.normal(size=(3, 6, 2))), jnp.array(RNG.normal(size=(3, 1)))
    own = prior.sample(noise, known)
    given = prior.laws(own.states, known)
    np.testing.assert_allclose(given.mean, own.mean, atol=1e-12)
    np.testing.assert_allclose(given.log_variance, own.log_variance, atol=1e-12)
    np.testing.assert_array_equal(prior.sample(noise, known, 1.0).states, noise)


def test_controlled_flow_converges_to_the_equations_solution():
    flow = drawn(lambda draw: ControlledFlow(1, 2, draw), jax.random.key(3))

    def end(steps):
        times = jnp.linspace(0, 1, steps + 1)
        return flow(jnp.stack([times, jnp.ones_like(times)], axis=1)[None])[0, -1]

    start = np.asarray(flow(jnp.array([[[0.0, 1.0], [0.1, 1.0]]]))[0, 0])
    field = jax.jit(lambda h: flow.field(h.reshape(1, 2, 1), jnp.ones((1, 1, 1))).ravel())
    exact = solve_ivp(lambda t, h: np.asarray(field(h)), (0, 1), start, rtol=1e-10, atol=1e-12).y[:, -1]
    errors = [np.abs(np.asarray(end(steps)) - exact).max() for steps in (20, 40)]
    assert errors[1] < errors[0] / 3  # second order, fourfold, but for the kinks of ReLU
