"""Trained parameters on disk: any PyTree of arrays as one safetensors file, whole or not at all."""

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from separatrix.errors import SeparatrixError


def _named_leaves(tree: PyTree) -> dict[str, Any]:
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {jax.tree_util.keystr(path): leaf for path, leaf in leaves if hasattr(leaf, "shape")}


def save_checkpoint(path: Path | str, tree: PyTree, facts: dict[str, Any] | None = None) -> None:
    """Write the arrays of a PyTree, named by their places in it.

    Args:
        path: the file; its folder must exist.
        tree: parameters, an optimiser's state, or both in a tuple.
        facts: plain data kept in the file's header.

    Raises:
        OSError: the file cannot be written.
    """
    target = Path(path)
    arrays = {name: np.asarray(leaf, order="C") for name, leaf in _named_leaves(tree).items()}
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(save(arrays, metadata={"facts": json.dumps(facts or {})}))
    part.replace(target)


def load_checkpoint(path: Path | str, like: PyTree) -> tuple[PyTree, dict[str, Any]]:
    """The PyTree that ``save_checkpoint`` wrote.

    Args:
        path: the file.
        like: a PyTree of the same structure and shapes; what is not an array is taken from it.

    Returns:
        The PyTree and the facts.

    Raises:
        SeparatrixError: the file is missing, is no safetensors file, or holds other arrays than asked for.
    """
    try:
        with safe_open(str(path), framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
            facts = json.loads((file.metadata() or {}).get("facts", "{}"))
    except (OSError, SafetensorError) as error:
        raise SeparatrixError(f"Cannot read the checkpoint {str(path)!r}: {error}.") from error
    expected = {name: tuple(leaf.shape) for name, leaf in _named_leaves(like).items()}
    found = {name: array.shape for name, array in arrays.items()}
    if expected != found:
        name = next(iter(sorted(expected.items() ^ found.items())))[0]
        raise SeparatrixError(
            f"The checkpoint {str(path)!r} is of another model: {name} is {found.get(name, 'missing')} there and "
            f"{expected.get(name, 'missing')} here."
        )

    def restore(place: Any, leaf: Any) -> Any:
        name = jax.tree_util.keystr(place)
        return jnp.asarray(arrays[name]) if name in arrays else leaf

    return jax.tree_util.tree_map_with_path(restore, like), facts
