"""Which irreps of a group the nodes of a layer carry, and which of them have emerged beyond what noise would show."""

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy import stats

from separatrix.observables import Irreps, irrep_chance, irrep_power
from separatrix.probes.modular_weights import UNLIKELY

DOUBTLESS = 0.01
"""Chance that noise shows an irrep in any node, below which one is said to have emerged."""


@dataclass(frozen=True)
class NodeIrreps:
    """What the nodes of a layer carry.

    Args:
        irrep: position of the one that stands out most in each node, 1 or more.
        share: of the node's energy outside the constant that it has.
        chance: that Gaussian weights show some irrep that much.
        count: how many nodes carry each irrep, shape (irreps,); none the constant.
        emerged: which irreps are carried by more nodes than noise would, or by one beyond doubt.
    """

    irrep: Int[np.ndarray, " nodes"]
    share: Float[np.ndarray, " nodes"]
    chance: Float[np.ndarray, " nodes"]
    count: Int[np.ndarray, " irreps"]
    emerged: Bool[np.ndarray, " irreps"]

    @property
    def carrying(self) -> np.ndarray:
        """Which nodes carry an irrep."""
        return self.chance < UNLIKELY


def node_irreps(vectors: Float[np.ndarray, "nodes parts m"], irreps: Irreps) -> NodeIrreps:
    """Decompose the weights of each node over the irreps of the group, against Gaussian weights.

    Args:
        vectors: weights from the group's elements, one node a row; energies are added over the parts.
        irreps: of the group.

    Returns:
        What the nodes carry.
    """
    with jax.enable_x64(True):
        found, share, chance = (np.asarray(value) for value in _standing_out(np.asarray(vectors, float), irreps))
    kinds, nodes = len(irreps.dimension), len(vectors)
    carrying = chance < UNLIKELY
    count = np.bincount(found[carrying], minlength=kinds)
    by_noise = stats.binom.sf(count - 1, nodes, UNLIKELY / max(kinds - 1, 1))
    surest = np.array([min(chance[found == k], default=1.0) for k in range(kinds)])
    emerged = (by_noise < DOUBTLESS / max(kinds - 1, 1)) | (surest < DOUBTLESS / nodes)
    return NodeIrreps(found, share, chance, count, emerged & (count > 0))


def _standing_out(vectors: Float[np.ndarray, "nodes parts m"], irreps: Irreps) -> tuple[Array, Array, Array]:
    def read(nodes: Array) -> tuple[Array, Array, Array]:
        return irrep_chance(irrep_power(nodes, irreps).sum(axis=1), irreps, nodes.shape[1])

    return jax.jit(read)(vectors)
