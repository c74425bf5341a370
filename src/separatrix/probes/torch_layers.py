"""Activations of a PyTorch model's layers, by hooks that leave no trace."""

from collections.abc import Sequence

import numpy as np
import torch

from separatrix.errors import SeparatrixError

MOST_LAYERS = 16


def choose_layers(model: torch.nn.Module, names: Sequence[str] | None) -> tuple[str, ...]:
    """The modules whose activations are looked at.

    Args:
        model: the model.
        names: of modules, as in ``model.named_modules()``; None for all that hold no others, at most 16, evenly.

    Returns:
        Their names, in the model's order when none were given.

    Raises:
        SeparatrixError: the model has no module of that name.
    """
    known = {name: module for name, module in model.named_modules() if name}
    if names is None:
        leaves = [name for name, module in known.items() if not list(module.children())]
        picked = np.unique(np.linspace(0, len(leaves) - 1, min(MOST_LAYERS, len(leaves))).round().astype(int))
        return tuple(leaves[i] for i in picked)
    for name in names:
        if name not in known:
            raise SeparatrixError(
                f"{type(model).__name__} has no layer {name!r}. Its layers are: {', '.join(known) or 'none'}."
            )
    return tuple(names)


def activations(model: torch.nn.Module, inputs: torch.Tensor, layers: Sequence[str]) -> dict[str, np.ndarray]:
    """What layers put out for some inputs.

    Args:
        model: the model.
        inputs: one row an example.
        layers: names of modules.

    Returns:
        By layer, one row an example, in double precision; layers whose output is no such tensor are left out, and of
        a layer that is called several times the last call counts.
    """
    found: dict[str, np.ndarray] = {}
    modules, hooks = dict(model.named_modules()), []

    def keep(name: str):
        def hook(_module: torch.nn.Module, _inputs: tuple, output: object) -> None:
            if isinstance(output, torch.Tensor) and output.is_floating_point() and len(output) == len(inputs):
                found[name] = output.detach().flatten(1).to("cpu", torch.float64).numpy()

        return hook

    try:
        hooks += [modules[name].register_forward_hook(keep(name)) for name in layers]
        with torch.no_grad():
            model(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return {name: found[name] for name in layers if name in found}
