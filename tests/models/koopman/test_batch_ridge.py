import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.linear_model import Ridge

from separatrix.models.koopman.batch_ridge import (
    batch_ridge,
    mean_operator,
    pooled_operator,
    shrinkage,
    solve_positive,
)


def rows(operator, times, batch=3):
    """Exactly linear sequences z_{n+1} = z_n C."""
    states = [jax.random.normal(jax.random.key(1), (batch, operator.shape[0]))]
    for _ in range(times - 1):
        states.append(states[-1] @ operator)
    return jnp.stack(states, axis=1)


TURN = jnp.asarray(np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0])


def test_solves_as_lapack_does_and_so_does_its_derivative():
    root = jax.random.normal(jax.random.key(0), (6, 6))
    matrix, right = root @ root.T + 0.1 * jnp.eye(6), jax.random.normal(jax.random.key(1), (6, 2))
    assert solve_positive(matrix, right) == pytest.approx(np.linalg.solve(matrix, right), rel=1e-9)
    ours = jax.grad(lambda a: solve_positive(a, right).sum())(matrix)
    assert ours == pytest.approx(np.asarray(jax.grad(lambda a: jnp.linalg.solve(a, right).sum())(matrix)), rel=1e-7)


@pytest.mark.parametrize("times", [3, 12])
def test_each_operator_is_the_ridge_regression_of_a_peer_in_either_form(times):
    latents = jax.random.normal(jax.random.key(2), (2, times, 5))
    for found, states in zip(batch_ridge(latents, 0.1), latents, strict=True):
        peer = Ridge(alpha=0.1, fit_intercept=False).fit(states[:-1], states[1:]).coef_.T
        assert found == pytest.approx(peer, abs=1e-10)


def test_recovers_a_linear_system_without_ridge_but_not_from_too_few_pairs():
    assert jnp.abs(batch_ridge(rows(TURN, 12), 1e-12) - TURN[None]).max() < 1e-6
    assert jnp.abs(batch_ridge(rows(TURN, 4), 1e-12) - TURN[None]).max() > 0.1


def test_ridge_shrinks_eigenvalues_as_predicted():
    # an orthogonal map of period 4 through the basis fills all directions alike over whole periods
    turn = jnp.roll(jnp.eye(4), 1, axis=1)
    states = jnp.stack([2.0 * jnp.linalg.matrix_power(turn, n)[0] for n in range(17)])  # s^2 = 4 / 4 = 1
    moduli = jnp.abs(jnp.linalg.eigvals(batch_ridge(states[None], 0.1)[0]))
    assert 1 - moduli == pytest.approx(np.full(4, shrinkage(16, 1.0, 0.1)), rel=1e-9)
    assert 1 - moduli != pytest.approx(np.full(4, shrinkage(16, 2.0, 0.1)), rel=0.1)


def test_average_and_pooled_operators_agree_on_one_linear_system():
    latents = rows(TURN, 12)
    assert mean_operator(latents, 1e-10) == pytest.approx(np.asarray(TURN), abs=1e-6)
    assert pooled_operator(latents, 1e-10) == pytest.approx(np.asarray(TURN), abs=1e-6)
