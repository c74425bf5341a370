"""JAX parameters and an optax transformation as the subject of a recorder."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.interpreters.partial_eval import dce_jaxpr
from jaxtyping import PyTree

from separatrix.analysis.curvature import flat_parameters, hessian
from separatrix.analysis.operators import SymmetricOperator
from separatrix.errors import SeparatrixError, bad_parameter
from separatrix.probes.geometry import EXAMPLES, Geometry
from separatrix.probes.jax_rule import check_rate, optax_rule
from separatrix.probes.modes import InputOutputModes
from separatrix.probes.step_rule import StepRule

KERNEL_EXAMPLES = 24
KERNEL_MEMORY = 40_000_000


class OnData(eqx.Module):
    """The user's loss on the probe data, as one function of the parameters."""

    loss: Callable = eqx.field(static=True)
    data: PyTree

    def __call__(self, params: PyTree) -> jax.Array:
        """The loss at some parameters."""
        return self.loss(params, self.data)


@dataclass(frozen=True, eq=False)
class JaxState:
    """Parameters of one moment, copied, with the optimiser's rule then."""

    params: PyTree
    rule: StepRule


class JaxSubject:
    """What a recorder needs of a JAX run.

    Args:
        params: the initial parameters, any PyTree.
        loss: from parameters and batch to a scalar.
        data: the batch on which probes are made.
        optimizer: the optax transformation.
        apply: the outputs from parameters and ``data[0]``; None if not to be looked at.
        validation: another batch, whose loss is measured too; None for none.
        representations: layers' activations by name, from parameters and inputs; None if not to be looked at.

    Raises:
        SeparatrixError: the parameters hold no floating-point array, the optimiser is not optax's, or the loss or the
            representations are unusable.
    """

    framework = "jax"
    compiled = True
    seen_batch: int | None = None

    def __init__(
        self,
        params: PyTree,
        loss: Callable,
        data: PyTree,
        optimizer: Any,
        apply: Callable | None,
        validation: PyTree = None,
        representations: Callable | None = None,
    ):
        if not isinstance(optimizer, optax.GradientTransformation):
            raise bad_parameter(
                "optimizer",
                "Recorder",
                "an optax transformation for JAX parameters, or a torch.optim optimiser for a torch.nn.Module",
                type(optimizer).__name__,
            )
        flat_parameters(params)
        self.params, self.optimizer, self.apply, self.data = params, optimizer, apply, data
        self.user_loss, self.on_data = loss, OnData(loss, data)
        self.on_validation = None if validation is None else OnData(loss, validation)
        self.notes: list[str] = []
        self.outputs: int | None = None
        self._require_usable()
        self.modes = None
        self.kernel_examples: np.ndarray | None = None
        if apply is not None:
            self._look_at_outputs()
        self.representations = representations
        self.geometry = None if representations is None else self._look_at_representations(representations)

    def _require_usable(self) -> None:
        first, second = self.on_data(self.params), self.on_data(self.params)
        if jnp.shape(first) != ():
            raise SeparatrixError(f"The loss must return one scalar. Got shape {jnp.shape(first)} instead: average it.")
        if not jnp.isfinite(first):
            raise SeparatrixError(
                f"The loss on the probe data is {float(first)} before the first step: look for NaN in the data."
            )
        if first != second:
            raise SeparatrixError(
                f"The loss is not deterministic: on the same data and parameters it gave {float(first):.8g} and then "
                f"{float(second):.8g}. Take shuffling and dropout out of the recorder's loss."
            )
        unused = _unused(self.on_data, self.params)
        if unused:
            raise SeparatrixError(
                f"The loss does not use the parameter {unused[0]!r} ({len(unused)} are unused): leave it out of the "
                "parameters, or make the loss depend on it."
            )
        check_rate(self.optimizer, self.params)

    def _look_at_outputs(self) -> None:
        assert self.apply is not None
        inputs = self.data[0]
        outputs = self.apply(self.params, inputs)
        if outputs.shape[:1] != inputs.shape[:1]:
            raise bad_parameter("apply", "Recorder", "outputs with one row an example", outputs.shape)
        self.outputs = int(np.prod(outputs.shape[1:]))
        arrays = jax.tree.leaves(eqx.filter(self.params, eqx.is_inexact_array))
        count = min(len(inputs), KERNEL_EXAMPLES, KERNEL_MEMORY // sum(leaf.size for leaf in arrays))
        if count >= 4:
            self.kernel_examples = np.linspace(0, len(inputs) - 1, count).astype(int)
        if jnp.issubdtype(inputs.dtype, jnp.inexact) and len(self.data) == 2:
            flat = np.asarray(inputs, float).reshape(len(inputs), -1)
            self.modes = InputOutputModes.of(flat, np.asarray(self.data[1]))

    def _look_at_representations(self, representations: Callable) -> Geometry | None:
        if not (isinstance(self.data, tuple | list) and len(self.data) == 2):
            raise bad_parameter(
                "data", "Recorder with representations", "a pair of inputs and targets", type(self.data)
            )
        inputs, targets = (np.asarray(part[:EXAMPLES]) for part in self.data)
        found = representations(self.params, self.data[0][:EXAMPLES])
        if not isinstance(found, dict) or any(np.shape(rows)[:1] != inputs.shape[:1] for rows in found.values()):
            got = {k: np.shape(v) for k, v in found.items()} if isinstance(found, dict) else type(found).__name__
            raise bad_parameter("representations", "Recorder", "a dict of arrays with one row an example", got)
        return Geometry.of(inputs, targets)

    def stepped(self) -> None:
        """Nothing to clean up."""

    def describe(self) -> dict[str, Any]:
        """Metadata of the run."""
        arrays = jax.tree.leaves(eqx.filter(self.params, eqx.is_inexact_array))
        size = sum(leaf.size for leaf in arrays)
        leaves = [leaf for leaf in jax.tree.leaves(self.data) if hasattr(leaf, "shape") and leaf.shape]
        return {
            "framework": f"jax {jax.__version__}",
            "model": type(self.params).__name__,
            "parameters": size,
            "trainable": size,
            "optimizer": "optax",
            "loss": getattr(self.user_loss, "__name__", type(self.user_loss).__name__),
            "data_size": int(leaves[0].shape[0]) if leaves else None,
            "outputs": self.outputs,
            "probe_mode": "as the loss is",
        }

    def capture(self, params: PyTree = None, opt_state: PyTree = None) -> JaxState:
        """A copy of the parameters, and the optimiser's rule; of the first ones when none are given."""
        first = params is None
        params = self.params if first else params
        arrays = eqx.filter(params, eqx.is_inexact_array)
        state = self.optimizer.init(arrays) if first else opt_state
        copied = jax.tree.map(lambda leaf: jnp.array(leaf, copy=True) if eqx.is_array(leaf) else leaf, params)
        return JaxState(copied, optax_rule(self.optimizer, copied, state))

    def weights(self, state: JaxState) -> dict[str, np.ndarray]:
        """Weights of a state by name, in double precision."""
        return {name: np.asarray(leaf, np.float64) for name, leaf in _named(state.params).items()}

    def checkpoint(self, state: JaxState) -> dict[str, np.ndarray]:
        """What a checkpoint keeps of a state."""
        return {name: np.asarray(leaf) for name, leaf in _named(state.params).items()}

    @contextmanager
    def at(self, state: JaxState) -> "Iterator[JaxPoint]":
        """The point of weight space of a state, for measuring."""
        yield JaxPoint(self, state.params)


class JaxPoint:
    """A point of weight space of a JAX loss."""

    def __init__(self, subject: Any, params: PyTree):
        self.subject, self.params = subject, params
        self._slope: tuple[float, np.ndarray] | None = None

    def _evaluate(self) -> tuple[float, np.ndarray]:
        if self._slope is None:
            value, slope = _moved(self.subject.on_data, self.params, jnp.zeros(()))
            self._slope = float(value), np.asarray(slope, np.float64)
        return self._slope

    def loss(self) -> float:
        """The loss on the probe data."""
        return self._evaluate()[0]

    def gradient(self) -> np.ndarray:
        """Its gradient, shape ``(n,)``."""
        return self._evaluate()[1]

    def hessian(self) -> SymmetricOperator:
        """Its Hessian."""
        return hessian(self.subject.on_data, self.params, check=False)

    def losses_at(self, moves: Sequence[np.ndarray]) -> list[float]:
        """The loss at the parameters moved by each vector."""
        return [float(_moved(self.subject.on_data, self.params, jnp.asarray(move))[0]) for move in moves]

    def gradient_at(self, move: np.ndarray) -> np.ndarray:
        """The gradient at the parameters moved by a vector."""
        return np.asarray(_moved(self.subject.on_data, self.params, jnp.asarray(move))[1], np.float64)

    def curvatures_along(self, direction: np.ndarray, amounts: Sequence[float]) -> list[float]:
        """The second derivative along a direction, at the parameters moved along it."""
        along = jnp.asarray(direction)
        return [float(_curved(self.subject.on_data, self.params, along, jnp.asarray(a))) for a in amounts]

    def output_gradients(self) -> np.ndarray | None:
        """Gradients of one random projection of the outputs on a few examples."""
        subject = self.subject
        if subject.kernel_examples is None or subject.apply is None or subject.outputs is None:
            return None
        signs = np.random.default_rng(1).choice([-1.0, 1.0], subject.outputs)
        few = subject.data[0][subject.kernel_examples]
        return np.asarray(_output_slopes(subject.apply, self.params, few, signs), np.float64)

    def mode_strengths(self) -> dict[str, list[float]] | None:
        """Strength of each mode of the input-output correlation in the model's outputs."""
        subject = self.subject
        if subject.modes is None or subject.apply is None:
            return None
        outputs = np.asarray(subject.apply(self.params, subject.data[0]), float)
        return subject.modes.strengths(outputs.reshape(len(outputs), -1))

    def validation_loss(self) -> float | None:
        """The loss on the validation data."""
        validation = self.subject.on_validation
        return None if validation is None else float(_evaluated(validation, self.params))

    def representations(self) -> dict[str, dict[str, Any]] | None:
        """Each layer's alignment with the inputs and with the targets."""
        subject = self.subject
        if subject.geometry is None:
            return None
        found = subject.representations(self.params, subject.data[0][:EXAMPLES])
        return subject.geometry.measure({name: np.asarray(rows) for name, rows in found.items()})

    def weights(self) -> dict[str, np.ndarray]:
        """The weights by name."""
        return {name: np.asarray(leaf, np.float64) for name, leaf in _named(self.params).items()}


def _named(params: PyTree) -> dict[str, jax.Array]:
    pairs, _ = jax.tree_util.tree_flatten_with_path(eqx.filter(params, eqx.is_inexact_array))
    return {(jax.tree_util.keystr(path, simple=True, separator=".") or "params"): leaf for path, leaf in pairs}


def _unused(loss: Callable, params: PyTree) -> list[str]:
    """Names of the parameters that do not enter the loss's program."""
    moving, fixed = eqx.partition(params, eqx.is_inexact_array)
    program = jax.make_jaxpr(lambda arrays: loss(eqx.combine(arrays, fixed)))(moving)
    _, used = dce_jaxpr(program.jaxpr, [True])
    return [name for name, enters in zip(_named(params), used, strict=True) if not enters]


@eqx.filter_jit
def _evaluated(loss, params):
    return loss(params)


@eqx.filter_jit
def _moved(loss, params, move):
    flat, rebuild = flat_parameters(params)
    return jax.value_and_grad(lambda x: loss(rebuild(x)))(flat + move.astype(flat.dtype))


@eqx.filter_jit
def _curved(loss, params, direction, amount):
    flat, rebuild = flat_parameters(params)
    tangent, amount = direction.astype(flat.dtype), amount.astype(flat.dtype)
    slope = jax.grad(lambda a: loss(rebuild(flat + a * tangent)))
    return jax.jvp(slope, (amount,), (jnp.ones_like(amount),))[1]


@eqx.filter_jit
def _output_slopes(apply, params, inputs, signs):
    flat, rebuild = flat_parameters(params)

    def projected(x):
        outputs = apply(rebuild(x), inputs)
        return outputs.reshape(len(inputs), -1) @ jnp.asarray(signs, outputs.dtype)

    return jax.jacrev(projected)(flat)
