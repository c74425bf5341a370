"""A recorder attached to a training loop: what it costs, beside trainscope."""

import statistics
import tempfile
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch.nn.functional import cross_entropy

from benchmarks.clock import by_turns
from benchmarks.row import Row, version
from separatrix.probes import Recorder

STEPS, BATCH, RATE, BUDGET, PROBE = 2000, 128, 0.1, 0.05, 256


def run() -> list[Row]:
    """Time the same loop bare, with our recorder, and with trainscope's.

    Returns:
        One row for each recorder.
    """
    from trainscope import TrainScope, TrainScopeConfig

    x, y = _digits()
    ends: dict[str, torch.Tensor] = {}

    def bare() -> None:
        model, optimizer = _fresh()
        _loop(model, optimizer, x, y, lambda value: None)
        ends["bare"] = _flat(model)

    def ours() -> None:
        model, optimizer = _fresh()
        loss = lambda m, batch: cross_entropy(m(batch[0]), batch[1])  # noqa: E731
        with tempfile.TemporaryDirectory() as folder:
            data = (x[:PROBE], y[:PROBE])
            out = Path(folder) / "run"
            with Recorder(model, loss=loss, data=data, optimizer=optimizer, out=out, overhead=BUDGET) as recorder:
                _loop(model, optimizer, x, y, recorder.step)
        ends["ours"] = _flat(model)

    def trainscope() -> None:
        model, optimizer = _fresh()
        with tempfile.TemporaryDirectory() as folder:
            scope = TrainScope(model, optimizer, config=TrainScopeConfig(run_dir=folder)).attach()
            _loop(model, optimizer, x, y, lambda value: None, between=lambda value: scope.step(value.item()))
            scope.detach()
        ends["trainscope"] = _flat(model)

    times = by_turns({"bare": bare, "ours": ours, "trainscope": trainscope}, repeats=3)
    same = "the same" if torch.equal(ends["bare"], ends["ours"]) else "NOT the same"
    return [
        Row(
            f"recording a training loop (digits 64-256-256-10, batch {BATCH}, {STEPS} steps)",
            peer,
            "share of the loop's time added, in %",
            100 * (statistics.median(a / b for a, b in zip(times[name], times["bare"], strict=True)) - 1),
            at_most=target,
            ours=f"{statistics.median(times[name]):.2f} s, bare loop {statistics.median(times['bare']):.2f} s",
            note=note,
        )
        for name, peer, target, note in (
            (
                "ours",
                "nothing",
                100 * BUDGET,
                f"budget {BUDGET:.0%}; opening and closing the record included; "
                f"final weights {same} to the bit with and without",
            ),
            ("trainscope", version("trainscope"), None, "the peer's own overhead with its defaults, for comparison"),
        )
    ]


def _digits() -> tuple[torch.Tensor, torch.Tensor]:
    pixels, labels = load_digits(return_X_y=True)
    return torch.tensor(pixels, dtype=torch.float32) / 16, torch.tensor(labels, dtype=torch.long)


def _fresh() -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10)
    )
    return model, torch.optim.SGD(model.parameters(), lr=RATE)


def _loop(model, optimizer, x, y, after, between=lambda value: None) -> None:
    generator = torch.Generator().manual_seed(1)
    for _ in range(STEPS):
        chosen = torch.randint(len(x), (BATCH,), generator=generator)
        optimizer.zero_grad()
        value = cross_entropy(model(x[chosen]), y[chosen])
        value.backward()
        between(value)
        optimizer.step()
        after(value)


def _flat(model: torch.nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().ravel() for p in model.parameters()])
