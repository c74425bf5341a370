"""Many seeds of one small network trained at once, beside PyTorch: an eager loop over seeds, and torch.func.vmap."""

import dataclasses
import os
import statistics
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.clock import by_turns, median_ratio, seconds
from benchmarks.row import Row, version
from benchmarks.torch_training import Eager, Vmapped, matmul_peak
from separatrix.dynamics import Setup, ensemble
from separatrix.dynamics.dispatch import compile_chunks
from separatrix.dynamics.member import Build, Recipe
from separatrix.learning import half_mean_squared, minibatch_with_replacement
from separatrix.learning.networks import perceptron
from separatrix.learning.rules.minibatch import draw_indices

SEEDS, EXAMPLES, RATE = 64, 512, 0.05


@dataclasses.dataclass(frozen=True)
class Case:
    """A network and batch size, the seeds that one device trains at a time, steps per round, and the targets."""

    widths: tuple[int, int, int]
    batch: int
    chunk: int
    steps: int
    vmap_steps: int
    eager_steps: int
    targets: tuple[float, float]


CASES = (Case((10, 20, 10), 32, 32, 1000, 150, 100, (70, 4)), Case((64, 100, 10), 256, 4, 60, 20, 50, (4, 1.5)))


def run() -> list[Row]:
    """Both sizes of network, and how near ours comes to the machine's peak."""
    jax.config.update("jax_num_cpu_devices", len(os.sched_getaffinity(0)))  # one device a core: chunks run side by side
    return [row for case in CASES for row in compare(case)]


def compare(case: Case) -> list[Row]:
    """Time ours and both of PyTorch's ways on the same starts and the same batches, once the losses agree.

    Args:
        case: what to train.

    Returns:
        One row for each peer, and one for the share of the peak.
    """
    x, y = data(case)
    key, seeds = jax.random.key(0), jnp.arange(SEEDS)
    train = ours(case, build(case, x, y), key)
    starts, batches = jax.jit(jax.vmap(lambda seed: start_and_batches(case, key, seed)))(seeds)
    arrays = [np.asarray(leaf) for leaf in jax.tree.leaves(starts)]
    rivals, losses = {}, {}
    for threads in (1, 2):
        together = Vmapped(arrays, np.asarray(x), np.asarray(y), np.asarray(batches), RATE, threads)
        alone = Eager([a[0] for a in arrays], np.asarray(x), np.asarray(y), np.asarray(batches[0]), RATE, threads)
        losses |= {"vmap": together.train(case.steps), "eager": alone.train(case.steps)}
        rivals[f"vmap {threads}"] = lambda t=together: t.train(case.vmap_steps)
        rivals[f"eager {threads}"] = lambda a=alone: a.train(case.eager_steps)
    rivals["ours"] = train
    ours_loss = train()
    apart = float(np.max(np.abs(losses["vmap"] / ours_loss - 1)))
    apart = max(apart, abs(losses["eager"][0] / ours_loss[0] - 1))
    assert apart < 1e-3, f"the losses differ by {apart:.1e}: this is no equal comparison"
    times = by_turns(rivals, repeats=5)
    each = {name: [t / _work(name, case) for t in taken] for name, taken in times.items()}
    whole = seconds(lambda: ensemble(build(case, x, y), [0, case.steps], seeds=SEEDS, chunk=case.chunk))
    return list(_rows(case, each, apart, whole - statistics.median(times["ours"])))


def ours(case: Case, member: Build, key: jax.Array) -> Callable[[], np.ndarray]:
    """The program that ``ensemble(..., chunk=...)`` compiles and runs on all devices, without its compilation."""
    program = compile_chunks(Recipe(member, np.array([0, case.steps]), None, None, ()), jax.devices())
    together = case.chunk * len(jax.devices())

    def train() -> np.ndarray:
        runs = [program(key, {"seed": jnp.arange(i, i + together)}) for i in range(0, SEEDS, together)]
        return np.concatenate([run.values[0][:, -1] for run in runs])

    return train


def data(case: Case) -> tuple[jax.Array, jax.Array]:
    """Random inputs and the outputs of a one-layer teacher, shapes (n, d) and (n, c)."""
    d, _, c = case.widths
    x = jax.random.normal(jax.random.key(1), (EXAMPLES, d))
    return x, jnp.tanh(x @ jax.random.normal(jax.random.key(2), (d, c)) / d**0.5)


def build(case: Case, x: jax.Array, y: jax.Array) -> Build:
    """What ``ensemble`` trains: SGD from a random perceptron, the whole data's loss observed."""
    rule = minibatch_with_replacement(half_mean_squared, (x, y), optax.sgd(RATE), case.batch)

    def member(key: jax.Array) -> Setup:
        network = perceptron(key, case.widths, jax.nn.relu)
        return Setup(rule, rule.initial(network), {"loss": lambda s: half_mean_squared(s.model, (x, y))})

    return member


def start_and_batches(case: Case, key: jax.Array, seed: jax.Array) -> tuple[object, jax.Array]:
    """The initial network and every batch that ``ensemble`` gives this seed, handed to the peers free of charge."""
    build_key, run_key = jax.random.split(jax.random.fold_in(key, seed))
    draw = lambda t: draw_indices(jax.random.fold_in(run_key, t), EXAMPLES, case.batch)  # noqa: E731
    return perceptron(build_key, case.widths, jax.nn.relu), jax.vmap(draw)(jnp.arange(case.steps))


def _work(name: str, case: Case) -> int:
    kind = name.split()[0]
    return {"eager": case.eager_steps, "vmap": case.vmap_steps * SEEDS, "ours": case.steps * SEEDS}[kind]


def _rows(case: Case, each: dict[str, list[float]], apart: float, whole: float):
    network = f"{'-'.join(map(str, case.widths))}, batch {case.batch}"
    rates = {name: 1 / statistics.median(taken) for name, taken in each.items()}
    for kind, target in zip(("eager", "vmap"), case.targets, strict=True):
        best = max((f"{kind} {threads}" for threads in (1, 2)), key=rates.__getitem__)
        yield Row(
            f"training {SEEDS} seeds, {network}",
            f"{version('torch')}, {'an eager loop over seeds' if kind == 'eager' else 'torch.func.vmap'}",
            "times as many steps per second",
            median_ratio(each[best], each["ours"]),
            at_least=target,
            ours=f"{rates['ours']:,.0f} steps/s",
            theirs=f"{rates[best]:,.0f} steps/s with {best[-1]} thread(s)",
            accuracy=f"same starts and batches, final losses within {apart:.0e}",
            note=f"the peer draws no batches; chunks of {case.chunk}, one device a core; compiling took {whole:.1f} s",
        )
    d, h, c = case.widths
    operations = 2 * case.batch * (3 * (d * h + h * c) - d * h) * rates["ours"]
    peak = matmul_peak()
    yield Row(
        f"training {SEEDS} seeds, {network}",
        "the machine's own matrix product (PyTorch, 1024 x 1024, single precision)",
        "share of its peak",
        operations / peak,
        ours=f"{operations / 1e9:.0f} Gflop/s in the matrix products alone",
        theirs=f"{peak / 1e9:.0f} Gflop/s",
    )
