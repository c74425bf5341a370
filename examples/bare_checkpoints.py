"""No recorder was attached, only weights were saved: what can still be said."""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits

from separatrix.probes import diagnose


def main(out: str = "runs/bare", steps: int = 1500) -> None:
    """Train, save weights now and then, ask."""
    torch.manual_seed(0)
    images, labels = load_digits(return_X_y=True)
    x, y = torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels)
    model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps({"learning_rate": 0.1, "batch_size": 64}))
    for step in range(steps + 1):
        if step % 500 == 0:
            save_file(model.state_dict(), folder / f"step-{step:06d}.safetensors")
        few = torch.randint(0, len(x), (64,))
        value = torch.nn.functional.cross_entropy(model(x[few]), y[few])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    for answer in diagnose(folder):
        print(f"\n{answer.question}\n  {answer.answer}", *answer.evidence, answer.calibration, sep="\n    ")


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:]))
