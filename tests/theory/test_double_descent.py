"""Ridge and descent on features of several sizes, against random data sets, known limits and each other."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.theory import descent_equivalent
from separatrix.theory.descent_equivalent import descent_order_parameters, largest_eigenvalue
from separatrix.theory.double_descent import (
    bump_height,
    data_modes,
    decoupled_order_parameters,
    exact_order_parameters,
    largest_noise_of_descent,
    plateau_error,
)
from separatrix.theory.ridge_equivalent import (
    FeatureScales,
    effective_penalty,
    polarised_error,
    ridge_order_parameters,
    two_scales,
)

N, D, P = 150, 100, 60
PAPER = two_scales(D, P, 50.0, N)
THREE = FeatureScales(
    jnp.array([1.0, 0.05, 0.002]) / 60,
    jnp.array([20.0, 25.0, 15.0]),
    jnp.array([1.0, 0.5, 2.0]) / 60,
    jnp.asarray(90.0),
)
TIMES = jnp.array([1.0, 5.0, 15.0, 16.0, 63.0, 3000.0, 1e5])


def _sampled(scales, function, noise, seeds=30):
    """R, Q and error of the student F V K V^T F^-1 W + F V K L^(-1/2) xi, averaged over data sets."""
    counts = np.asarray(scales.counts, int)
    sizes = np.sqrt(np.repeat(np.asarray(scales.variances), counts))
    theta = np.sqrt(np.repeat(np.asarray(scales.powers), counts))  # the teacher's typical weight on unit features
    rng, found = np.random.default_rng(0), []
    for _ in range(seeds):
        latent = rng.standard_normal((int(scales.examples), len(sizes)))
        _, values, right = np.linalg.svd(latent * sizes, full_matrices=False)
        learned = function(values**2)
        a = (sizes[:, None] * right.T) @ (learned[:, None] * right) / sizes[None, :]
        b = (sizes[:, None] * right.T) * (learned / values)
        alignment = np.sum(np.diag(a) * theta**2)
        norm = np.sum((a * theta[None, :]) ** 2) + noise * np.sum(b**2)
        found.append((alignment, norm, (np.sum(theta**2) - 2 * alignment + norm) / 2))
    return np.mean(found, axis=0), np.std(found, axis=0) / seeds**0.5


# means over 30 data sets: 4 standard errors, and 1 / examples for the theory's own error
@pytest.mark.parametrize("scales", [PAPER, THREE], ids=["paper", "three sizes"])
@pytest.mark.parametrize("penalty", [0.1])
def test_ridge_is_that_of_random_data(scales, penalty):
    found, spread = _sampled(scales, lambda rates: rates / (rates + penalty), 0.25)
    theory = jnp.stack(ridge_order_parameters(scales, penalty, 0.25))
    allowed = 4 * spread + 1 / float(scales.examples)
    assert np.all(abs(theory - found) < allowed)
    assert float(ridge_order_parameters(scales, penalty).error) < found[2] - allowed[2]  # noise forgotten


@pytest.mark.parametrize(("rate", "decay"), [(None, 0.02), pytest.param(0.2, 0.0, marks=pytest.mark.slow)])
def test_descent_and_flow_are_those_of_random_data(rate, decay):
    for time in (3.0, 40.0):

        def learned(rates, time=time):
            whole = rates + decay
            gone = np.exp(-time * whole) if rate is None else (1 - rate * whole) ** time
            return (1 - gone) * rates / whole

        found, spread = _sampled(PAPER, learned, 0.25)
        theory = jnp.stack(descent_order_parameters(PAPER, jnp.array([time]), 0.25, decay, rate))[:, 0]
        allowed = 4 * spread + 1 / N
        assert np.all(abs(theory - found) < allowed)
        wrong = ridge_order_parameters(PAPER, decay + 1 / (time * (rate or 1.0)), 0.25)  # ridge in place of time
        assert abs(wrong.error - found[2]) > allowed[2]


def test_descent_in_small_steps_is_flow():
    flow = descent_order_parameters(PAPER, TIMES)
    steps = descent_order_parameters(PAPER, TIMES * 1e4, rate=1e-4)
    # first order in rate x eigenvalue
    np.testing.assert_allclose(steps.error, flow.error, atol=2e-4)


def test_circle_and_open_contour_agree(monkeypatch):
    rate, steps = 1 / largest_eigenvalue(PAPER), jnp.array([12.0, 20.0])
    found = descent_order_parameters(PAPER, steps, 0.1, rate=rate).error
    monkeypatch.setattr(descent_equivalent, "_ON_CIRCLE", 12)
    open_contour = descent_order_parameters(PAPER, steps, 0.1, rate=rate).error
    monkeypatch.setattr(descent_equivalent, "_ON_CIRCLE", 24)
    circle = descent_order_parameters(PAPER, steps, 0.1, rate=rate).error
    np.testing.assert_allclose(open_contour, circle, atol=1e-6)
    np.testing.assert_array_equal(found, jnp.stack([circle[0], open_contour[1]]))


def test_many_steps_of_decay_end_at_ridge():
    ridge = ridge_order_parameters(PAPER, 0.02, 0.25)
    late = descent_order_parameters(PAPER, jnp.array([1e7]), 0.25, 0.02)
    for one, other in zip(late, ridge, strict=True):
        np.testing.assert_allclose(one[0], other, rtol=1e-7)


def test_more_features_than_examples_leave_what_they_cannot_see():
    wide = two_scales(100, 100, 1.0, 40)
    late = descent_order_parameters(wide, jnp.array([1e9]))
    # isotropic: the share 1 - n / d of the power is never seen
    np.testing.assert_allclose(late.error[0], 0.5 * (1 - 0.4), rtol=1e-6)
    np.testing.assert_allclose(late.alignment[0], 0.4, rtol=1e-6)


def test_effective_penalty_solves_its_equation_also_for_complex_penalties():
    for scales in (PAPER, two_scales(100, 30, 1e5, 50)):
        r = jnp.array([1e-12, 1e-3, 1.0, 1e3])
        turned = r[None, :] * jnp.exp(1j * jnp.array([0.5, 2.0, 2.8]))[:, None]
        for penalty in (r, turned):
            k = effective_penalty(scales, penalty)
            variances = np.asarray(scales.variances)
            shares = np.asarray(scales.counts) * variances / (variances + np.asarray(k)[..., None])
            np.testing.assert_allclose(k * (scales.examples - shares.sum(axis=-1)), penalty, rtol=1e-6)
        assert bool(jnp.all(jnp.angle(effective_penalty(scales, turned)) > 0))  # the branch that stays above the cut


def test_equal_penalties_give_twice_the_error():
    k = effective_penalty(PAPER, 0.3)
    np.testing.assert_allclose(polarised_error(PAPER, k, k, 0.1) / 2, ridge_order_parameters(PAPER, 0.3, 0.1).error)


def test_equations_of_one_data_set_are_the_average_over_its_teachers():
    rng = np.random.default_rng(1)
    latent, sizes = rng.standard_normal((30, 20)) / 20**0.5, np.repeat([1.0, 0.1], 10)
    modes = data_modes(latent, sizes)
    learned = 1 - jnp.exp(-3.0 * modes.eigenvalues)
    x = latent * sizes
    rates, vectors = np.linalg.eigh(x.T @ x)
    solver = sizes[:, None] * (vectors * (1 - np.exp(-3 * rates)) / rates) @ vectors.T @ x.T  # from labels to student
    a, b = solver @ latent, solver
    expected = np.trace(a) / 20, (np.sum(a**2) + 0.3 * np.sum(b**2)) / 20
    found = exact_order_parameters(modes, learned, 0.3)
    np.testing.assert_allclose((found.alignment, found.norm), expected, rtol=1e-9)


def test_limits_of_the_scalar_formulas():
    late = decoupled_order_parameters(PAPER, 1e-13)
    np.testing.assert_allclose((late.alignment, late.norm), (1.0, 1.0), rtol=1e-6)
    apart = two_scales(D, P, 1e6, N)
    coupled, scalar = (f(apart, jnp.array([1e-4, 0.1])) for f in (ridge_order_parameters, decoupled_order_parameters))
    np.testing.assert_allclose(scalar.error, coupled.error, rtol=1e-4)  # blocks that do not meet
    alike = two_scales(D, P, 1.0, N)
    assert abs(decoupled_order_parameters(alike, 2.0).error - ridge_order_parameters(alike, 2.0).error) > 0.01


def test_plateau_and_its_balance_with_noise():
    apart = two_scales(D, P, 1e6, N)
    np.testing.assert_allclose(
        descent_order_parameters(apart, jnp.array([1e4]), 0.2).error[0], plateau_error(apart, 1, 0.2), rtol=1e-6
    )
    noise = largest_noise_of_descent(THREE, 1)
    end = noise * 60 / (90 - 60) / 2
    np.testing.assert_allclose(plateau_error(THREE, 1, noise), end, rtol=1e-12)
    assert float(plateau_error(THREE, 1, 1.1 * noise)) < 1.1 * float(end)


def test_second_descent_time_goes_as_the_square():
    def left(condition, time):
        return descent_order_parameters(two_scales(D, P, condition, N), jnp.array([time])).error[0]

    np.testing.assert_allclose(left(100.0, 4e3), left(200.0, 16e3), rtol=5e-3)
    assert abs(left(100.0, 4e3) - left(200.0, 8e3)) > 0.05


def test_bump_is_the_prominence_of_the_highest_peak():
    curves = jnp.array([[3.0, 2, 1, 0], [3.0, 1, 2, 3], [5.0, 1, 3, 2], [5.0, 2, 3, 0], [4.0, 3, 2, 1.5]])
    np.testing.assert_allclose(bump_height(curves), [0, 0, 1, 1, 0])


def test_vectorised_over_kappa_equals_a_loop_and_bad_input_is_refused():
    conditions = jnp.array([1.0, 50.0])
    together = jax.vmap(lambda k: ridge_order_parameters(two_scales(D, P, k, N), 0.1).error)(conditions)
    alone = [ridge_order_parameters(two_scales(D, P, float(k), N), 0.1).error for k in conditions]
    np.testing.assert_allclose(together, jnp.stack(alone), rtol=1e-12)
    with pytest.raises(SeparatrixError, match="penalty"):
        ridge_order_parameters(PAPER, 0.0)
    with pytest.raises(SeparatrixError, match="times"):
        descent_order_parameters(PAPER, jnp.array([-1.0]))
