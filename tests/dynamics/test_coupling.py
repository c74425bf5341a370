import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

from separatrix.dynamics import (
    Diffusion,
    Flow,
    Map,
    complete_graph,
    components,
    coupled,
    coupled_each,
    evolve,
    grid_graph,
    laplacian,
    path_graph,
    random_graph,
    ring_graph,
    star_graph,
)
from separatrix.errors import SeparatrixError
from separatrix.theory import laplacian_spectrum


@pytest.mark.parametrize(
    ("graph", "name"),
    [(complete_graph, "complete"), (ring_graph, "ring"), (path_graph, "path"), (star_graph, "star")],
)
def test_spectra_in_closed_form_are_those_of_the_matrices(graph, name):
    np.testing.assert_allclose(np.linalg.eigvalsh(laplacian(graph(7))), laplacian_spectrum(name, 7), atol=1e-12)


def test_a_grid_is_the_sum_of_two_paths():
    sums = laplacian_spectrum("path", 3)[:, None] + laplacian_spectrum("path", 4)[None, :]
    np.testing.assert_allclose(np.linalg.eigvalsh(laplacian(grid_graph(3, 4))), np.sort(sums.ravel()), atol=1e-12)


def test_coupled_linear_flows_follow_the_matrix_exponential():
    ties, start = ring_graph(5), np.random.default_rng(0).normal(size=(5, 2))
    run = evolve(
        coupled(Flow(lambda t, x: {"w": -0.3 * x["w"]}), ties, 0.7),
        {"w": jnp.asarray(start)},
        [0.0, 2.0],
        observe={"w": lambda x: x["w"]},
    )
    expected = expm(-2.0 * (0.3 * np.eye(5) + 0.7 * np.asarray(laplacian(ties)))) @ start
    np.testing.assert_allclose(run["w"].isel(time=-1), expected, atol=1e-6)


def test_coupling_leaves_the_mean_of_linear_copies_alone():
    step = coupled(Flow(lambda t, x: -x), star_graph(4), 3.0).velocity
    states = jax.random.normal(jax.random.key(0), (4, 3))
    np.testing.assert_allclose(step(0.0, states).mean(0), -states.mean(0), atol=1e-12)
    np.testing.assert_allclose(step(0.0, jnp.ones((4, 3))), -jnp.ones((4, 3)), atol=1e-12)


def test_copies_may_have_something_of_their_own():
    rates = jnp.array([1.0, 2.0])
    free = coupled_each(lambda rate: Flow(lambda t, x: -rate * x), rates, np.zeros((2, 2)), 1.0, parts=2)
    np.testing.assert_allclose(free.velocity(0.0, jnp.ones(2)), -rates)
    noisy = coupled_each(
        lambda size: Diffusion(lambda t, x: -x, lambda t, x: size * jnp.ones_like(x)), rates, complete_graph(2), 1.0
    )
    np.testing.assert_allclose(noisy.noise(0.0, jnp.zeros((2, 3))), rates[:, None] * jnp.ones((1, 3)))


def test_separate_parts_are_refused_unless_meant():
    halves = np.kron(np.eye(2), complete_graph(3))
    assert components(halves) == 2
    with pytest.raises(SeparatrixError, match="falls into 2 parts where 1 was expected"):
        coupled(Flow(lambda t, x: -x), halves, 1.0)
    coupled(Flow(lambda t, x: -x), halves, 1.0, parts=2)
    assert components(random_graph(30, 0.5, 0)) == 1


@pytest.mark.parametrize("weights", [np.ones((2, 3)), -complete_graph(3), np.triu(complete_graph(3))])
def test_what_is_no_adjacency_is_refused(weights):
    with pytest.raises(SeparatrixError, match="adjacency matrix must"):
        components(weights)


def test_a_map_is_refused_and_so_are_sizes_out_of_range():
    with pytest.raises(SeparatrixError, match="Only a Flow or a Diffusion"):
        coupled(Map(lambda t, x, key: x), complete_graph(3), 1.0)
    with pytest.raises(SeparatrixError, match="'n' parameter of ring_graph"):
        ring_graph(2)
    with pytest.raises(SeparatrixError, match="'probability'"):
        random_graph(3, 1.5, 0)
