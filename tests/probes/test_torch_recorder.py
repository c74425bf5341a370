"""The recorder of a PyTorch run: it changes nothing, keeps to its budget, and names what it cannot use."""

import itertools
import random

import numpy as np
import pytest

from separatrix.errors import SeparatrixError
from separatrix.probes import Recorder, diagnose
from separatrix.probes.record import open_record

torch = pytest.importorskip("torch")
nn = torch.nn
TorchSubject = pytest.importorskip("separatrix.probes.torch_subject").TorchSubject

pytestmark = pytest.mark.torch


class _Clock:
    """A clock that moves when the test says so: a second a step, and a price for each loss that a probe evaluates."""

    def __init__(self, price=0.03):
        self.now, self.price = 0.0, price

    def __call__(self):
        return self.now

    def priced(self, loss):
        def evaluate(model, batch):
            self.now += self.price
            return loss(model, batch)

        return evaluate


def _data(count=40, classes=3):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 5, generator=generator), torch.randint(0, classes, (count,), generator=generator)


def _model(kind):
    torch.manual_seed(3)
    layers = {
        "plain": [nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 3)],
        "dropout": [nn.Linear(5, 6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 3)],
        "batchnorm": [nn.Linear(5, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3)],
    }
    return nn.Sequential(*layers[kind])


def _loss(model, batch):
    return nn.functional.cross_entropy(model(batch[0]), batch[1])


_OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
}


def _train(model, optimizer, steps, recorder=None, clock=None):
    x, y = _data()
    torch.manual_seed(7)
    np.random.seed(7)  # noqa: NPY002
    for _ in range(steps):
        chosen = torch.randint(0, len(x), (8,)) + np.random.randint(1)  # noqa: NPY002
        value = _loss(model, (x[chosen], y[chosen]))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        if recorder is not None:
            clock.now += 1.0
            recorder.step(value)
    return float(torch.rand(())), float(np.random.rand())  # noqa: NPY002


@pytest.mark.parametrize(("kind", "name"), list(itertools.product(["plain", "dropout", "batchnorm"], _OPTIMIZERS)))
def test_a_recorded_run_ends_in_the_same_weights_to_the_bit(kind, name, tmp_path):
    bare = _model(kind)
    optimizer = _OPTIMIZERS[name](bare.parameters())
    draws = _train(bare, optimizer, 12)

    watched, clock = _model(kind), _Clock()
    other = _OPTIMIZERS[name](watched.parameters())
    with Recorder(
        watched,
        loss=clock.priced(_loss),
        data=_data(),
        optimizer=other,
        out=tmp_path / "run",
        overhead=1.0,
        clock=clock,
    ) as r:
        same_draws = _train(watched, other, 12, r, clock)

    record = open_record(tmp_path / "run")
    assert record.having("top"), "no curvature was probed: the comparison would be empty"
    assert draws == same_draws
    assert all(a.training == b.training for a, b in zip(bare.modules(), watched.modules(), strict=True))
    for (key, a), b in zip(bare.state_dict().items(), watched.state_dict().values(), strict=True):
        assert torch.equal(a, b), key
    for a, b in zip(bare.parameters(), watched.parameters(), strict=True):
        assert torch.equal(a.grad, b.grad)
        for part, kept in optimizer.state[a].items():
            assert torch.equal(torch.as_tensor(kept), torch.as_tensor(other.state[b][part])), part


def test_generators_that_a_probe_uses_are_put_back():
    model = _model("dropout")

    def loss(module, batch):
        random.random(), np.random.rand(), torch.rand(1)  # noqa: NPY002
        return _loss(module, batch)

    subject = TorchSubject(model, loss, _data(), _OPTIMIZERS["sgd"](model.parameters()))
    state = subject.capture()

    def generators():
        return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002

    before = generators()
    with subject.at(state) as point:
        point.loss()
        assert generators() != before
    assert generators() == before


def test_a_probe_that_draws_from_the_users_generator_would_be_noticed():
    """The failing twin: one extra draw a step changes the weights."""
    first, second = _model("dropout"), _model("dropout")
    _train(first, _OPTIMIZERS["sgd"](first.parameters()), 3)
    optimizer = _OPTIMIZERS["sgd"](second.parameters())

    class _Thief:
        def step(self, _value):
            torch.rand(1)

    _train(second, optimizer, 3, _Thief(), _Clock())
    assert not torch.equal(first[0].weight, second[0].weight)


@pytest.mark.parametrize("overhead", [0.02, 0.05, 0.3])
def test_probes_keep_to_their_budget_of_time(overhead, tmp_path):
    model, clock = _model("plain"), _Clock(price=0.5)
    optimizer = _OPTIMIZERS["sgd"](model.parameters())
    with Recorder(
        model,
        loss=clock.priced(_loss),
        data=_data(),
        optimizer=optimizer,
        out=tmp_path / "run",
        overhead=overhead,
        clock=clock,
    ) as r:
        _train(model, optimizer, 300, r, clock)
    meta = open_record(tmp_path / "run").meta
    spent, loop = meta["probe_seconds"], meta["loop_seconds"]
    assert loop >= 300
    assert meta["overhead_spent"] == pytest.approx(spent / loop)
    assert spent <= overhead * loop, (spent, loop)
    assert meta["probes"]["light"] > 0


def test_opening_and_closing_count_as_spent(tmp_path):
    model, clock = _model("plain"), _Clock(price=0.5)
    optimizer = _OPTIMIZERS["sgd"](model.parameters())
    begun = clock.now
    with Recorder(
        model,
        loss=clock.priced(_loss),
        data=_data(),
        optimizer=optimizer,
        out=tmp_path / "run",
        overhead=0.1,
        clock=clock,
    ) as r:
        opened = clock.now - begun
        _train(model, optimizer, 60, r, clock)
    meta = open_record(tmp_path / "run").meta
    assert opened > 0
    assert meta["setup_seconds"] == pytest.approx(opened)
    # whatever passed on the clock was either the loop's 60 steps or the recorder's
    assert meta["probe_seconds"] == pytest.approx(clock.now - begun - 60.0)
    assert meta["probe_seconds"] <= 0.1 * meta["loop_seconds"]


def test_a_budget_too_small_for_curvature_says_so(tmp_path):
    model, clock = _model("plain"), _Clock(price=1.0)
    optimizer = _OPTIMIZERS["sgd"](model.parameters())
    with Recorder(
        model,
        loss=clock.priced(_loss),
        data=_data(),
        optimizer=optimizer,
        out=tmp_path / "run",
        overhead=1e-6,
        clock=clock,
    ) as r:
        _train(model, optimizer, 3, r, clock)
    assert "raise overhead" in open_record(tmp_path / "run").meta["notes"][-1]
    answers = {answer.question: answer for answer in diagnose(tmp_path / "run")}
    assert answers["Is it at the edge of stability?"].missing is not None


def test_dropout_is_named_and_probes_use_evaluation_mode(tmp_path):
    model = _model("dropout")
    optimizer = _OPTIMIZERS["sgd"](model.parameters())
    recorder = Recorder(model, loss=_loss, data=_data(), optimizer=optimizer, out=tmp_path / "run")
    assert "dropout in '2'" in recorder.subject.notes[0]


def _broken():
    x, y = _data()
    plain = _model("plain")
    unused = _model("plain")
    unused.extra = nn.Parameter(torch.zeros(2))
    sgd = torch.optim.SGD

    def noisy(model, batch):
        return nn.functional.cross_entropy(model(batch[0] + torch.randn_like(batch[0])), batch[1])

    return {
        "zero rate": (
            plain,
            _loss,
            (x, y),
            sgd(plain.parameters(), lr=0.0),
            "learning rate of every parameter group is 0",
        ),
        "unused": (unused, _loss, (x, y), sgd(unused.parameters(), lr=0.1), "'extra' gets no gradient"),
        "nan": (plain, _loss, (x * float("nan"), y), sgd(plain.parameters(), lr=0.1), "is nan before the first step"),
        "random": (plain, noisy, (x, y), sgd(plain.parameters(), lr=0.1), "not deterministic"),
        "vector": (plain, lambda m, b: m(b[0]), (x, y), sgd(plain.parameters(), lr=0.1), "must return a scalar"),
        "elsewhere": (
            plain,
            lambda m, b: _loss(unused, b),
            (x, y),
            sgd(plain.parameters(), lr=0.1),
            "does not depend on the model",
        ),
    }


@pytest.mark.parametrize("case", list(_broken()))
def test_what_cannot_be_recorded_is_refused_in_one_line(case, tmp_path):
    model, loss, data, optimizer, message = _broken()[case]
    with pytest.raises(SeparatrixError, match=message) as caught:
        Recorder(model, loss=loss, data=data, optimizer=optimizer, out=tmp_path / "run")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_failing_disk_ends_the_recording_and_not_the_run(tmp_path, monkeypatch):
    model, clock = _model("plain"), _Clock()
    optimizer = _OPTIMIZERS["sgd"](model.parameters())
    with Recorder(
        model,
        loss=_loss,
        data=_data(),
        optimizer=optimizer,
        out=tmp_path / "run",
        overhead=1.0,
        clock=clock,
    ) as r:
        monkeypatch.setattr(
            r._writer, "losses", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device"))
        )
        with pytest.warns(UserWarning, match="recording stopped.*No space left"):
            _train(model, optimizer, 12, r, clock)
    assert open_record(tmp_path / "run").meta["status"] == "running"


def test_a_run_that_diverges_is_recorded_to_its_end_and_explained(tmp_path):
    model, clock = _model("plain"), _Clock()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e4)

    def loss(module, batch):
        return (module[0](batch[0]) ** 2).sum() + 1e-3 * (module[2].weight ** 2).sum() + (module[2].bias ** 2).sum()

    with Recorder(
        model,
        loss=clock.priced(loss),
        data=_data(),
        optimizer=optimizer,
        out=tmp_path / "run",
        overhead=1.0,
        clock=clock,
    ) as r:
        for _ in range(40):
            value = loss(model, _data())
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            clock.now += 10.0
            r.step(value)
    assert len(open_record(tmp_path / "run").losses) == 40
    with pytest.raises(SeparatrixError, match=r"not finite from step .* of 40 on: the run diverged"):
        diagnose(tmp_path / "run")


class _Fused(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix, self.read = nn.Linear(5, 24), nn.Linear(8, 3)

    def forward(self, x):
        q, k, v = self.mix(x).view(len(x), 1, 3, 8).unbind(2)
        tokens = nn.functional.scaled_dot_product_attention(q[None], k[None], v[None])
        return self.read(tokens[0, :, 0])


def test_fused_attention_is_probed_with_the_plain_kernel(tmp_path):
    torch.manual_seed(0)
    model, clock = _Fused(), _Clock()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Recorder(
        model,
        loss=clock.priced(_loss),
        data=_data(),
        optimizer=optimizer,
        out=tmp_path / "run",
        overhead=1.0,
        clock=clock,
    ) as r:
        _train(model, optimizer, 12, r, clock)
    assert open_record(tmp_path / "run").having("top")


def test_a_recorder_outside_its_with_block_is_refused(tmp_path):
    model = _model("plain")
    recorder = Recorder(
        model, loss=_loss, data=_data(), optimizer=_OPTIMIZERS["sgd"](model.parameters()), out=tmp_path / "r"
    )
    with pytest.raises(SeparatrixError, match="with Recorder"):
        recorder.step(1.0)


def test_schedules_are_followed(tmp_path):
    model, clock = _model("plain"), _Clock()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.4)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 5, gamma=0.5)
    with Recorder(
        model,
        loss=clock.priced(_loss),
        data=_data(),
        optimizer=optimizer,
        out=tmp_path / "run",
        overhead=1.0,
        clock=clock,
    ) as r:
        for _ in range(12):
            value = _loss(model, _data())
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()
            clock.now += 1.0
            r.step(value)
    rows = open_record(tmp_path / "run").rows
    assert {row["rule"]["threshold"] for row in rows} <= {5.0, 10.0, 20.0}
    assert rows[-1]["rule"]["threshold"] == 20.0
    assert open_record(tmp_path / "run").meta["batch_size"] == 40


def test_curvature_matches_the_dense_hessian(tmp_path):
    model, clock = _model("plain").double(), _Clock()
    x, y = _data()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Recorder(
        model,
        loss=clock.priced(_loss),
        data=(x.double(), y),
        optimizer=optimizer,
        out=tmp_path / "run",
        overhead=1.0,
        clock=clock,
    ) as r:
        for _ in range(6):
            value = _loss(model, (x.double(), y))
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            clock.now += 1.0
            r.step(value)
    parameters = list(model.parameters())
    flat = torch.cat([p.detach().reshape(-1) for p in parameters])
    names, shapes = [n for n, _ in model.named_parameters()], [p.shape for p in parameters]

    def value_at(vector):
        parts = vector.split([s.numel() for s in shapes])
        weights = {n: v.reshape(s) for n, v, s in zip(names, parts, shapes, strict=True)}
        return nn.functional.cross_entropy(torch.func.functional_call(model, weights, (x.double(),)), y)

    dense = torch.linalg.eigvalsh(torch.autograd.functional.hessian(value_at, flat)).numpy()
    row = open_record(tmp_path / "run").rows[-1]
    assert row["step"] == 6
    # the probe asks for a relative error of 1e-3 at the top, 5e-2 or 1e-4 of the top at the bottom
    assert row["top"]["value"] == pytest.approx(dense[-1], rel=1e-3)
    assert abs(row["bottom"]["value"] - dense[0]) <= max(5e-2 * abs(dense[0]), 1e-4 * dense[-1])
    assert abs(row["trace"]["value"] - dense.sum()) <= 2 * row["trace"]["half_width"]


def _recorded(folder, **more):
    model = _model("plain")
    optimizer, clock = torch.optim.SGD(model.parameters(), lr=0.1), _Clock()
    held_out = tuple(part[:10] for part in _data(30))
    arguments = {"loss": _loss, "data": _data(), "optimizer": optimizer, "overhead": 1.0, "clock": clock}
    with Recorder(model, out=folder, validation=held_out, **arguments, **more) as recorder:
        for _ in range(6):
            optimizer.zero_grad()
            value = _loss(model, _data())
            value.backward()
            optimizer.step()
            clock.now += 1.0
            recorder.step(value)
    return model, held_out, open_record(folder)


def test_validation_representations_examples_and_facts_are_kept(tmp_path):
    model, held_out, record = _recorded(tmp_path / "run", examples=7, about={"modulus": np.int64(5)})
    steps, losses = record.column("validation", "loss")
    with torch.no_grad():
        assert losses[-1] == pytest.approx(float(_loss(model, held_out)), rel=1e-12)
    assert steps[-1] == 6 and record.about == {"modulus": 5}
    assert record.examples["x"].shape == (7, 5) and record.examples["validation_y"].tolist() == held_out[1][:7].tolist()
    assert set(record.rows[-1]["representations"]) == {"0", "1", "2"}
    # a linear layer of six units from five inputs has nearly their geometry, and more than what comes after it
    first, _, last = (record.rows[0]["representations"][name]["input_alignment"] for name in ("0", "1", "2"))
    assert 0 < last < first < 1


def test_the_spectrum_at_the_end_is_sketched(tmp_path):
    _, _, record = _recorded(tmp_path / "run")
    (last,) = record.having("density")
    assert last["step"] == 6 and last["density"]["size"] == 57  # (5 + 1) * 6 + (6 + 1) * 3 parameters
    # 57 directions: sixty products find the whole spectrum, whose largest member the probe found by itself
    assert max(last["density"]["eigenvalues"]) == pytest.approx(last["top"]["value"], rel=1e-3)
    (answer,) = diagnose(tmp_path / "run", "weight")
    assert answer.missing is None


def test_only_the_named_layers_are_looked_at_and_a_missing_one_is_named(tmp_path):
    _, _, record = _recorded(tmp_path / "run", layers=("1",), examples=0)
    assert set(record.rows[-1]["representations"]) == {"1"} and record.examples == {}
    with pytest.raises(SeparatrixError, match=r"Sequential has no layer 'hidden'\. Its layers are: 0, 1, 2"):
        _recorded(tmp_path / "other", layers=("hidden",))
    with pytest.raises(SeparatrixError, match="'about' of Recorder"):
        _recorded(tmp_path / "third", about={"f": _loss})
