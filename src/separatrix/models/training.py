"""Training of a model of dynamics: compiled in blocks of steps, with progress, early stopping and checkpoints."""

import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Key, PRNGKeyArray, PyTree

from separatrix.models.checkpoint import load_checkpoint, save_checkpoint

Loss = Callable[[PyTree, PyTree, PRNGKeyArray], Float[Array, ""]]
"""``loss(model, data, key)``: draws its own batch from the data, and any noise, by the key."""


@dataclasses.dataclass(frozen=True)
class Trained:
    """What training left behind.

    Args:
        model: the parameters; those of the best validation where there was one.
        losses: the loss of every step taken, (steps,).
        validation: the validation loss after every block, (blocks,); empty without one.
        stopped: why it ended: "steps", "patience" or "diverged".
    """

    model: PyTree
    losses: np.ndarray
    validation: np.ndarray
    stopped: str


def train_steps(
    model: PyTree,
    loss: Loss,
    data: PyTree,
    optimizer: optax.GradientTransformation,
    keys: Key[Array, " steps"],
    state: PyTree = None,
) -> tuple[PyTree, PyTree, Float[Array, " steps"]]:
    """One optimiser step a key, as one scan: pure, so that ``vmap`` over seeds or settings makes one program of many.

    Args:
        model: an equinox module or any PyTree; its inexact arrays are trained.
        loss: called as ``loss(model, data, key)``.
        data: what the loss draws from; an argument, so that it is no constant of the program.
        optimizer: any optax transformation.
        keys: one a step, (steps,).
        state: the optimiser's, from an earlier call; None begins afresh.

    Returns:
        The model, the optimiser's state and the loss before each step.
    """
    trained, fixed = eqx.partition(model, eqx.is_inexact_array)
    opened = optimizer.init(trained) if state is None else state

    def step(carry: tuple[PyTree, PyTree], key: PRNGKeyArray) -> tuple[tuple[PyTree, PyTree], Array]:
        parameters, memory = carry
        value, gradient = jax.value_and_grad(lambda p: loss(eqx.combine(p, fixed), data, key))(parameters)
        updates, memory = optimizer.update(gradient, memory, parameters)
        return (optax.apply_updates(parameters, updates), memory), value

    (trained, opened), losses = jax.lax.scan(step, (trained, opened), keys)
    return eqx.combine(trained, fixed), opened, losses


_compiled_steps = eqx.filter_jit(train_steps)


def train(
    model: PyTree,
    loss: Loss,
    data: PyTree,
    optimizer: optax.GradientTransformation,
    *,
    steps: int,
    key: PRNGKeyArray,
    validate: Callable[[PyTree], Float[Array, ""]] | None = None,
    patience: int | None = None,
    block: int = 100,
    checkpoint: Path | str | None = None,
) -> Trained:
    """Train one model; a bar on stderr shows progress when that is a terminal.

    Args:
        model: an equinox module or any PyTree.
        loss: called as ``loss(model, data, key)``.
        data: what the loss draws from.
        optimizer: any optax transformation.
        steps: how many at most.
        key: decides batches and noise: the same key, the same model to the bit, interrupted or not.
        validate: a loss on kept-back data, looked at after each block; the model that is best by it is returned.
        patience: stop after so many blocks without a better validation; None never stops early.
        block: steps between looks, checkpoints and movements of the bar.
        checkpoint: a safetensors file written after each block; if it exists, training resumes from it.

    Returns:
        The trained model and its history.

    Raises:
        SeparatrixError: the checkpoint is of another model.
    """
    state = optimizer.init(eqx.filter(model, eqx.is_inexact_array))
    best, done, history, checks = model, 0, np.zeros(0), np.zeros(0)
    if checkpoint is not None and Path(checkpoint).exists():
        (model, best, state), facts = load_checkpoint(checkpoint, (model, best, state))
        done, history, checks = facts["done"], np.asarray(facts["losses"]), np.asarray(facts["validation"])
    looked = None if validate is None else eqx.filter_jit(validate)
    keys, stopped = jax.random.split(key, steps), "steps"
    with _bar(steps, done) as advance:
        while done < steps:
            model, state, losses = _compiled_steps(model, loss, data, optimizer, keys[done : done + block], state)
            done, history = done + len(losses), np.concatenate([history, np.asarray(losses)])
            if looked is not None:
                checks = np.append(checks, float(looked(model)))
            if looked is None or checks[-1] <= np.nanmin(checks):
                best = model
            if checkpoint is not None:
                facts = {"done": done, "losses": history.tolist(), "validation": checks.tolist()}
                save_checkpoint(checkpoint, (model, best, state), facts)
            advance(len(losses), history[-1])
            if not np.isfinite(history[-1]):
                stopped = "diverged"
                break
            if patience is not None and len(checks) and len(checks) - 1 - int(np.nanargmin(checks)) >= patience:
                stopped = "patience"
                break
    return Trained(best, history, checks, stopped)


@contextmanager
def _bar(total: int, already: int) -> Iterator[Callable[[int, float], Any]]:
    if not sys.stderr.isatty():
        yield lambda count, loss: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("training", total=total, completed=already)
        yield lambda count, loss: progress.update(task, advance=count, description=f"training, loss {loss:.3g}")


def minibatch(data: PyTree, key: PRNGKeyArray, size: int) -> PyTree:
    """Rows drawn with replacement, the same ones of every leaf.

    Args:
        data: arrays with the examples on the first axis.
        key: decides which.
        size: how many.

    Returns:
        The same PyTree with ``size`` rows.
    """
    count = jax.tree.leaves(data)[0].shape[0]
    rows = jax.random.randint(key, (size,), 0, count)
    return jax.tree.map(lambda leaf: jnp.take(leaf, rows, axis=0), data)
