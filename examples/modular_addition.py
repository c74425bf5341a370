"""A small transformer with hand-written attention learns addition modulo 23 with AdamW."""

import sys

import torch
from torch import nn

from separatrix.probes import Recorder, diagnose


class Transformer(nn.Module):
    """One layer of attention and one of units, on two tokens and a question mark."""

    def __init__(self, modulus: int, width: int = 48, heads: int = 4):
        super().__init__()
        self.heads = heads
        self.tokens, self.places = nn.Embedding(modulus + 1, width), nn.Parameter(torch.randn(3, width) / 5)
        self.query, self.key, self.value, self.mix = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.enter, self.leave = nn.Linear(width, 96), nn.Linear(96, width)
        self.read = nn.Linear(width, modulus)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits of the sum, from token numbers (n, 3)."""
        x = self.tokens(tokens) + self.places
        split = (*x.shape[:2], self.heads, -1)
        q, k, v = (layer(x).view(split).transpose(1, 2) for layer in (self.query, self.key, self.value))
        weights = torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, dim=-1)
        x = x + self.mix((weights @ v).transpose(1, 2).flatten(2))
        return self.read((x + self.leave(torch.relu(self.enter(x))))[:, -1])


def main(out: str = "runs/modular", steps: int = 2000, modulus: int = 23) -> None:
    """Train on half of the table, record, ask."""
    torch.manual_seed(0)
    pairs = torch.cartesian_prod(torch.arange(modulus), torch.arange(modulus))
    x = torch.cat([pairs, torch.full((len(pairs), 1), modulus)], dim=1)
    y = pairs.sum(1) % modulus
    seen = torch.randperm(len(x))[: len(x) // 2]
    x, y = x[seen], y[seen]
    model = Transformer(modulus)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.5)

    def loss(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        return nn.functional.cross_entropy(model(batch[0]), batch[1])

    with Recorder(
        model,
        loss=loss,
        data=(x, y),
        optimizer=optimizer,
        out=out,
        overhead=0.5,
        overwrite=True,
        about={"modulus": modulus},
    ) as recorder:
        for _ in range(steps):
            few = torch.randint(0, len(x), (64,))
            value = loss(model, (x[few], y[few]))
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            recorder.step(value)
    for answer in diagnose(out):
        print(f"\n{answer.question}\n  {answer.answer}", *answer.evidence, answer.calibration, sep="\n    ")


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:]))
