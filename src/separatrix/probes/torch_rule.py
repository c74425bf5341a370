"""The rule of a PyTorch optimiser's step, read from its groups and state without touching them."""

import numpy as np
import torch

from separatrix.errors import SeparatrixError
from separatrix.probes.step_rule import (
    StepRule,
    adam_rule,
    descent_rule,
    group_preconditioner,
    resting_rule,
    unknown_rule,
)


def check_rates(optimizer: torch.optim.Optimizer) -> None:
    """Refuse an optimiser that cannot move.

    Args:
        optimizer: the user's.

    Raises:
        SeparatrixError: every group has learning rate zero, and no schedule is about to raise it.
    """
    if not any(float(g["lr"]) > 0 or float(g.get("initial_lr", 0)) > 0 for g in optimizer.param_groups):
        raise SeparatrixError(
            "The learning rate of every parameter group is 0, so nothing will be learned: set lr > 0."
        )


def optimizer_rule(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> StepRule:
    """The rule of the next step.

    Args:
        model: its trainable parameters, in order, are the flat vector.
        optimizer: read, not changed; rates are read anew each time, so schedules are followed.

    Returns:
        The rule; groups with other rates are folded into a preconditioner.
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = {id(p): group for group in optimizer.param_groups for p in group["params"]}
    used = [groups.get(id(p)) for p in parameters]
    present = [g for g in used if g is not None]
    rates = [0.0 if g is None else float(g["lr"]) for g in used]
    kind = type(optimizer).__name__
    if not present or max(rates) <= 0:
        return resting_rule(kind) if present else unknown_rule(kind, 0.0)
    scaling = group_preconditioner(rates, [p.numel() for p in parameters])
    notes = (
        ()
        if scaling is None
        else ("groups have different learning rates: the Hessian is scaled by them, lr is the largest",)
    )
    if kind == "SGD":
        return _descent(present, max(rates), scaling, notes)
    if kind in {"Adam", "AdamW"}:
        return _adam(optimizer, parameters, used, present, max(rates), scaling, notes)
    return unknown_rule(kind, max(rates))


def _descent(groups: list[dict], rate: float, scaling: np.ndarray | None, notes: tuple[str, ...]) -> StepRule:
    if any(g["maximize"] for g in groups):
        return unknown_rule("SGD that maximises", rate)
    names = ("momentum", "nesterov", "dampening", "weight_decay")
    if len({tuple(g[n] for n in names) for g in groups}) > 1:
        notes = (*notes, "groups differ in momentum or decay: the one with the lowest threshold is used")
    rules = [
        descent_rule(
            rate,
            float(g["momentum"]),
            nesterov=bool(g["nesterov"]),
            dampening=float(g["dampening"]),
            weight_decay=float(g["weight_decay"]),
            preconditioner=scaling,
            notes=notes,
        )
        for g in groups
    ]
    return min(rules, key=lambda rule: rule.threshold or 0.0)


def _adam(optimizer, parameters, used, present, rate, scaling, notes) -> StepRule:
    first = present[0]
    b1, b2 = (float(b) for b in first["betas"])
    decoupled = type(optimizer).__name__ == "AdamW" or bool(first.get("decoupled_weight_decay", False))
    decay = float(first["weight_decay"])
    if decay and not decoupled:
        notes = (*notes, "weight decay inside Adam's gradient is not counted in the threshold")
    key = "max_exp_avg_sq" if first["amsgrad"] else "exp_avg_sq"
    steps, pieces = 0.0, []
    for parameter, group in zip(parameters, used, strict=True):
        state = optimizer.state.get(parameter, {})
        if group is None or key not in state:
            if group is not None:
                return adam_rule(rate, b1, None, notes=notes)
            pieces.append(np.ones(parameter.numel()))
            continue
        steps = float(state["step"])
        second = state[key].detach().reshape(-1).to("cpu", torch.float64).numpy()
        pieces.append(np.sqrt(second / (1 - b2**steps)) + float(group["eps"]))
    diagonal = np.concatenate(pieces) if scaling is None else np.concatenate(pieces) * scaling
    return adam_rule(
        rate,
        b1,
        diagonal,
        correction=1 - b1**steps if steps < 10 / (1 - b1) else 1.0,
        weight_decay=decay if decoupled else 0.0,
        notes=notes,
    )
