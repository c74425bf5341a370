"""The peers of ``training``: the two ways in which one trains many seeds in PyTorch."""

import os
import time
from collections.abc import Sequence

import numpy as np
import torch
from torch.nn.functional import linear, relu


class Eager:
    """One seed as everybody writes it: a Sequential, ``torch.optim.SGD``, a loop. Seeds come one after another."""

    def __init__(
        self, arrays: Sequence[np.ndarray], x: np.ndarray, y: np.ndarray, batches: np.ndarray, rate: float, threads: int
    ) -> None:
        self.start = [torch.tensor(a) for a in arrays]
        self.x, self.y = torch.tensor(x), torch.tensor(y)
        self.batches, self.rate, self.threads = torch.tensor(batches, dtype=torch.long), rate, threads

    def train(self, steps: int) -> np.ndarray:
        """Train from the start and return the loss on all data, one number a seed."""
        torch.set_num_threads(self.threads)
        first, second, *biases = self.start
        model = torch.nn.Sequential(
            torch.nn.Linear(first.shape[1], first.shape[0]),
            torch.nn.ReLU(),
            torch.nn.Linear(second.shape[1], second.shape[0]),
        )
        with torch.no_grad():
            for parameter, value in zip(model.parameters(), (first, biases[0], second, biases[1]), strict=True):
                parameter.copy_(value)
        optimizer = torch.optim.SGD(model.parameters(), lr=self.rate)
        for t in range(steps):
            chosen = self.batches[t]
            x, y = self.x[chosen], self.y[chosen]
            optimizer.zero_grad()
            (0.5 * ((model(x) - y) ** 2).sum() / len(x)).backward()
            optimizer.step()
        with torch.no_grad():
            return np.array([float(0.5 * ((model(self.x) - self.y) ** 2).sum() / len(self.x))])


class Vmapped:
    """All seeds at once: ``vmap(grad(loss))`` over stacked parameters, updated in place."""

    def __init__(
        self, arrays: Sequence[np.ndarray], x: np.ndarray, y: np.ndarray, batches: np.ndarray, rate: float, threads: int
    ) -> None:
        self.start = [torch.tensor(a) for a in arrays]
        self.x, self.y = torch.tensor(x), torch.tensor(y)
        self.batches = torch.tensor(np.ascontiguousarray(batches.swapaxes(0, 1)), dtype=torch.long)
        self.rate, self.threads = rate, threads

    def train(self, steps: int) -> np.ndarray:
        """Train from the start and return the loss on all data, one number a seed."""
        torch.set_num_threads(self.threads)
        gradient = torch.func.vmap(torch.func.grad(_loss))
        with torch.no_grad():
            weights = tuple(w.clone() for w in self.start)
            for t in range(steps):
                chosen = self.batches[t]
                changes = gradient(weights, self.x[chosen], self.y[chosen])
                torch._foreach_add_(weights, changes, alpha=-self.rate)
            return torch.func.vmap(_loss, in_dims=(0, None, None))(weights, self.x, self.y).numpy()


def _loss(weights: tuple[torch.Tensor, ...], x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    first, second, bias, last = weights
    return 0.5 * ((linear(relu(linear(x, first, bias)), second, last) - y) ** 2).sum() / len(x)


def matmul_peak(size: int = 1024, repeats: int = 20) -> float:
    """The best rate of a square single-precision matrix product on all cores, in operations per second."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    a, b = torch.randn(size, size), torch.randn(size, size)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - start)
    return 2 * size**3 / min(times)
