import os
import signal
import subprocess
import sys
import textwrap

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.dynamics import Diffusion, EulerMaruyama, Flow, Map, Setup, beyond, ensemble, evolve
from separatrix.errors import SeparatrixError


def noisy_descent(key, rate, curvature):
    x0 = jax.random.normal(key, (3,))
    step = Map(lambda t, x, k: x - rate * curvature * x + 0.01 * jax.random.normal(k, x.shape))
    return Setup(step, x0, {"loss": lambda x: curvature * jnp.sum(x**2) / 2})


GRID = {"rate": np.array([0.1, 0.5]), "curvature": np.array([1.0, 2.0, 5.0])}


def test_labels_and_the_numbers_of_single_runs():
    result = ensemble(noisy_descent, [0, 5, 20], seeds=4, grid=GRID)
    assert result.loss.dims == ("seed", "rate", "curvature", "time")
    build_key, run_key = jax.random.split(jax.random.fold_in(jax.random.key(0), 2))
    setup = noisy_descent(build_key, 0.5, 2.0)
    alone = evolve(setup.system, setup.x0, [0, 5, 20], observe=setup.observe, key=run_key)
    # one run by itself is another program: same numbers up to rounding
    np.testing.assert_allclose(result.loss.sel(seed=2, rate=0.5, curvature=2.0), alone.loss, rtol=1e-12)


@pytest.mark.parametrize("chunk", [1, 5, 24])
def test_chunks_do_not_change_the_numbers(chunk):
    whole = ensemble(noisy_descent, [0, 20], seeds=4, grid=GRID)
    parts = ensemble(noisy_descent, [0, 20], seeds=4, grid=GRID, chunk=chunk)
    assert parts.attrs["chunk"] == chunk
    np.testing.assert_allclose(whole.loss, parts.loss, rtol=1e-12)


def test_memory_decides_on_the_chunk():
    small = ensemble(noisy_descent, [0, 20], seeds=4, grid=GRID, memory=10_000)
    assert 1 <= small.attrs["chunk"] < 24


def test_one_divergence_touches_no_other():
    grid = {"rate": np.array([0.1, 3.0]), "curvature": np.array([1.0])}
    result = ensemble(noisy_descent, [0, 100, 2000], seeds=3, grid=grid)
    calm = ensemble(noisy_descent, [0, 100, 2000], seeds=3, grid={**grid, "rate": np.array([0.1, 0.1])})
    assert (result.stop_reason.isel(rate=1) == "diverged").all()
    assert (result.stop_reason.isel(rate=0) == "end").all()
    assert np.isnan(result.loss.isel(rate=1, time=-1)).all()
    np.testing.assert_array_equal(result.loss.isel(rate=0), calm.loss.isel(rate=0))


def test_adaptive_flows_and_events_in_an_ensemble():
    def build(key, rate):
        return Setup(Flow(lambda t, x: rate * x), jnp.array(1.0), {"x": lambda x: x})

    result = ensemble(build, [0.0, 1.0, 10.0], seeds=1, grid={"rate": [-1.0, 1.0, 2.0]}, stop=(beyond(100.0),))
    np.testing.assert_allclose(result.x.isel(seed=0, time=1), np.exp([-1.0, 1.0, 2.0]), rtol=1e-6)
    assert list(result.stop_reason.isel(seed=0).values) == ["end", "diverged", "diverged"]
    assert np.isnan(result.x.isel(seed=0, time=2, rate=[1, 2])).all()


def test_a_grid_point_shares_its_seeds_noise():
    def build(key, rate):
        return Setup(
            Diffusion(lambda t, x: -rate * x, lambda t, x: jnp.ones_like(x)), jnp.zeros(()), {"x": lambda x: x}
        )

    result = ensemble(build, [0.0, 1.0], seeds=[3, 7], grid={"rate": [1.0, 1.0 + 1e-9]}, method=EulerMaruyama(0.1))
    np.testing.assert_allclose(result.x.isel(rate=0), result.x.isel(rate=1), atol=1e-6)
    assert abs(float(result.x[0, 0, 1] - result.x[1, 0, 1])) > 1e-3


def test_one_program_for_all_points():
    traces = []

    def build(key, rate):
        traces.append(rate)
        return Setup(Map(lambda t, x, k: x * (1 - rate)), jnp.ones(()), {"x": lambda x: x})

    ensemble(build, [0, 3], seeds=7, grid={"rate": np.linspace(0, 1, 30)}, chunk=16)
    assert len(traces) <= 4  # to describe it, to weigh it, to compile it: never once a point or chunk


def test_a_store_resumes_and_refuses_another_ensemble(tmp_path):
    first = ensemble(noisy_descent, [0, 20], seeds=4, grid=GRID, chunk=5, store=tmp_path / "runs")
    marker = sorted((tmp_path / "runs" / "done").iterdir())[2]
    marker.unlink()
    again = ensemble(noisy_descent, [0, 20], seeds=4, grid=GRID, chunk=5, store=tmp_path / "runs")
    np.testing.assert_array_equal(first.loss, again.loss)
    with pytest.raises(SeparatrixError, match="another computation"):
        ensemble(noisy_descent, [0, 21], seeds=4, grid=GRID, chunk=5, store=tmp_path / "runs")


SCRIPT = textwrap.dedent("""
    import hashlib, sys, jax, jax.numpy as jnp, numpy as np
    jax.config.update("jax_enable_x64", True)
    from separatrix.dynamics import Flow, Setup, ensemble

    def build(key, scale):
        target = jnp.diag(jnp.array([2.0, 1.0]))
        first, second = jax.random.split(key)
        x0 = (scale * jax.random.normal(first, (5, 2)), scale * jax.random.normal(second, (2, 5)))
        loss = lambda w: 0.5 * jnp.sum((target - jnp.tanh(w[1] @ w[0])) ** 2)
        return Setup(Flow(lambda t, w: jax.tree.map(jnp.negative, jax.grad(loss)(w))), x0, {"loss": loss})

    store = sys.argv[1] if len(sys.argv) > 1 else None
    span = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    run = ensemble(build, np.linspace(0, span, 11), seeds=10, grid={"scale": [0.01, 0.1, 1.0]}, chunk=4, store=store)
    print(len(jax.devices()), hashlib.sha256(run.loss.values.tobytes()).hexdigest())
""")


def in_process(devices, *arguments):
    flags = f"--xla_force_host_platform_device_count={devices}"
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        env={**os.environ, "XLA_FLAGS": flags},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def test_bits_do_not_depend_on_the_number_of_devices():
    one, three = in_process(1), in_process(3)
    assert (one[0], three[0]) == ("1", "3")
    assert one[1] == three[1]


def test_a_killed_ensemble_resumes_to_the_same_bits(tmp_path):
    store = tmp_path / "runs"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(store)], stdout=subprocess.DEVNULL)
    while process.poll() is None and not list((store / "done").glob("*.json")):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = len(list((store / "done").glob("*.json")))
    assert done >= 1
    resumed, fresh = in_process(2, str(store)), in_process(1)
    assert resumed[1] == fresh[1]


def test_a_cluster_gives_the_same_bits():
    distributed = pytest.importorskip("distributed")
    from separatrix.dynamics import use_cluster

    drift = jnp.asarray(0.1)  # not a number of single precision, which is what a worker begins in

    def build(key, rate, curvature):
        setup = noisy_descent(key, rate, curvature)
        return setup._replace(x0=setup.x0 + drift)

    def run():
        return ensemble(build, [0, 20], seeds=4, grid=GRID, chunk=6).loss.values

    here = run()
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        use_cluster(cluster.scheduler_address),
    ):
        np.testing.assert_array_equal(here, run())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"seeds": 0}, "'seeds' parameter"),
        ({"seeds": [-1]}, "'seeds' parameter"),
        ({"chunk": 0}, "'chunk' parameter"),
        ({"grid": {"rate": [], "curvature": [1.0]}}, "non-empty"),
        ({"grid": {"seed": [1.0]}}, "not 'seed' or 'time'"),
        ({"grid": {"rate": ["a"], "curvature": [1.0]}}, "numbers"),
    ],
)
def test_bad_input_is_refused_in_one_line(arguments, words):
    with pytest.raises(SeparatrixError, match=words):
        ensemble(noisy_descent, [0, 1], **{"grid": GRID, **arguments})


def test_a_build_must_return_a_setup():
    with pytest.raises(SeparatrixError, match=r"must return Setup"):
        ensemble(lambda key: (Map(lambda t, x, k: x), 1.0), [0, 1])
