"""Systems with inputs: what the inputs do is told from the dynamics, and put back into forecasts."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Float

from separatrix.models.koopman.galerkin import galerkin
from separatrix.models.koopman.reading import InvalidData
from separatrix.models.koopman.snapshots import Snapshots


@dataclasses.dataclass(frozen=True)
class Control:
    """What inputs do within one step.

    Attributes:
        on_functions: to the model's functions, (P, K).
        on_state: to the state, (P, D).
    """

    on_functions: Float[np.ndarray, "P K"]
    on_state: Float[np.ndarray, "P D"]

    @property
    def count(self) -> int:
        """Number P of inputs."""
        return self.on_state.shape[0]

    def given(self, inputs: Any, rows: int, steps: int) -> Float[np.ndarray, "rows steps P"]:
        """Inputs brought to one shape.

        Args:
            inputs: (rows, P), held over all steps, or (rows, steps, P).
            rows: number of forecasts.
            steps: of each.

        Returns:
            (rows, steps, P).

        Raises:
            InvalidData: missing, of another shape, or not finite.
        """
        found = None if inputs is None else np.asarray(inputs, float)
        if found is not None and found.shape == (rows, self.count):
            found = np.repeat(found[:, None, :], steps, axis=1)
        if found is None or found.shape != (rows, steps, self.count) or not np.isfinite(found).all():
            raise InvalidData(
                f"The model was fitted with {self.count} inputs: it needs finite ones of shape "
                f"{(rows, steps, self.count)}; got {'none' if found is None else found.shape}."
            )
        return found

    def driven(
        self,
        start: Float[np.ndarray, "M K"],
        inputs: Float[np.ndarray, "M steps P"],
        matrix: Float[np.ndarray, "K K"],
        readout: Float[np.ndarray, "K D"],
    ) -> Float[np.ndarray, "M steps D"]:
        """States of the model under inputs: functions f go to f A + u B, and the state read off is f R + u S.

        Args:
            start: functions at the beginning, (M, K).
            inputs: u of each step, (M, steps, P).
            matrix: A.
            readout: R, from the functions to the state one step on.

        Returns:
            The state after each step.
        """
        functions = np.empty((inputs.shape[1], *start.shape))
        effect, present = inputs @ self.on_functions, start
        for step in range(inputs.shape[1]):  # a recurrence, in which each step needs the one before
            functions[step] = present
            present = present @ matrix + effect[:, step]
        return functions.transpose(1, 0, 2) @ readout + inputs @ self.on_state


def refuse_inputs(inputs: Any, owner: str) -> None:
    """Refuse inputs given to a model that was fitted without.

    Args:
        inputs: what was given.
        owner: the estimator's name.

    Raises:
        InvalidData: they are not None.
    """
    if inputs is not None:
        raise InvalidData(f"This {owner} was fitted without inputs; fit it with them first.")


def without_inputs(snapshots: Snapshots) -> tuple[Snapshots, np.ndarray, np.ndarray]:
    """Take the effect of the inputs out of the images, as the least squares fit of both together finds it.

    With (A, B) the fit of PY by PX A + U B, the fit of PY - U B by PX alone is A again, as what is left of PY is
    orthogonal to PX and U. So a model of the rest is the model of the system without inputs, and its residuals are
    those of its eigenpairs.

    Args:
        snapshots: with inputs.

    Returns:
        Snapshots without inputs; the inputs' effect on the dictionary, (P, N); and on the state, (P, D).

    Raises:
        InvalidData: on these data the inputs are functions of the state, so that no data could tell the two apart.

    Source: Proctor, Brunton and Kutz, arXiv 1409.6358 (DMDc); Korda and Mezic, arXiv 1611.03537, for a dictionary.
    """
    inputs = snapshots.inputs
    assert inputs is not None
    together = np.concatenate([snapshots.px, inputs], axis=1)
    both = galerkin(together, together)
    if both.rank < galerkin(snapshots.px, snapshots.px).rank + inputs.shape[1]:
        raise InvalidData(
            "On these data the inputs are functions of the state (feedback, or too few snapshots); their effect cannot "
            "be told from the dynamics. Excite the inputs independently."
        )
    effect = both.basis @ both.coefficients(np.concatenate([snapshots.py, snapshots.images], axis=1))
    effect = effect[snapshots.px.shape[1] :]
    on_functions, on_state = effect[:, : snapshots.py.shape[1]], effect[:, snapshots.py.shape[1] :]
    left = dataclasses.replace(
        snapshots,
        images=snapshots.images - inputs @ on_state,
        py=snapshots.py - inputs @ on_functions,
        inputs=None,
    )
    return left, on_functions, on_state
