"""A small network learns handwritten digits in stages from a small start: ask in the middle of a plateau."""

import sys

import torch
from sklearn.datasets import load_digits

from separatrix.probes import Recorder, diagnose


def main(out: str = "runs/digits", steps: int = 2000) -> None:
    """Train, record, ask."""
    torch.manual_seed(0)
    images, labels = load_digits(return_X_y=True)
    x = torch.tensor(images / 16 - 0.3, dtype=torch.float32)
    y = torch.nn.functional.one_hot(torch.tensor(labels)).float() - 0.1
    model = torch.nn.Sequential(
        torch.nn.Linear(64, 50, bias=False), torch.nn.ReLU(), torch.nn.Linear(50, 10, bias=False)
    )
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(0, 1e-4)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def loss(model: torch.nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        return ((model(batch[0]) - batch[1]) ** 2).sum(1).mean() / 2

    with Recorder(
        model, loss=loss, data=(x, y), optimizer=optimizer, out=out, overhead=0.5, overwrite=True
    ) as recorder:
        for _ in range(steps):
            value = loss(model, (x, y))
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            recorder.step(value)
    for answer in diagnose(out):
        print(f"\n{answer.question}\n  {answer.answer}", *answer.evidence, answer.calibration, sep="\n    ")
    for step in range(steps, 3 * steps + 1):
        value = loss(model, (x, y))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        if step % 500 == 0:
            print(f"what really happened: loss {value.item():.4f} at step {step}")


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:3]))
