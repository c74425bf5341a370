"""The stairs against the flow itself; embedded fixed points against gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.dynamics import evolve
from separatrix.errors import SeparatrixError
from separatrix.learning import gradient_flow
from separatrix.learning.networks import LinearAttention, TwoLayer, activations
from separatrix.learning.population import AttentionPopulation, LinearPopulation, QuadraticPopulation
from separatrix.theory import embedded_saddles, saddle_to_saddle

STRENGTHS = jnp.array([2.0, 1.0, 0.5])


def test_linear_staircase_equals_the_flow_from_a_balanced_start():
    """Balanced, aligned modes do not compete: the logistic solution is exact."""
    start = jnp.array([1e-3, 2e-3, 3e-3])
    root = jnp.diag(jnp.sqrt(start))
    loss = LinearPopulation.whitened(jnp.diag(STRENGTHS))
    model = TwoLayer(root, root, activations.linear)
    ts = np.linspace(0.0, 12.0, 40)
    run = evolve(gradient_flow(loss), model, ts, observe={"loss": loss})
    exact = np.asarray(saddle_to_saddle.linear_loss(jnp.asarray(ts), STRENGTHS, start))
    np.testing.assert_allclose(run.loss, exact, atol=1e-6)  # the solver's rtol, summed over the run
    wrong = np.asarray(saddle_to_saddle.linear_loss(jnp.asarray(ts), STRENGTHS, 2 * start))
    assert np.max(np.abs(run.loss.to_numpy() - wrong)) > 0.1


def test_linear_transition_time_is_where_the_loss_is_halfway():
    strengths, start = jnp.array([2.0]), jnp.array([1e-4])
    when = saddle_to_saddle.linear_transition_times(strengths, start)
    halfway = saddle_to_saddle.linear_loss(when, strengths, start)
    np.testing.assert_allclose(halfway, 1.0, rtol=1e-12)


def test_growing_strength_is_the_part_that_survives_the_linear_flow():
    u, v = jax.random.normal(jax.random.key(0), (2, 4, 3)) * 1e-6
    eye = jnp.eye(3)
    a, b = u[:, 0], v[:, 0]
    t, s = 3.0, 2.0
    grown_a = jnp.cosh(s * t) * a + jnp.sinh(s * t) * b
    grown_b = jnp.cosh(s * t) * b + jnp.sinh(s * t) * a
    initial = saddle_to_saddle.growing_strengths(u, v, eye, eye)[0]
    np.testing.assert_allclose(grown_a @ grown_b, initial * jnp.exp(2 * s * t), rtol=1e-4)  # decayed half: e^(-4 s t)
    assert abs(float(a @ b / initial) - 1) > 0.05  # the naive strength a . b is another number


def test_heights_are_minima_over_narrow_networks():
    """Attention: the best A of rank m on the first m eigenvectors, found without the formula for heights."""
    variances, context = jnp.array([1.0, 0.7, 0.4]), 31
    loss = AttentionPopulation(jnp.diag(variances), jnp.asarray(context, float))
    heights = saddle_to_saddle.attention_plateaus(variances, context)

    def of_gains(gains: jax.Array) -> jax.Array:
        return loss(LinearAttention(gains, jnp.eye(3), jnp.eye(3)))

    hessian, gradient = jax.hessian(of_gains)(jnp.zeros(3)), jax.grad(of_gains)(jnp.zeros(3))
    for used in range(4):
        mask = jnp.arange(3) < used
        best = jnp.where(mask, -gradient / jnp.diagonal(hessian), 0.0)
        np.testing.assert_allclose(of_gains(best), heights[used], rtol=1e-12)
    np.testing.assert_allclose(heights, [1.05, 0.5955, 0.2855, 0.1190], atol=1e-4)


@pytest.mark.parametrize("eigenvalues", [(1.0, -1.0), (2.0, -0.5, 0.7)])
def test_quadratic_heights_solve_the_coupled_least_squares(eigenvalues):
    target = jnp.array(eigenvalues)
    size = target.shape[0]
    loss = QuadraticPopulation(jnp.diag(target))

    def of_gains(gains: jax.Array) -> jax.Array:
        return loss(TwoLayer(jnp.eye(size), gains[:, None], activations.square))

    heights = saddle_to_saddle.quadratic_plateaus(target)
    hessian, gradient = jax.hessian(of_gains)(jnp.zeros(size)), jax.grad(of_gains)(jnp.zeros(size))
    for used in range(size + 1):
        best = jnp.zeros(size).at[:used].set(-jnp.linalg.solve(hessian[:used, :used], gradient[:used]))
        np.testing.assert_allclose(of_gains(best), heights[used], atol=1e-12)
    if eigenvalues == (1.0, -1.0):
        assert abs(float(heights[1]) - 1.0) > 0.3  # adding up mode by mode gives 1


def test_population_losses_are_limits_of_sampled_ones():
    """Two hundred thousand samples leave half a percent of doubt."""
    keys = jax.random.split(jax.random.key(1), 4)
    x = jax.random.normal(keys[0], (200_000, 2))
    target = jnp.array([[1.0, 0.3], [0.3, -0.5]])
    model = TwoLayer(jax.random.normal(keys[1], (3, 2)), jax.random.normal(keys[2], (3, 1)), activations.square)
    sampled = 0.5 * jnp.mean((jnp.einsum("na,ab,nb->n", x, target, x) - jax.vmap(model)(x)[:, 0]) ** 2)
    np.testing.assert_allclose(QuadraticPopulation(target)(model), sampled, rtol=0.03)  # fourth powers: heavy tails
    y = x @ target.T
    linear = TwoLayer(model.u, jax.random.normal(keys[3], (3, 2)), activations.linear)
    loss = LinearPopulation(y.T @ x / len(x), x.T @ x / len(x), jnp.mean(jnp.sum(y**2, axis=1)))
    direct = 0.5 * jnp.mean(jnp.sum((y - jax.vmap(linear)(x)) ** 2, axis=1))
    np.testing.assert_allclose(loss(linear), direct, rtol=1e-10)


def test_attention_population_is_the_limit_of_sampled_contexts():
    """Eighty thousand tasks of two examples each."""
    keys = jax.random.split(jax.random.key(2), 4)
    variances, context = jnp.array([1.0, 0.5]), 2
    x = jax.random.normal(keys[0], (80_000, context + 1, 2)) * jnp.sqrt(variances)[None, None, :]
    y = jnp.einsum("tna,ta->tn", x, jax.random.normal(keys[1], (80_000, 2)))
    model = LinearAttention(jnp.array([0.5, 0.3]), *jax.random.normal(keys[2], (2, 2, 2)))
    predictions = jax.vmap(model)(jnp.concatenate([x, y[:, :, None]], axis=2))[:, 0]
    sampled = 0.5 * jnp.mean((y[:, -1] - predictions) ** 2)
    loss = AttentionPopulation(jnp.diag(variances), jnp.asarray(context, float))
    np.testing.assert_allclose(loss(model), sampled, rtol=0.03)
    wrong = AttentionPopulation(jnp.diag(variances), jnp.asarray(1000.0))
    assert abs(float(wrong(model) / sampled) - 1) > 0.1


def test_relu_rays_of_the_card():
    rates, heights = saddle_to_saddle.relu_rays(jnp.array([1.0, 0.8, -0.4, -0.5]))
    np.testing.assert_allclose(1 / rates, [3.1235, 6.2470], rtol=1e-4)
    np.testing.assert_allclose(heights, [0.25625, 0.05125, 0.0], atol=1e-12)


def test_scale_covariance_proves_the_exponent():
    """The quadratic flow near zero: start scaled by 1/2, time by 2, same course scaled by 1/2."""
    target = jnp.diag(jnp.array([1.0, -1.0]))

    def near_zero(model: TwoLayer) -> jax.Array:
        return -2 * jnp.einsum("i,ia,ab,ib->", model.v[:, 0], model.u, target, model.u)

    u, v = jnp.array([[0.1, 0.05]]), jnp.array([[0.08]])
    flow = gradient_flow(near_zero)
    observe = {"v": lambda model: model.v[0, 0]}
    whole = evolve(flow, TwoLayer(u, v, activations.square), [0.0, 1.0], observe=observe)
    half = evolve(flow, TwoLayer(u / 2, v / 2, activations.square), [0.0, 1.0, 2.0], observe=observe)
    np.testing.assert_allclose(half.v[-1], whole.v[-1] / 2, rtol=1e-6)
    assert abs(float(half.v[1] / whole.v[-1]) - 0.5) > 1e-3  # at the same time it is not there yet
    assert saddle_to_saddle.delay_exponent(2) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: saddle_to_saddle.delay_exponent(0), "at least 1"),
        (lambda: saddle_to_saddle.alignment_exponent(STRENGTHS, 3), r"\[1, 2\]"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(SeparatrixError, match=words):
        call()


WIDEN = {
    "split": lambda u, v: embedded_saddles.split_unit(u, v, 0, 0.3),
    "silent": embedded_saddles.silent_unit,
    "copy": lambda u, v: embedded_saddles.scaled_copy(u, v, 0, 0.5, 0.7),
    "combined": lambda u, v: embedded_saddles.combined_unit(u, v, jnp.array([-0.4]), jnp.array([0.6])),
}


@pytest.mark.parametrize("name", list(WIDEN))
def test_embedded_fixed_points_of_a_linear_network(name):
    loss = LinearPopulation.whitened(jnp.diag(STRENGTHS))
    first = jnp.array([[2.0**0.5, 0.0, 0.0]])
    narrow = TwoLayer(first, first, activations.linear)
    wide = TwoLayer(*WIDEN[name](first, first), activations.linear)
    np.testing.assert_allclose(wide.v.T @ wide.u, narrow.v.T @ narrow.u, atol=1e-14)
    assert max(float(jnp.max(jnp.abs(g))) for g in jax.tree.leaves(jax.grad(loss)(wide))) < 1e-13
    moved = TwoLayer(wide.u * 1.1, wide.v, activations.linear)
    assert max(float(jnp.max(jnp.abs(g))) for g in jax.tree.leaves(jax.grad(loss)(moved))) > 1e-2


def test_rectified_strengths_count_the_units_that_stay_active():
    pattern = np.array([0.6, 0.8, 0.0])
    u = np.array([[0.5, 0.2, -9.0], [0.05, 0.9, 0.3], [0.5, -0.2, 0.0], [0.6, 0.8, 0.0]])
    v = np.array([0.1, -0.4, 5.0, -2.0])

    def grown(a, b):
        """Whether both inputs stay active in the gated linear flow, and the unit grows; integrated by small steps."""
        for _ in range(4000):
            slope = 1e-3 * b * pattern * (a > 0), 1e-3 * float(pattern @ np.maximum(a, 0))
            a, b = a + slope[0], b + slope[1]
        return bool(np.all(a[:2] > 0)) and b > 0

    counted = np.array([grown(row, value) for row, value in zip(u, v, strict=True)])
    expected = 0.25 * np.sum(counted * (v + u @ pattern) ** 2)
    found = saddle_to_saddle.rectified_strengths(
        jnp.asarray(u), jnp.asarray(v)[:, None], jnp.asarray(pattern)[:, None], jnp.ones((1, 1))
    )
    np.testing.assert_allclose(found, [expected], rtol=1e-12)
    assert counted.tolist() == [True, False, False, False]
