"""A fitted model as one safetensors file: weights as arrays, everything else as plain data in its header."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jaxtyping import PyTree
from safetensors import SafetensorError, safe_open

from separatrix.errors import SeparatrixError
from separatrix.models.checkpoint import load_checkpoint, save_checkpoint

KIND = "Koopman VAE"


def write_model(path: Path | str, network: PyTree, facts: dict[str, Any]) -> None:
    """Write weights and facts.

    Args:
        path: the file; its folder must exist.
        network: the weights.
        facts: plain data.
    """
    save_checkpoint(path, network, {"kind": KIND, **facts})


def read_model(path: Path | str, like: Callable[[dict[str, Any]], PyTree]) -> tuple[PyTree, dict[str, Any]]:
    """Read what ``write_model`` wrote.

    Args:
        path: the file.
        like: from the facts to a network of the same shapes.

    Returns:
        The network and the facts.

    Raises:
        SeparatrixError: the file is missing, damaged, or of something else.
    """
    try:
        with safe_open(str(path), framework="numpy") as file:
            facts = json.loads((file.metadata() or {}).get("facts", "{}"))
    except (OSError, SafetensorError, ValueError) as error:
        raise SeparatrixError(f"Cannot read the model {str(path)!r}: {error}.") from error
    if facts.get("kind") != KIND:
        raise SeparatrixError(f"The file {str(path)!r} holds no {KIND}. Give one that its save method wrote.")
    return load_checkpoint(path, like(facts))
