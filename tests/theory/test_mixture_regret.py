"""Regret of mixtures against sums over all sequences, and every bound against the exact value."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from separatrix.theory import bernoulli_mixture as coin
from separatrix.theory import gaussian_mixture as linear
from separatrix.theory import learning_coefficient as singular
from separatrix.theory import mixture_regret as mixture

COINS = np.array([0.1, 0.3, 0.5, 0.8])
LOG_PRIOR = np.log([0.4, 0.3, 0.2, 0.1])
N = 6


@pytest.fixture(scope="module")
def exact():
    """Regret of the mixture for each coin as the truth, by a sum over all sequences."""
    sequences = np.array(list(itertools.product([0, 1], repeat=N)))
    ones = sequences.sum(axis=1)
    chances = COINS[:, None] ** ones * (1 - COINS[:, None]) ** (N - ones)
    mixed = np.exp(LOG_PRIOR) @ chances
    return (chances * np.log(chances / mixed)).sum(axis=1) / N


def divergences(place):
    truth = jnp.full(len(COINS), COINS[place])
    return mixture.bernoulli_divergence(truth, jnp.asarray(COINS))


@pytest.mark.parametrize("place", range(len(COINS)))
def test_bounds_hold_and_the_ball_is_the_weaker(exact, place):
    n, prior = jnp.array([float(N)]), jnp.asarray(LOG_PRIOR)
    bound, radius = mixture.regret_bound(divergences(place), prior, n)
    gibbs = mixture.gibbs_bound(divergences(place), prior, n)
    assert exact[place] <= float(gibbs[0]) <= float(bound[0])
    by_hand = min(
        float(eps) - float(mixture.log_weight(divergences(place), prior, eps)) / N for eps in divergences(place)
    )
    assert float(bound[0]) == pytest.approx(by_hand, rel=1e-12)
    assert float(radius[0]) in np.asarray(divergences(place))
    assert float(bound[0]) <= -LOG_PRIOR[place] / N + 1e-12


def test_predictions_multiply_to_the_mixture_and_posteriors_follow_bayes():
    rng = np.random.default_rng(0)
    symbols = rng.integers(0, 2, 9)
    logs = np.log(np.where(symbols[:, None] == 1, COINS, 1 - COINS))
    predicted, posterior = mixture.sequential_predictive(jnp.asarray(LOG_PRIOR), jnp.asarray(logs))
    whole = np.log(np.exp(LOG_PRIOR) @ np.exp(logs.sum(axis=0)))
    assert float(predicted.sum()) == pytest.approx(whole, rel=1e-12)
    np.testing.assert_allclose(posterior[0], LOG_PRIOR - np.log(np.exp(LOG_PRIOR).sum()), atol=1e-12)
    np.testing.assert_allclose(posterior[-1], LOG_PRIOR + logs.sum(axis=0) - whole, atol=1e-12)
    next_one = float(jnp.exp(posterior[3]) @ jnp.asarray(COINS))
    assert np.exp(predicted[3]) == pytest.approx(next_one if symbols[3] else 1 - next_one)


def test_supervised_regret_is_the_mean_divergence_of_the_mixed_prediction():
    models = jnp.array([[0.1, 0.9], [0.9, 0.9]])
    found = mixture.supervised_regret(jnp.log(jnp.array([0.5, 0.5])), models, models[0])
    mixed = stats.entropy([0.1, 0.9], [0.5, 0.5])
    assert float(found) == pytest.approx(mixed / 2)
    certain = mixture.supervised_regret(jnp.array([0.0, -jnp.inf]), models, models[0])
    assert float(certain) == pytest.approx(0.0, abs=1e-12)


def test_exact_coin_regret_is_the_sum_over_sequences_under_the_integrated_prior():
    ones = np.array([sum(s) for s in itertools.product([0, 1], repeat=5)])
    chance = 0.3**ones * 0.7 ** (5 - ones)
    mixed = np.array([integrate.quad(lambda p, k=k: p**k * (1 - p) ** (5 - k), 0, 1)[0] for k in ones])
    assert coin.bernoulli_regret(0.3, 5) == pytest.approx(np.sum(chance * np.log(chance / mixed)) / 5, rel=1e-9)


def test_the_expansion_has_an_error_of_second_order_and_is_wrong_without_its_constant():
    errors = [n * (coin.bernoulli_regret(0.3, n) - coin.bernoulli_regret_expansion(0.3, n)) for n in (500, 1000)]
    assert errors[0] / errors[1] == pytest.approx(2.0, rel=0.05)
    assert abs(coin.bernoulli_regret(0.3, 1000) * 1000 - np.log(1000) / 2) > 0.5


def test_the_weight_of_a_coin_is_the_length_of_its_interval():
    radius = np.array([1e-4, 0.1, 50.0])
    weight = coin.bernoulli_weight(0.3, radius)
    assert weight[0] == pytest.approx(2 * np.sqrt(2 * 1e-4 * 0.3 * 0.7), rel=1e-3)  # a parabola that near
    assert weight[2] == pytest.approx(1.0)
    grid = np.linspace(0, 1, 200_001)[1:-1]
    inside = np.asarray(mixture.bernoulli_divergence(jnp.full(len(grid), 0.3), jnp.asarray(grid))) <= 0.1
    assert weight[1] == pytest.approx(inside.mean(), abs=2e-5)


def test_gaussian_regret_is_the_divergence_of_two_normals():
    rng = np.random.default_rng(1)
    z, truth = rng.standard_normal((7, 3)), rng.standard_normal(3)
    covariance = np.eye(7) + z @ z.T
    inverse, mean = np.linalg.inv(covariance), z @ truth
    direct = 0.5 * (np.linalg.slogdet(covariance)[1] + np.trace(inverse) - 7 + mean @ inverse @ mean)
    assert linear.gaussian_regret(z.T @ z, truth) == pytest.approx(direct, rel=1e-10)


def test_evidence_of_a_linear_model_is_a_normal_density():
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((6, 4)), rng.standard_normal(6)
    covariance = 0.49 * np.eye(6) + 4.0 * x @ x.T
    peer = stats.multivariate_normal(np.zeros(6), covariance).logpdf(y)
    assert linear.linear_log_evidence(x, y, 2.0, 0.7) == pytest.approx(peer, rel=1e-10)


def test_dimension_and_cost_of_known_spectra():
    values = np.array([1e9, 1e9, 1.0, 0.0, -5.0])
    assert linear.effective_dimension(values, 1.0) == pytest.approx(2.5)
    assert linear.effective_dimension(values, 1.0, 1e6) == pytest.approx(3.0)
    draws = np.random.default_rng(3).standard_normal((4000, 2))
    gram = np.diag([30.0, 2.0])
    mean = np.mean([linear.gaussian_regret(gram, b) for b in draws])
    assert linear.occam_cost(np.diag(gram), 1.0) == pytest.approx(mean, abs=0.05)  # five standard errors


def test_laplace_weight_of_a_small_ball_is_a_chi_squared_chance():
    eigenvalues, radius = np.full(3, 2.0), 1e-5
    ball = stats.chi2(3).cdf(2 * radius / 2.0)
    assert linear.laplace_log_weight(eigenvalues, radius, np.zeros(3)) == pytest.approx(np.log(ball), abs=1e-4)
    away = linear.laplace_log_weight(eigenvalues, radius, np.ones(3))
    assert away == pytest.approx(np.log(ball) - 1.5, abs=1e-4)


def test_the_product_model_is_integrated_exactly():
    t = np.array([0.5, 20.0])
    normal = stats.norm.pdf
    numeric = [integrate.quad(lambda a, s=s: normal(a) / np.sqrt(1 + s * a**2), -12, 12)[0] for s in t]
    np.testing.assert_allclose(singular.product_log_partition(t), np.log(numeric), rtol=1e-7)
    step = 1e-4
    slope = singular.product_log_partition(t * (1 + step)) - singular.product_log_partition(t * (1 - step))
    np.testing.assert_allclose(singular.product_divergence(t), -slope / (2 * step * t), rtol=1e-6)
    chance = np.mean(np.abs(np.prod(np.random.default_rng(4).standard_normal((2, 400_000)), axis=0)) <= 0.2)
    assert float(singular.product_weight(np.array(0.02))) == pytest.approx(chance, abs=4e-3)  # five standard errors


def test_evidence_of_data_under_the_product_model():
    population = singular.product_log_evidence(1.0, jnp.array(20.0), jnp.array(0.0))
    assert float(population) == pytest.approx(float(singular.product_log_partition(np.array(20.0))), rel=1e-9)


def test_integrating_over_temperatures_gives_the_weight_and_a_regular_count_does_not():
    t = np.geomspace(1e-3, 1e4, 200)
    weight = singular.thermodynamic_log_weight(t, singular.product_divergence(t))
    np.testing.assert_allclose(weight[-1], -singular.product_log_partition(t)[-1], rtol=1e-3)
    regular = singular.thermodynamic_log_weight(t, np.stack([1 / (1 + t)] * 2))
    np.testing.assert_allclose(regular[:, -1], np.log1p(t[-1]), rtol=1e-3)
    assert np.log1p(t[-1]) > 2 * weight[-1]
    drift = np.diff(-singular.product_log_partition(np.array([1e6, 1e8])))
    leading = np.diff(singular.free_energy(0.5, 2, np.array([1e6, 1e8])))
    assert drift == pytest.approx(leading, rel=0.02)
    assert abs(float(drift[0]) - float(np.diff(singular.free_energy(1.0, 1, np.array([1e6, 1e8])))[0])) > 1
