"""Positive kernels between states, on components scaled to one standard deviation."""

import dataclasses
from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Float

from separatrix.errors import bad_parameter

KernelName: TypeAlias = Literal["gaussian", "laplace", "polynomial"]
KERNELS = ("gaussian", "laplace", "polynomial")


@dataclasses.dataclass(frozen=True)
class ScaledKernel:
    """A kernel of states, each of whose components is first brought to mean 0 and standard deviation 1.

    Args:
        name: "gaussian" exp(-r^2 / (2 l^2)), "laplace" exp(-r / l), or "polynomial" (1 + x.y / l^2)^degree, or a
            function of two arrays (M, D) and (N, D) of scaled states that gives (M, N).
        mean: of the components, (D,).
        scale: their standard deviations, (D,).
        length_scale: l, in standard deviations.
        degree: of the polynomial.
    """

    name: str | Callable
    mean: Float[np.ndarray, "D"]
    scale: Float[np.ndarray, "D"]
    length_scale: float
    degree: int

    @property
    def local(self) -> bool:
        """Whether a kernel about a state may be large near to it only."""
        return self.name != "polynomial"

    def __call__(self, one: Float[np.ndarray, "M D"], other: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "M N"]:
        """The Gram matrix of two sets of states.

        Args:
            one: states, (M, D).
            other: states, (N, D).

        Returns:
            The kernel of each with each, (M, N).
        """
        return self.of_scaled(self.scaled(one), self.scaled(other))

    def of_scaled(self, first: Float[np.ndarray, "M D"], second: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "M N"]:
        """The Gram matrix of states that are scaled already.

        Args:
            first: as of ``scaled``, (M, D).
            second: as of ``scaled``, (N, D).

        Returns:
            (M, N).
        """
        if not isinstance(self.name, str):
            return np.asarray(self.name(first, second), float)
        inner = first @ second.T
        if self.name == "polynomial":
            return (1 + inner / self.length_scale**2) ** self.degree
        # in place throughout: this is where the time of a kernel method goes
        inner *= -2.0
        inner += np.einsum("ij,ij->i", first, first)[:, None]
        inner += np.einsum("ij,ij->i", second, second)[None, :]
        np.maximum(inner, 0.0, out=inner)
        if self.name == "laplace":
            np.sqrt(inner, out=inner)
            inner *= -1 / self.length_scale
        else:
            inner *= -0.5 / self.length_scale**2
        return np.exp(inner, out=inner)

    def scaled(self, states: Float[np.ndarray, "M D"]) -> Float[np.ndarray, "M D"]:
        """States in the kernel's own units.

        Args:
            states: (M, D).

        Returns:
            The same, with mean 0 and standard deviation 1 over the data that the kernel was made for.
        """
        return (states - self.mean[None, :]) / self.scale[None, :]

    def diagonal(self, states: Float[np.ndarray, "M D"]) -> Float[np.ndarray, "M"]:
        """The kernel of each state with itself.

        Args:
            states: (M, D).

        Returns:
            (M,).
        """
        if self.name in ("gaussian", "laplace"):
            return np.ones(len(states))
        if self.name == "polynomial":
            inner = np.einsum("ij,ij->i", self.scaled(states), self.scaled(states))
            return (1 + inner / self.length_scale**2) ** self.degree
        return np.array([float(self(state[None, :], state[None, :])[0, 0]) for state in states])


def kernel_for(
    states: Float[np.ndarray, "M D"],
    name: str | Callable,
    length_scale: float | None,
    degree: int,
    owner: str,
) -> ScaledKernel:
    """A kernel in the units of the data.

    Args:
        states: whose mean and spread it takes, (M, D).
        name: of the kernel, or a function.
        length_scale: in standard deviations; None for 2 sqrt(D), twice the root of the mean squared distance from the
            mean. Wide kernels interpolate smooth observables best, and the functions that they make nearly dependent
            are dropped later.
        degree: of the polynomial kernel.
        owner: the estimator's name, for messages.

    Returns:
        The kernel.

    Raises:
        bad_parameter: one is out of its range.
    """
    if not callable(name) and name not in KERNELS:
        raise bad_parameter("kernel", owner, f"one of {', '.join(KERNELS)} or a function", name)
    if length_scale is not None and not length_scale > 0:
        raise bad_parameter("length_scale", owner, "a float in the range (0, inf) or None", length_scale)
    if not degree >= 1:
        raise bad_parameter("degree", owner, "an int in the range [1, inf)", degree)
    spread = states.std(axis=0)
    wide = 2 * float(np.sqrt(states.shape[1])) if length_scale is None else float(length_scale)
    return ScaledKernel(name, states.mean(axis=0), np.where(spread > 0, spread, 1.0), wide, int(degree))
