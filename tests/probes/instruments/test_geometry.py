"""Whose geometry a layer has: records made by hand, a named layer of a custom module, and a JAX model."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import torch

from separatrix.probes import Recorder, diagnose
from separatrix.probes.geometry import Geometry
from separatrix.probes.instruments.geometry import verdict
from separatrix.probes.writer import RecordWriter

RNG = np.random.default_rng(0)
INPUTS, LABELS = RNG.standard_normal((64, 6)), np.repeat([0, 1, 2, 3], 16)


def _ask(folder):
    (answer,) = diagnose(folder, ask="geometry")
    return answer


def _record(folder, layers, targets=LABELS):
    writer = RecordWriter(folder)
    geometry = Geometry.of(INPUTS, targets)
    for step, activations in enumerate(layers):
        found = None if geometry is None else geometry.measure(activations)
        writer.row({"step": 100 * step, "seconds": 0.0, "loss": 1.0, "representations": found})
    writer.losses([1.0] * 200)
    writer.meta({"status": "complete"})
    writer.close()
    return _ask(folder)


def test_each_layer_is_named_with_its_geometry_and_how_it_moved(tmp_path):
    first = {"0": INPUTS, "2": INPUTS}
    last = {"0": 2 * INPUTS + 1, "2": np.eye(4)[LABELS]}
    answer = _record(tmp_path / "run", [first, last])
    assert answer.answer == "At step 100, of geometries, 0 has the input's; 2 has the target's."
    assert "Inputs and targets are aligned by" in answer.evidence[0]
    assert "aligned 1.00 with the input" in answer.evidence[1]
    assert "Since step 0: +" in answer.evidence[2]
    assert answer.missing is None


def test_between_and_neither():
    geometry = Geometry.of(INPUTS, LABELS)
    centred = [part - part.mean(axis=0) for part in (INPUTS, np.eye(4)[LABELS])]
    scaled = [part / np.sqrt(np.linalg.norm(part @ part.T)) for part in centred]
    found = geometry.measure({"both": np.concatenate(scaled, axis=1), "noise": RNG.standard_normal((64, 300))})
    kinds = {n: verdict(e["input_alignment"], e["target_alignment"], e["between"]) for n, e in found.items()}
    assert kinds == {"both": "between", "noise": "neither"}


def test_it_says_what_it_lacks(tmp_path):
    assert "give Recorder data that is a pair" in _record(tmp_path / "none", [{}], LABELS * 0).missing
    assert "nearly the same geometry" in _record(tmp_path / "same", [{"0": INPUTS}], INPUTS).missing


class Named(torch.nn.Module):
    """A module whose interesting layer has a name of its own."""

    def __init__(self):
        super().__init__()
        self.reader = torch.nn.Linear(6, 16)
        self.squash = torch.nn.Tanh()
        self.head = torch.nn.Linear(16, 4)

    def forward(self, x):
        return self.head(self.squash(self.reader(x)))


def test_a_named_layer_of_a_torch_module(tmp_path):
    torch.manual_seed(0)
    model = Named()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    data = (torch.tensor(INPUTS, dtype=torch.float32), torch.tensor(LABELS))
    loss_of = torch.nn.functional.cross_entropy
    folder = tmp_path / "run"
    with Recorder(
        model,
        loss=lambda m, batch: loss_of(m(batch[0]), batch[1]),
        data=data,
        optimizer=optimizer,
        out=folder,
        overhead=50.0,
        layers=("squash",),
    ) as recorder:
        for _ in range(5):
            loss = loss_of(model(data[0]), data[1])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            recorder.step(loss.item())
    answer = _ask(folder)
    assert "squash has" in answer.answer
    assert "reader" not in answer.answer


def test_a_jax_model_with_representations(tmp_path):
    weights = {"w": jnp.asarray(RNG.standard_normal((6, 8))), "v": jnp.ones((8, 1))}
    data = (jnp.asarray(INPUTS), jnp.asarray(RNG.standard_normal((64, 1))))

    def loss(params, batch):
        return jnp.mean((jnp.tanh(batch[0] @ params["w"]) @ params["v"] - batch[1]) ** 2)

    optimizer = optax.sgd(0.01)
    state = optimizer.init(weights)
    folder = tmp_path / "run"
    with Recorder(
        weights,
        loss=loss,
        data=data,
        optimizer=optimizer,
        out=folder,
        overhead=50.0,
        representations=lambda params, x: {"hidden": jnp.tanh(x @ params["w"])},
    ) as recorder:
        for _ in range(3):
            value, slope = jax.value_and_grad(loss)(weights, data)
            updates, state = optimizer.update(slope, state)
            weights = optax.apply_updates(weights, updates)
            recorder.step(float(value), weights, state)
    assert "hidden has the input's" in _ask(folder).answer


@pytest.mark.parametrize("share", [0.0, 0.2, 0.8, 1.0])
def test_the_answer_does_not_depend_on_how_alike_inputs_and_targets_are(share):
    between = 0.8
    size = np.sqrt((1 - share) ** 2 + share**2 + 2 * share * (1 - share) * between)
    of_input, of_target = ((1 - share) + share * between) / size, (share + (1 - share) * between) / size
    assert verdict(of_input, of_target, between) == ("input" if share < 0.5 else "target")
