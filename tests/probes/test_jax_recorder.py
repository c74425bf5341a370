"""The recorder of an optax run, and the machinery of the calibration in small."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from separatrix.errors import SeparatrixError
from separatrix.probes import Recorder, diagnose
from separatrix.probes.calibration import edge_score, noise_score
from separatrix.probes.calibration.plateau_score import ask_family
from separatrix.probes.calibration.tasks import FAMILIES
from separatrix.probes.jax_rule import check_rate
from separatrix.probes.record import open_record


class _Clock:
    now = 0.0

    def __call__(self):
        self.now += 1e-3
        return self.now


def _apply(params, x):
    return jnp.tanh(x @ params["w1"]) @ params["w2"]


def _loss(params, batch):
    return jnp.mean((_apply(params, batch[0]) - batch[1]) ** 2) / 2


def _run(folder, steps=8):
    rng = np.random.default_rng(0)
    params = {"w1": jnp.asarray(rng.standard_normal((3, 4))), "w2": jnp.asarray(rng.standard_normal((4, 2)))}
    data = (jnp.asarray(rng.standard_normal((12, 3))), jnp.asarray(rng.standard_normal((12, 2))))
    optimizer, clock = optax.sgd(optax.linear_schedule(0.2, 0.1, 8), momentum=0.5), _Clock()
    state = optimizer.init(params)
    with Recorder(
        params,
        loss=_loss,
        data=data,
        optimizer=optimizer,
        out=folder,
        overhead=1.0,
        apply=_apply,
        batch_size=12,
        clock=clock,
    ) as recorder:
        for _ in range(steps):
            value, slopes = jax.value_and_grad(_loss)(params, data)
            updates, state = optimizer.update(slopes, state, params)
            params = optax.apply_updates(params, updates)
            clock.now += 1.0
            recorder.step(value, params, state)
    return params, data


def test_an_optax_run_is_recorded_with_its_exact_curvature(tmp_path):
    params, data = _run(tmp_path / "run")
    record = open_record(tmp_path / "run")
    last = record.rows[-1]
    flat, rebuild = jax.flatten_util.ravel_pytree(params)
    dense = np.linalg.eigvalsh(np.asarray(jax.hessian(lambda x: _loss(rebuild(x), data))(flat)))
    assert last["step"] == 8
    assert last["top"]["value"] == pytest.approx(dense[-1], rel=1e-3)
    # after eight steps the schedule has reached 0.1: 2 (1 + 0.5) / 0.1
    assert last["rule"]["threshold"] == pytest.approx(30.0, rel=1e-3)
    assert record.meta["setup_seconds"] > 0
    assert [answer.missing for answer in diagnose(tmp_path / "run", "noise")] == [None]


def test_a_jax_run_needs_an_optax_transformation(tmp_path):
    with pytest.raises(SeparatrixError, match="optax transformation"):
        Recorder({"w": jnp.ones(2)}, loss=_loss, data=(), optimizer=0.1, out=tmp_path / "run")


@pytest.mark.parametrize(
    ("extra", "optimizer", "message"),
    [
        ({"spare": jnp.ones(2)}, optax.sgd(0.1), "does not use the parameter 'spare'"),
        ({}, optax.sgd(0.0), "learning rate is 0"),
        ({}, optax.adam(optax.constant_schedule(0.0)), "learning rate is 0"),
    ],
)
def test_a_jax_run_that_cannot_learn_is_refused(tmp_path, extra, optimizer, message):
    params = {"w1": jnp.ones((3, 4)), "w2": jnp.ones((4, 2)), **extra}
    with pytest.raises(SeparatrixError, match=message):
        Recorder(params, loss=_loss, data=(jnp.ones((5, 3)), jnp.ones((5, 2))), optimizer=optimizer, out=tmp_path / "r")


def test_a_schedule_that_begins_at_zero_is_taken():
    params = {"w": jnp.ones(2)}
    check_rate(optax.sgd(optax.linear_schedule(0.0, 0.1, 50)), params)
    check_rate(optax.adam(optax.warmup_cosine_decay_schedule(0.0, 0.1, 1000, 20_000)), params)


def test_the_calibration_finds_saddles_and_ends_in_small():
    quadratic = FAMILIES[2]
    asked = ask_family(quadratic, np.array([0, 1]), {})
    kinds = {(a.query.kind, a.noisy) for a in asked}
    assert kinds == {("saddle", False), ("end", False), ("end", True)}
    # two seeds: their answers were seen to be right; the rates are measured by the calibration itself
    assert sum(a.right for a in asked) >= 0.8 * len(asked)


def test_the_other_instruments_are_scored():
    for score in (edge_score.score, noise_score.score):
        found = score(12, 0)
        assert sum(len(right) for right in found.values()) == 12
        assert sum(sum(right) for right in found.values()) >= 9
