"""A two-layer network learns addition modulo 23: its first weights tell which frequency each neuron will keep."""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from separatrix.probes import diagnose


def main(out: str = "runs/modular-frequencies", steps: int = 1500, modulus: int = 23, neurons: int = 128) -> None:
    """Train on all pairs, keep the weights of the first and the last step, and ask both."""
    torch.manual_seed(0)
    pairs = torch.cartesian_prod(torch.arange(modulus), torch.arange(modulus))
    x, y = nn.functional.one_hot(pairs, modulus).sum(1).float(), pairs.sum(1) % modulus
    first, last = nn.Linear(modulus, neurons, bias=False), nn.Linear(neurons, modulus, bias=False)
    for layer in (first, last):
        nn.init.normal_(layer.weight, std=0.1 / modulus**0.5)
    model = nn.Sequential(first, nn.ReLU(), last)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("step-*.safetensors"):
        old.unlink()
    (folder / "run.json").write_text(f'{{"about": {{"modulus": {modulus}}}}}')
    for step in range(steps + 1):
        if step in (0, steps):
            save_file(model.state_dict(), folder / f"step-{step:06d}.safetensors")
            (answer,) = diagnose(folder, ask="frequencies")
            print(f"Step {step}: {answer.answer}", *answer.evidence, answer.calibration, sep="\n    ")
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:]))
