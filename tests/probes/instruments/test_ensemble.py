"""The ensemble instrument on records made by hand, and its forecast against trained networks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import save_file

from separatrix.probes import diagnose
from separatrix.probes.examples import write_examples
from separatrix.probes.instruments.ensemble import classes
from separatrix.probes.two_layers import read_two_layers
from separatrix.probes.writer import RecordWriter
from separatrix.theory.ensemble_forecast import forecast_ensemble
from separatrix.theory.infinite_width import WideNetwork

RNG = np.random.default_rng(0)
X, TESTS = RNG.normal(size=(16, 5)), RNG.normal(size=(60, 5))
TEACHER = RNG.normal(size=5)
EXAMPLES = {"x": X, "y": (X @ TEACHER > 0) * 1.0, "validation_x": TESTS, "validation_y": (TESTS @ TEACHER > 0) * 1.0}


def _start(key, width=400):
    first, second = jax.random.split(key)
    return {
        "0.weight": jax.random.normal(first, (width, 5)) / np.sqrt(5),
        "2.weight": 2 * jax.random.normal(second, (1, width)) / np.sqrt(width),
    }


def _ask(folder, examples, turned=None, start=True):
    writer = RecordWriter(folder)
    writer.losses([1.0] * 10)
    for step in (0, 9):
        row = {"step": step, "loss": 1.0, "seconds": 0.0}
        if turned is not None:
            row |= {"kernel": {"turned": turned * (step > 0), "grown": 1.0}, "displacement_relative": 0.05 * (step > 0)}
        writer.row(row)
    writer.meta({"status": "complete"})
    writer.close()
    write_examples(folder, examples)
    if start:
        save_file({n: np.asarray(w) for n, w in _start(jax.random.key(0)).items()}, folder / "step-000000.safetensors")
    return diagnose(folder, ask="ensemble")[0]


def test_a_lazy_run_is_told_a_number_and_a_rich_one_warned(tmp_path):
    lazy = _ask(tmp_path / "lazy", EXAMPLES, turned=0.001)
    assert lazy.missing is None and "infinitely many" in lazy.answer
    assert any("width 400" in line for line in lazy.evidence)
    rich = _ask(tmp_path / "rich", EXAMPLES, turned=0.3)
    assert rich.answer.startswith("Not foreseeable, as this run is rich")
    assert rich.confidence is None
    unknown = _ask(tmp_path / "unknown", EXAMPLES, start=False)
    assert unknown.confidence is None
    assert any("was not measured" in line for line in unknown.evidence)


def test_it_says_what_it_lacks(tmp_path):
    assert "pass validation=(x, y)" in _ask(tmp_path / "none", {}).missing
    numbers = {**EXAMPLES, "y": X @ TEACHER, "validation_y": TESTS @ TEACHER}
    assert "no classes" in _ask(tmp_path / "numbers", numbers).missing


def test_the_forecast_is_what_trained_networks_do():
    targets, labels = classes(EXAMPLES["y"], EXAMPLES["validation_y"])

    def trained(key):
        start = _start(key)
        x, y, tests = (jnp.asarray(v) for v in (X, targets, TESTS))

        def outputs(weights, inputs):
            return jax.nn.relu(inputs @ weights["0.weight"].T) @ weights["2.weight"].T

        def step(state, _):
            weights, speed = state
            slope = jax.grad(lambda w: 0.5 * jnp.sum((outputs(w, x) - y) ** 2))(weights)
            speed = jax.tree.map(lambda v, g: 0.9 * v - g / 3000, speed, slope)
            return (jax.tree.map(jnp.add, weights, speed), speed), None

        state = start, jax.tree.map(jnp.zeros_like, start)
        return outputs(jax.lax.scan(step, state, None, length=400)[0][0], tests)[:, 0]

    found = np.asarray(jax.jit(jax.vmap(trained))(jax.random.split(jax.random.key(1), 48)))
    own = read_two_layers({n: np.asarray(w) for n, w in _start(jax.random.key(0)).items()}, 5, 1)
    assert own is not None and own.width == 400
    assert own.output_std == pytest.approx(2, rel=0.15)  # two standard errors: 2 / sqrt(2 * 400) of it
    forecast = forecast_ensemble(own.wide(), X, targets, TESTS, labels)
    for size in (1, 8):
        said = found.reshape(-1, size, len(TESTS)).mean(axis=1) > 0
        # 0.03 is what fixing the criterion at 0.05 left for the network's finite width
        assert abs(np.mean(said == labels[None, :]) - forecast.at(size)) < 0.03
    # shares of 48 networks scatter by up to 0.07 around the probabilities, less at the many that are certain
    shares = np.mean((found > 0) == labels[None, :], axis=0)
    assert np.sqrt(np.mean((shares - forecast.examples) ** 2)) < 0.06
    quiet = forecast_ensemble(WideNetwork(output_std=1e-3), X, targets, TESTS, labels)
    assert np.sqrt(np.mean((shares - quiet.examples) ** 2)) > 0.1
    assert quiet.smallest(0.99) == 1


def test_classes_are_read_from_labels_signs_and_rows():
    targets, labels = classes(np.array([0, 2, 1]), np.array([2, 2]))
    assert targets.tolist() == np.eye(3)[[0, 2, 1]].tolist() and labels.tolist() == [2, 2]
    targets, labels = classes(np.array([[-1.0], [1.0]]), np.array([[1.0], [-1.0]]))
    assert targets.tolist() == [[-1.0], [1.0]] and labels.tolist() == [1, 0]
    targets, labels = classes(np.eye(4)[[1, 3]], np.eye(4)[[2]])
    assert targets.shape == (2, 4) and labels.tolist() == [2]
    assert classes(RNG.normal(size=(3, 2)), RNG.normal(size=(3, 2))) is None


def test_scales_are_read_in_either_orientation_and_only_from_two_layers():
    weights = {"a": np.full((7, 5), 0.5), "b": np.full(7, 0.1), "c": np.full((7, 3), 2.0)}
    found = read_two_layers(weights, 5, 3)
    assert found is not None
    assert found == read_two_layers({n: w.T for n, w in weights.items()}, 5, 3)
    np.testing.assert_allclose(found, [7, 0.5 * 5**0.5, 0.1, 2 * 7**0.5, 16.0])
    assert read_two_layers({**weights, "d": np.ones((3, 3))}, 5, 3) is None
    assert read_two_layers(weights, 5, 4) is None
