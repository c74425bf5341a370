"""The demo's training run: an ordinary PyTorch loop on scikit-learn's digits, with a recorder attached."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from separatrix.errors import SeparatrixError

WIDTH, SCALE, RATE, BATCH = 48, 0.12, 0.05, 128
EARLY, STEPS = 800, 5000
OVERHEAD = 0.5  # generous, for the loop takes seconds; 0.05 is enough for one of minutes


@dataclasses.dataclass(frozen=True)
class Trained:
    """A recorded training run.

    Attributes:
        path: the record.
        losses: the loss at each step, dimension ``step``.
        accuracy: share of the digits that the trained network names rightly.
        overhead: seconds the probes cost as a share of the loop's own, as the record states it; None if it does not.
    """

    path: Path
    losses: xr.DataArray
    accuracy: float
    overhead: float | None


def train(path: Path, steps: int, seed: int = 0) -> Trained:
    """Train a small network from a small initialisation, recorded.

    Args:
        path: folder of the record, replaced when there.
        steps: number of steps.
        seed: of initialisation and batches: a longer run begins as a shorter one did.

    Returns:
        The run.

    Raises:
        SeparatrixError: if PyTorch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise SeparatrixError("The demo trains a PyTorch network: pip install 'separatrix[torch]'.") from error
    from separatrix.probes import Recorder

    torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
    generator = torch.Generator().manual_seed(seed)
    x, y = _digits(torch)
    model = _network(torch, seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    losses = []

    def loss(model: Any, batch: Any) -> Any:
        return torch.nn.functional.cross_entropy(model(batch[0]), batch[1])

    with Recorder(
        model,
        loss=loss,
        data=(x[:256], y[:256]),
        optimizer=optimizer,
        out=path,
        overhead=OVERHEAD,
        batch_size=BATCH,
        overwrite=True,
    ) as recorder:
        for _ in range(steps):
            chosen = torch.randint(len(x), (BATCH,), generator=generator)
            value = loss(model, (x[chosen], y[chosen]))
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            recorder.step(value)
            losses.append(float(value.detach()))
    right = (model(x).argmax(1) == y).float().mean()
    curve = xr.DataArray(np.array(losses), dims="step", coords={"step": np.arange(1, steps + 1)}, name="loss")
    return Trained(path, curve, float(right), _overhead(path))


def _digits(torch: Any) -> tuple[Any, Any]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.data / 16.0  # pyright: ignore[reportAttributeAccessIssue]
    targets = digits.target  # pyright: ignore[reportAttributeAccessIssue]
    return torch.tensor(images - images.mean(0), dtype=torch.float32), torch.tensor(targets)


def _network(torch: Any, seed: int) -> Any:
    torch.manual_seed(seed)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(64, WIDTH), nn.Tanh(), nn.Linear(WIDTH, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 10))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(SCALE if parameter.ndim > 1 else 0.0)
    return model


def _overhead(path: Path) -> float | None:
    from separatrix.store.disk import read_json

    return read_json(path / "run.json").get("overhead_spent")
