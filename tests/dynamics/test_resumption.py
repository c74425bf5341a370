"""Ensembles inside a study: long ones keep their chunks until the study has their results."""

import importlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.dynamics import Map, Setup, ensemble
from separatrix.dynamics.resumption import resumable

module = importlib.import_module("separatrix.dynamics.ensemble")


def walk(key):
    return Setup(Map(lambda t, x, k: x + jax.random.normal(k)), jnp.zeros(()), {"x": lambda x: x})


def test_an_interrupted_ensemble_takes_up_its_chunks(tmp_path, monkeypatch):
    real, asked = module.on_devices, []

    def killed(job, todo):
        for count, chunk in enumerate(real(job, todo)):
            if count == 2:
                raise KeyboardInterrupt
            yield chunk

    def counted(job, todo):
        asked.extend(todo)
        return real(job, todo)

    monkeypatch.setattr(module, "WORTH_KEEPING", 0.0)
    monkeypatch.setattr(module, "on_devices", killed)
    with resumable(tmp_path), pytest.raises(KeyboardInterrupt):
        ensemble(walk, [0, 5], seeds=8, chunk=2)
    monkeypatch.setattr(module, "on_devices", counted)
    with resumable(tmp_path):
        resumed = ensemble(walk, [0, 5], seeds=8, chunk=2)
    assert asked == [2, 3]
    np.testing.assert_array_equal(resumed.x, ensemble(walk, [0, 5], seeds=8, chunk=2).x)


def test_a_quick_ensemble_leaves_nothing(tmp_path):
    with resumable(tmp_path):
        ensemble(walk, [0, 5], seeds=4, chunk=2)
    assert list(tmp_path.iterdir()) == []
