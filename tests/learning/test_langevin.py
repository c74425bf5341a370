"""Langevin dynamics samples the posterior that it should, and threshold networks are counted right."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.dynamics import EulerMaruyama, Setup, ensemble, evolve
from separatrix.errors import SeparatrixError
from separatrix.learning import half_mean_squared
from separatrix.learning.networks import boolean_inputs, threshold_network_counts
from separatrix.learning.rules import GaussianPrior, langevin, mean_predictive, posterior_energy, stochastic_langevin

X = np.random.default_rng(0).standard_normal((20, 2))
Y = X @ np.array([1.0, -0.5]) + np.random.default_rng(1).standard_normal(20)
DATA = (jnp.asarray(X), jnp.asarray(Y[:, None]))
SCALE = 0.7
PRECISION = X.T @ X + np.eye(2) / SCALE**2


def loss(walkers, batch):
    """Of the mean linear model, summed over walkers: each moves by itself."""
    return sum(half_mean_squared(lambda x, w=w: (w @ x)[None], batch) for w in walkers)


def sample(beta=1.0, share=1.0):
    energy = posterior_energy(loss, DATA, GaussianPrior(SCALE), beta)
    law = langevin(lambda walkers: share * energy(walkers))
    times = np.concatenate([[0.0], 2.0 + 0.1 * np.arange(80)])
    run = evolve(law, jnp.zeros((20, 2)), times, observe={"w": lambda w: w}, method=EulerMaruyama(0.005))
    return run.w.to_numpy()[1:].reshape(-1, 2)


def test_samples_have_the_posterior_s_mean_and_covariance():
    drawn = sample()
    np.testing.assert_allclose(drawn.mean(axis=0), np.linalg.solve(PRECISION, X.T @ Y), atol=0.03)
    np.testing.assert_allclose(np.cov(drawn.T) @ PRECISION, np.eye(2), atol=0.2)  # a thousand independent samples


def test_the_mean_for_the_sum_is_n_times_too_hot():
    hot = np.cov(sample(share=1 / 20).T) @ PRECISION
    assert np.diag(hot).min() > 5


def test_no_likelihood_leaves_the_prior():
    energy = posterior_energy(loss, DATA, GaussianPrior(SCALE), 0.0)
    np.testing.assert_allclose(energy(jnp.ones((1, 2))), 1 / SCALE**2)
    np.testing.assert_allclose(langevin(energy).drift(0.0, jnp.ones((1, 2))), -0.5 / SCALE**2)


def test_batches_give_the_posterior_s_mean_and_more_than_its_spread():
    rule = stochastic_langevin(loss, DATA, GaussianPrior(SCALE), 2e-3, 5)

    def build(key):
        return Setup(rule, jnp.zeros((1, 2)), {"w": lambda w: w[0]})

    run = ensemble(build, [0, *range(2000, 4001, 50)], seeds=40)
    drawn = run.w.isel(time=slice(1, None)).to_numpy().reshape(-1, 2)
    np.testing.assert_allclose(drawn.mean(axis=0), np.linalg.solve(PRECISION, X.T @ Y), atol=0.05)
    spread = np.diag(np.cov(drawn.T) @ PRECISION)
    assert np.all((spread > 0.9) & (spread < 1.6))


def test_models_may_hold_what_does_not_move():
    model = {"w": jnp.ones(2), "rank": jnp.array(3)}
    law = langevin(lambda m: jnp.sum(m["w"] ** 2))
    run = evolve(law, model, [0.0, 0.1], observe={"w": lambda m: m["w"]}, method=EulerMaruyama(0.1))
    assert np.isfinite(run.w).all() and not np.allclose(run.w[1], run.w[0])


def test_probabilities_are_averaged_not_their_logarithms():
    chances = np.array([[0.9, 0.2], [0.1, 0.4]])
    np.testing.assert_allclose(jnp.exp(mean_predictive(jnp.log(chances))), chances.mean(axis=0), rtol=1e-12)
    assert not np.allclose(np.exp(np.log(chances).mean(axis=0)), chances.mean(axis=0))


@pytest.mark.parametrize(("step", "batch"), [(0.0, 2), (-1.0, 2), (0.1, 0)])
def test_steps_and_batches_that_are_none_are_refused(step, batch):
    with pytest.raises(SeparatrixError, match="parameter of stochastic_langevin"):
        stochastic_langevin(loss, DATA, GaussianPrior(), step, batch)


def test_counts_of_functions_are_those_of_a_loop_over_all_parameters():
    points, counts = boolean_inputs(2), np.zeros(16, int)
    for parameters in itertools.product((-1, 0, 1), repeat=5):
        *w, b, v, c = parameters
        hidden = [1 if np.dot(w, x) + b > 0 else -1 for x in points]
        number = sum((v * h + c > 0) << j for j, h in enumerate(hidden))
        counts[number] += 1
    np.testing.assert_array_equal(threshold_network_counts(2, 1), counts)


def test_two_units_of_three_inputs_are_all_counted():
    counts = threshold_network_counts()
    assert counts.sum() == 3**11 and (counts > 0).sum() == 230
    parity = sum(1 << j for j, x in enumerate(boolean_inputs(3)) if np.prod(x) > 0)
    assert counts[parity] == 0  # parity of three needs three units
