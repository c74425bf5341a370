"""Ground floor: systems, their evolution, ensembles of them. Knows nothing of learning."""

from separatrix.dynamics.cluster import current_client, use_cluster
from separatrix.dynamics.coupling import coupled, coupled_each, laplacian
from separatrix.dynamics.ensemble import ensemble
from separatrix.dynamics.events import Event, after, at_rest, below, beyond
from separatrix.dynamics.evolve import evolve
from separatrix.dynamics.graphs import (
    complete_graph,
    components,
    grid_graph,
    path_graph,
    random_graph,
    ring_graph,
    star_graph,
)
from separatrix.dynamics.known_systems import (
    duffing,
    duffing_energy,
    lorenz63,
    lotka_volterra,
    lotka_volterra_invariant,
    pendulum,
    pendulum_energy,
)
from separatrix.dynamics.member import Setup
from separatrix.dynamics.methods import Adaptive, Euler, EulerMaruyama, Heun
from separatrix.dynamics.observable import Observable
from separatrix.dynamics.system import Diffusion, Flow, Map, System

__all__ = [
    "Adaptive",
    "Diffusion",
    "Euler",
    "EulerMaruyama",
    "Event",
    "Flow",
    "Heun",
    "Map",
    "Observable",
    "Setup",
    "System",
    "after",
    "at_rest",
    "below",
    "beyond",
    "complete_graph",
    "components",
    "coupled",
    "coupled_each",
    "current_client",
    "duffing",
    "duffing_energy",
    "ensemble",
    "evolve",
    "grid_graph",
    "laplacian",
    "lorenz63",
    "lotka_volterra",
    "lotka_volterra_invariant",
    "path_graph",
    "pendulum",
    "pendulum_energy",
    "random_graph",
    "ring_graph",
    "star_graph",
    "use_cluster",
]
