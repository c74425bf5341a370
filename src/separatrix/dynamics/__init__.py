"""Ground floor: systems, their evolution, ensembles of them. Knows nothing of learning."""

from separatrix.dynamics.events import Event, after, at_rest, below, beyond
from separatrix.dynamics.evolve import evolve
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
    "System",
    "after",
    "at_rest",
    "below",
    "beyond",
    "evolve",
]
