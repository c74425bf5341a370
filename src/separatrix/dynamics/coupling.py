r"""Copies of one system tied to one another: :math:`dx_i = f(x_i) dt + \kappa \sum_j A_{ij}(x_j - x_i) dt + g dW_i`."""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax.core import Tracer
from jaxtyping import Array, Float, Num, PyTree

from separatrix.dynamics.graphs import components
from separatrix.dynamics.system import Diffusion, Flow, System
from separatrix.errors import SeparatrixError

Coupled = TypeVar("Coupled", bound=System)


def laplacian(adjacency: Num[Any, "n n"]) -> Float[Array, "n n"]:
    """The graph Laplacian diag(A 1) - A, whose second eigenvalue says how tightly the graph ties its nodes.

    Args:
        adjacency: symmetric weights, (n, n).

    Returns:
        The Laplacian, (n, n), positive semidefinite; its rows sum to zero.
    """
    weights = jnp.asarray(adjacency)
    return jnp.diag(weights.sum(axis=1)) - weights


def coupled(system: Coupled, adjacency: Num[Any, "n n"], strength: Any, *, parts: int = 1) -> Coupled:
    """Copies of a flow or a diffusion, each with noise of its own, drawn towards one another along a graph.

    Args:
        system: the law of one copy.
        adjacency: symmetric weights of 0 or more, (n, n). Abstract ones, as within an ensemble, are not checked.
        strength: of the coupling, kappa, per unit of weight and time.
        parts: how many parts the graph falls into: separate parts never meet, which is rarely meant.

    Returns:
        The same kind of system, whose state has the axis of copies first in every leaf.

    Raises:
        SeparatrixError: the system is a Map, the matrix is no adjacency, or the graph falls into other than ``parts``.

    >>> import numpy as np
    >>> from separatrix.dynamics import Flow, evolve
    >>> pair = coupled(Flow(lambda t, x: -x), np.array([[0.0, 1.0], [1.0, 0.0]]), 2.0)
    >>> run = evolve(pair, jnp.array([1.0, 0.0]), [0.0, 1.0], observe={"x": lambda x: x})
    >>> gap = run["x"].diff("x_0").isel(time=-1).item()  # decays at the rate 1 + 2 x 2
    >>> round(-gap, 4) == round(float(np.exp(-5)), 4)
    True
    """
    count = jnp.shape(adjacency)[0]
    return coupled_each(lambda _: system, jnp.zeros(count), adjacency, strength, parts=parts)


def coupled_each(
    build: Callable[[Any], Coupled], own: PyTree, adjacency: Num[Any, "n n"], strength: Any, *, parts: int = 1
) -> Coupled:
    """The same for copies that differ: each has data, a noise or a curvature of its own.

    Args:
        build: from what is a copy's own to its law.
        own: arrays with the axis of copies first.
        adjacency: as for ``coupled``.
        strength: as for ``coupled``.
        parts: as for ``coupled``.

    Returns:
        As for ``coupled``.

    Raises:
        SeparatrixError: as for ``coupled``.
    """
    if not isinstance(adjacency, Tracer):
        _refuse_separate(components(adjacency), parts)
    ties = laplacian(adjacency)
    kind = type(build(jax.tree.map(lambda leaf: leaf[0], own)))

    def pulled(moved: PyTree, states: PyTree) -> PyTree:
        return jax.tree.map(lambda rate, x: rate - strength * jnp.tensordot(ties.astype(x.dtype), x, 1), moved, states)

    def each(part: str) -> Callable[[Any, PyTree], PyTree]:
        return lambda t, states: jax.vmap(lambda o, x: getattr(build(o), part)(t, x))(own, states)

    if issubclass(kind, Flow):
        flow: Any = Flow(lambda t, x: pulled(each("velocity")(t, x), x))
        return flow
    if issubclass(kind, Diffusion):
        diffusion: Any = Diffusion(lambda t, x: pulled(each("drift")(t, x), x), each("noise"))
        return diffusion
    raise SeparatrixError(f"Only a Flow or a Diffusion can be coupled in time; got a {kind.__name__}.")


def _refuse_separate(found: int, expected: int) -> None:
    if found != expected:
        raise SeparatrixError(
            f"The graph falls into {found} part{'s' * (found > 1)} where {expected} "
            f"{'was' if expected == 1 else 'were'} expected. Add ties between them, or say parts={found}."
        )
