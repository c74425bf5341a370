"""Will the test error come down again: on linear models trained by hand, run on to see."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.probes import diagnose
from separatrix.probes.examples import write_examples
from separatrix.probes.instruments import descent
from separatrix.probes.writer import RecordWriter
from separatrix.theory.slow_signal import foretell_descent

INPUTS, FAST, EXAMPLES, RATE = 30, 18, 50, 0.3
SIZES = np.where(np.arange(INPUTS) < FAST, 1.0, 1 / 40)
RULE = {"name": "plain descent", "learning_rate": RATE, "pace": RATE, "threshold": 2 / RATE, "formula": "2 / lr"}
RULE |= {"preconditioned": False, "notes": []}


def _data(slow=1.0, noise=0.1, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(EXAMPLES + 2000, INPUTS)) * SIZES
    teacher = rng.normal(size=INPUTS) / SIZES / INPUTS**0.5 * np.where(np.arange(INPUTS) < FAST, 1.0, slow)
    y = x @ teacher + noise * rng.normal(size=len(x))
    return (x[:EXAMPLES], y[:EXAMPLES]), (x[EXAMPLES:], y[EXAMPLES:])


def _errors(steps, data, fresh):
    """Validation error of descent on the mean squared error, run on exactly."""
    left, values, right = np.linalg.svd(data[0], full_matrices=False)
    learned = 1 - (1 - 2 * RATE / EXAMPLES * values[None, :] ** 2) ** np.asarray(steps)[:, None]
    weights = learned * (data[1] @ left / values)[None, :] @ right
    return [np.mean((x @ weights.T - y[:, None]) ** 2, axis=0) for x, y in (data, fresh)]


def _record(folder, slow=1.0, noise=0.1, steps=200, bend=0.0, keep=True, size=EXAMPLES):
    data, fresh = _data(slow, noise)
    writer = RecordWriter(folder)
    train, tests = _errors(np.arange(steps), data, fresh)
    train = train * (1 + bend * np.linspace(0, 1, steps))
    writer.losses(train.tolist())
    for step in np.unique(np.geomspace(1, steps, 20).round().astype(int)) - 1:
        row = {"step": int(step), "seconds": float(step), "rule": RULE, "loss": float(train[step])}
        writer.row({**row, "validation": {"loss": float(tests[step])}})
    writer.checkpoint(0, {"weight": np.zeros((1, INPUTS))})
    writer.meta({"status": "complete", "batch_size": EXAMPLES, "data_size": size, "outputs": 1})
    writer.close()
    if keep:
        examples = {"x": data[0], "y": data[1][:, None]}
        write_examples(folder, {**examples, "validation_x": fresh[0][:200], "validation_y": fresh[1][:200, None]})
    return data, fresh


def _answer(folder):
    (answer,) = diagnose(folder, ask="descent")
    return answer


def test_slow_signal_comes_down_and_noise_does_not(tmp_path):
    # asked at step 200: on the plateau, for slow features are learned after 1600 times as many steps as fast ones
    data, fresh = _record(tmp_path / "signal")
    answer = _answer(tmp_path / "signal")
    assert answer.answer.startswith("Yes"), answer
    foretold = int(answer.answer.split("half of that by step ")[1].split(",")[0].replace(" ", ""))
    now, later, end = _errors([200, foretold, 10**7], data, fresh)[1]
    assert now > 3 * end
    assert abs((now - later) / (now - end) - 0.5) < 0.25
    assert any("18 directions of the inputs are learned by now, 12 are too small" in line for line in answer.evidence)
    _record(tmp_path / "noise", slow=0.0, noise=0.8)
    stays = _answer(tmp_path / "noise")
    assert stays.answer.startswith("No: what is left to be learned is mostly noise")


def test_what_it_lacks_it_says(tmp_path):
    _record(tmp_path / "bent", bend=3.0)
    assert "curves alone cannot tell" in str(_answer(tmp_path / "bent").missing)
    _record(tmp_path / "bare", keep=False)
    assert "give data=(inputs, targets)" in str(_answer(tmp_path / "bare").missing)
    _record(tmp_path / "part", size=5000)
    assert _answer(tmp_path / "part").missing is not None


@pytest.mark.parametrize(
    ("remaining", "kind"),
    [((0.5, 0.3, 0.8), "down"), ((0.5, 0.3, 0.95), "down, not sure"), ((0.95, 0.8, 1.0), "stays, not sure")],
)
def test_verdict_is_sure_only_when_the_noise_does_not_matter(remaining, kind):
    assert descent.verdict(np.array(remaining)) == kind
    assert descent.verdict(np.array([1.0, 0.95, 1.0])) == "stays"


def test_expected_errors_are_the_mean_over_teachers():
    # with the noise and powers that the likelihood found, the course must be the average over such teachers
    data, _ = _data(noise=0.3)
    x, y, covariance = jnp.asarray(data[0]), jnp.asarray(data[1])[:, None], jnp.diag(jnp.asarray(SIZES**2))
    now, later = jnp.asarray(2.0), jnp.array([50.0, 3000.0])
    forecast = foretell_descent(x, y, covariance, now, later)
    slow = jnp.sqrt(forecast.slow_power[0] / (INPUTS - FAST)) / SIZES
    draws = np.random.default_rng(1).normal(size=(4000, INPUTS)) * np.where(np.arange(INPUTS) < FAST, 0.0, slow)
    rates, vectors = np.linalg.eigh(data[0].T @ data[0])
    for time, found in zip((2.0, 50.0, 3000.0), forecast.errors[0], strict=True):
        left = (vectors * np.exp(-time * rates)) @ vectors.T
        bias = np.mean(np.sum((draws @ left * SIZES) ** 2, axis=1))
        solver = (vectors * (1 - np.exp(-time * rates)) / rates) @ vectors.T @ data[0].T
        noise = float(forecast.noise[0]) * (1 + np.sum((SIZES[:, None] * solver) ** 2))
        # the fast directions, which are learned by then, add next to nothing
        np.testing.assert_allclose(found, bias + noise, rtol=0.05)
    assert jax.tree.all(jax.tree.map(lambda leaf: bool(jnp.all(jnp.isfinite(leaf))), forecast))


def test_too_many_learned_directions_leave_nothing_to_tell():
    x = jnp.asarray(np.random.default_rng(0).normal(size=(10, 20)))
    forecast = foretell_descent(x, x[:, :1], jnp.eye(20), 10.0, jnp.array([100.0]))
    assert bool(jnp.all(jnp.isnan(forecast.errors)))
