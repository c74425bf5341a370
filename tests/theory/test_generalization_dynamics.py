"""Exact errors of linear models: against closed forms, SciPy's quadrature, and gradient descent, with wrong twins."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate
from sklearn.linear_model import Ridge

from separatrix import theory
from separatrix.errors import SeparatrixError
from separatrix.theory.generalization_dynamics import CRITICAL_GROWTH

RATIOS = np.array([0.1, 0.5, 0.9, 0.999, 1.0, 1.001, 1.3, 5.0, 50.0])


def test_the_law_has_the_mass_and_the_inverse_moment_that_it_must():
    law = theory.marchenko_pastur(RATIOS)
    np.testing.assert_allclose(law.weights.sum(axis=-1), np.minimum(RATIOS, 1), rtol=1e-12)
    np.testing.assert_allclose(law.weights.sum(axis=-1) + law.atom, np.maximum(1, np.minimum(RATIOS, 1)), rtol=1e-12)
    inverse = (law.weights / law.eigenvalues).sum(axis=-1)
    off = RATIOS != 1
    np.testing.assert_allclose(inverse[off], np.minimum(RATIOS, 1)[off] / np.abs(RATIOS - 1)[off], rtol=1e-10)
    clipped = np.minimum(RATIOS, 1)[4] / 1e-3  # what clipping alpha = 1 to 1.001 would say; the true moment is infinite
    assert inverse[4] > 100 * clipped


@pytest.mark.parametrize("ratio", [0.5, 2.0])
def test_the_law_integrates_the_density(ratio):
    low, high = (float(edge) for edge in theory.spectrum_edges(ratio))
    law = theory.marchenko_pastur(ratio)
    angles = np.linspace(0, np.pi, 20_001)
    points = (low + high) / 2 - (high - low) / 2 * np.cos(angles)
    density = np.asarray(theory.spectral_density(points, ratio)) * (high - low) / 2 * np.sin(angles)
    for power in (1, 0.5):
        by_scipy = integrate.simpson(density * points**power, x=angles)
        np.testing.assert_allclose((law.weights * law.eigenvalues**power).sum(), by_scipy, rtol=1e-8)


@pytest.mark.parametrize("penalty", [1e-4, 0.1, 10.0])
def test_the_resolvent_is_that_of_the_law(penalty):
    law = theory.marchenko_pastur(RATIOS)
    mean = (law.weights / (law.eigenvalues + penalty)).sum(axis=-1) + law.atom / penalty
    np.testing.assert_allclose(theory.resolvent_trace(penalty, RATIOS), mean, rtol=1e-9)


def test_the_spectrum_of_a_large_matrix_follows_the_law():
    x = jax.random.normal(jax.random.key(0), (300, 600)) / 600**0.5  # 300 examples of 600 inputs
    data, law = theory.data_spectrum(x), theory.marchenko_pastur(0.5)
    times = np.geomspace(0.1, 100, 9)
    errors = [theory.test_error(m, times, 1.0, 0.2) for m in (data, law)]
    np.testing.assert_allclose(errors[0], errors[1], rtol=0.02)  # traces fluctuate by 1 / N
    assert float(data.atom) == pytest.approx(0.5, abs=1e-9)


def test_errors_are_those_of_gradient_descent_averaged_over_teachers_noise_and_starts():
    n, p, signal, noise, initial, draws = 6, 4, 0.8, 0.3, 0.5, 40_000
    keys = jax.random.split(jax.random.key(1), 4)
    x = jax.random.normal(keys[0], (p, n))
    covariance = jnp.diag(jnp.arange(1.0, n + 1)) / n
    teacher = signal**0.5 * jax.random.normal(keys[1], (draws, n))
    y = teacher @ x.T + noise**0.5 * jax.random.normal(keys[2], (draws, p))
    rate, steps = 1e-3, 400
    weights = jax.lax.fori_loop(
        0, steps, lambda _, w: w + rate * (y - w @ x.T) @ x, initial**0.5 * jax.random.normal(keys[3], (draws, n))
    )
    gap = teacher - weights
    found = float(jnp.mean(jnp.sum((gap @ covariance) * gap, axis=1))) + noise
    times = np.array([rate * steps])
    said = float(theory.test_error(theory.data_spectrum(x, covariance), times, signal, noise, initial)[0])
    # the mean over draws is good to 1 / sqrt(draws) of about 1, the flow to rate x eigenvalue
    assert said == pytest.approx(found, rel=0.02)
    assert abs(float(theory.test_error(theory.data_spectrum(x), times, signal, noise, initial)[0]) / found - 1) > 0.1
    train = float(jnp.mean((y - weights @ x.T) ** 2))
    told = float(theory.train_error(theory.data_spectrum(x), times, p / n, signal, noise, initial)[0])
    assert told == pytest.approx(train, rel=0.02)


def test_limits_in_time():
    law, times = theory.marchenko_pastur(RATIOS), np.array([0.0, 1e8])
    errors = np.asarray(theory.test_error(law, times, 1.0, 0.2, 0.5))
    np.testing.assert_allclose(errors[:, 0], 1.7, rtol=1e-12)
    ends = np.asarray(theory.final_test_error(RATIOS, 1.0, 0.2, 0.5))
    finite = np.isfinite(ends)
    assert finite.tolist() == (RATIOS != 1).tolist()
    np.testing.assert_allclose(errors[finite, 1], ends[finite], rtol=1e-9)
    start = np.asarray(theory.train_error(law, times, RATIOS, 1.0, 0.2, 0.5))
    np.testing.assert_allclose(start[:, 0], 1.7, rtol=1e-11)  # as many and as large inputs as in a test
    np.testing.assert_allclose(start[:, 1], 0.2 * np.maximum(1 - 1 / RATIOS, 0), atol=1e-4)


def test_at_ratio_one_the_error_grows_as_the_root_of_time():
    times = np.array([1e4, 1e6, 1e8])
    grown = np.asarray(theory.test_error(theory.marchenko_pastur(1.0), times, 1.0, 1.0)) - 1
    off = np.abs(grown / np.sqrt(times) / CRITICAL_GROWTH - 1)
    assert np.all(off < [1e-2, 1e-3, 1e-4])  # the bias that does not grow is of order 1
    beside = np.asarray(theory.test_error(theory.marchenko_pastur(1.01), times, 1.0, 1.0)) - 1
    assert beside[-1] < 0.2 * grown[-1]


def test_the_stopping_time_is_stationary_and_lowest():
    law = theory.marchenko_pastur(RATIOS)
    stop, lowest = theory.optimal_stopping(law, 1.0, 0.1)
    for index in range(len(RATIOS)):
        one = jax.tree.map(lambda leaf, i=index: leaf[i], law)
        grid = np.geomspace(0.01, 1e3, 400)
        errors = np.asarray(theory.test_error(one, grid, 1.0, 0.1))
        assert float(lowest[index]) <= errors.min() + 1e-12
        assert abs(np.log(grid[errors.argmin()] / float(stop[index]))) < 0.03  # the grid's step
        slope = jax.grad(lambda t, m=one: theory.test_error(m, t[None], 1.0, 0.1)[0])(stop[index])
        assert abs(float(slope * stop[index])) < 1e-4 * float(lowest[index])


def test_one_mode_stops_at_its_own_time():
    mode = theory.SpectralMeasure(jnp.array([3.0]), jnp.array([1.0]), jnp.asarray(0.0))
    stop, _ = theory.optimal_stopping(mode, 1.0, 0.2, 0.5)
    assert float(stop) == pytest.approx(float(theory.mode_stopping_time(3.0, 1.0, 0.2, 0.5)), rel=1e-6)
    assert float(theory.mode_stopping_time(0.0, 1.0, 0.2)) == pytest.approx(5.0)
    assert np.isinf(float(theory.optimal_stopping(mode, 1.0, 0.0)[0]))


def test_ridge_agrees_with_scikit_learn_and_bayes_is_its_best():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(5, 8))
    teachers = rng.normal(size=(8, 4000))
    y = x @ teachers + 0.5 * rng.normal(size=(5, 4000))
    fitted = Ridge(alpha=0.7, fit_intercept=False).fit(x, y).coef_.T
    found = np.mean((teachers - fitted) ** 2) + 0.25
    assert float(theory.ridge_error(theory.data_spectrum(x), 0.7, 1.0, 0.25)) == pytest.approx(found, rel=0.02)
    law, penalties = theory.marchenko_pastur(np.full(3, 0.8)), np.array([0.2, 0.25, 0.3])
    errors = np.asarray(theory.ridge_error(law, penalties, 1.0, 0.25))
    assert errors.argmin() == 1
    assert errors[1] == pytest.approx(float(theory.bayes_ridge_error(0.8, 1.0, 0.25)), rel=1e-10)
    assert float(theory.optimal_stopping(theory.marchenko_pastur(0.8), 1.0, 0.25)[1]) > errors[1]


def test_weights_grow_to_signal_and_noise():
    law = theory.marchenko_pastur(2.0)
    sizes = np.asarray(theory.weight_variance(law, np.array([0.0, 1e4]), 1.0, 0.3, 0.1))
    np.testing.assert_allclose(sizes, [0.1, 1 + 0.3], rtol=1e-9)  # the mean of 1 / eigenvalue is 1 at ratio 2


def test_covariance_is_shrunk_for_few_examples_and_not_for_many():
    rng = np.random.default_rng(3)
    spread = np.array([4.0, 1.0, 0.25])
    true = np.diag(spread)

    def distance(covariance):
        return float(np.sum((np.asarray(covariance) - true) ** 2))

    better = []
    for _ in range(40):
        few = rng.normal(size=(6, 3)) * np.sqrt(spread)
        better.append(distance(theory.shrunk_covariance(few)) - distance(few.T @ few / 6))
    assert np.mean(better) < 0
    many = rng.normal(size=(20_000, 3)) * np.sqrt(spread)
    assert distance(theory.shrunk_covariance(many)) < 0.05


@pytest.mark.parametrize(
    "call",
    [
        lambda: theory.marchenko_pastur(0.0),
        lambda: theory.marchenko_pastur(np.array([1.0, -2.0])),
        lambda: theory.learning_curves(np.array([1.0]), np.array([np.nan])),
        lambda: theory.learning_curves(np.array([1.0]), np.array([1.0]), snr=0.0),
        lambda: theory.learning_curves(np.array([1.0]), np.array([1.0]), inr=-0.1),
        lambda: theory.learning_curves(np.array([-1.0]), np.array([1.0])),
        lambda: theory.test_error(theory.marchenko_pastur(1.0), np.array([1.0]), noise=-1.0),
        lambda: theory.mode_stopping_time(-1.0),
        lambda: theory.resolvent_trace(0.0, 1.0),
    ],
)
def test_what_is_out_of_range_is_refused_in_one_line(call):
    with pytest.raises(SeparatrixError, match=r"^The '\w+' parameter of \w+ must be in the range .* Got .* instead\.$"):
        call()
