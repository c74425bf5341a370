"""The largest eigenvalue of a loss's Hessian to a relative error of 1e-3, in units of full-batch training steps."""

import copy
import statistics
import warnings

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from benchmarks.clock import by_turns, median_ratio
from benchmarks.recorder import _digits, _fresh
from benchmarks.row import Row, version
from separatrix.analysis import torch_curvature
from separatrix.analysis.eigenpairs import eigenpairs

ERROR, TRAINED, APART, HE_ITERATIONS, UNIT = 1e-3, 60, 10, 20, 10
TASK = "largest Hessian eigenvalue (digits, 64-256-256-10, 1,797 examples)"


def run() -> list[Row]:
    """Time all on the same network, then judge each one's error against a converged double-precision value.

    Returns:
        Rows for a cold start, a warm one, and each peer.
    """
    x, y = _digits()
    before, now = _trained(x, y, TRAINED - APART), _trained(x, y, TRAINED)
    truth = _truth(now, x, y)
    earlier = eigenpairs(_operator(before, x, y), tolerance=ERROR).vectors
    found: dict[str, float] = {}
    matvecs: dict[str, int] = {}

    def ours(name: str, start: np.ndarray | None) -> None:
        pair = eigenpairs(_operator(now, x, y), tolerance=ERROR, start=start)
        found[name], matvecs[name] = float(pair.values[0]), pair.matvecs

    def step() -> None:
        optimizer.zero_grad()
        cross_entropy(scratch(x), y).backward()
        optimizer.step()

    scratch = copy.deepcopy(now)
    optimizer = torch.optim.SGD(scratch.parameters(), lr=1e-6)

    def train() -> None:
        for _ in range(UNIT):
            step()

    def peer(name: str, threads: int) -> None:
        torch.set_num_threads(threads)
        found[name] = PEERS[name](now, x, y)
        torch.set_num_threads(cores)

    cores = torch.get_num_threads()
    rivals = {"step": train, "cold": lambda: ours("cold", None), "warm": lambda: ours("warm", earlier)}
    variants = {f"{name} {threads}": (name, threads) for name in PEERS for threads in {1, cores}}
    rivals |= {label: lambda v=variant: peer(*v) for label, variant in variants.items()}
    times = by_turns(rivals, repeats=5, settle=train)
    steps = {name: UNIT * median_ratio(times[name], times["step"]) for name in rivals}
    steps |= {name: min(steps[label] for label, (of, _) in variants.items() if of == name) for name in PEERS}
    error = {name: abs(value / truth - 1) for name, value in found.items()}
    step_ms = 1e3 / UNIT * statistics.median(times["step"])
    return [_own(name, steps, error, matvecs, step_ms) for name in ("cold", "warm")] + [
        _peer(
            "eigenthings", f"{version('hessian-eigenthings')}, lanczos, {HE_ITERATIONS} iterations", None, steps, error
        ),
        _peer("curvlinops", f"{version('curvlinops-for-pytorch')} + SciPy eigsh", 8, steps, error),
        _peer(
            "curvlinops, same tolerance",
            f"{version('curvlinops-for-pytorch')} + SciPy eigsh(tol={ERROR:g})",
            None,
            steps,
            error,
        ),
    ]


def _own(name: str, steps: dict, error: dict, matvecs: dict, step_ms: float) -> Row:
    start = {"cold": "from a random vector", "warm": f"from the eigenvector {APART} steps earlier"}[name]
    return Row(
        f"{TASK}, {start}",
        "training",
        "full-batch SGD steps",
        steps[name],
        at_most=25 if name == "cold" else 6,
        accuracy=f"relative error {error[name]:.1e}{'' if error[name] <= ERROR else ', TOO LARGE'}",
        note=f"{matvecs[name]} products; a step takes {step_ms:.1f} ms; making the operator is included; "
        "that the loss is deterministic is checked once a loss, before",
    )


def _peer(name: str, peer: str, target: float | None, steps: dict, error: dict) -> Row:
    missed = "" if error[name] <= ERROR else ": the peer misses the accuracy asked for"
    return Row(
        f"{TASK}, from a random vector",
        peer,
        "times cheaper",
        steps[name] / steps["cold"],
        at_least=target,
        ours=f"{steps['cold']:.1f} SGD steps",
        theirs=f"{steps[name]:.1f} SGD steps",
        accuracy=f"relative errors {error['cold']:.1e} and {error[name]:.1e}{missed}",
        note="the peer at its faster number of threads",
    )


def _trained(x: torch.Tensor, y: torch.Tensor, steps: int) -> torch.nn.Module:
    model, optimizer = _fresh()
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(model(x), y).backward()
        optimizer.step()
    return model


def _operator(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor):
    return torch_curvature.hessian(lambda: cross_entropy(model(x), y), model.parameters())


def _truth(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    return _curvlinops(copy.deepcopy(model).double(), x.double(), y, 0.0)


def _eigenthings(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    from hessian_eigenthings import HessianOperator, lanczos, supervised_loss

    operator = HessianOperator(model, [(x, y)], supervised_loss(cross_entropy))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(lanczos(operator, k=1, max_iter=HE_ITERATIONS, which="LA", seed=0).eigenvalues[0])


def _curvlinops(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, tolerance: float) -> float:
    from curvlinops import HessianLinearOperator
    from scipy.sparse.linalg import eigsh

    parameters = [p for p in model.parameters() if p.requires_grad]
    operator = HessianLinearOperator(model, torch.nn.CrossEntropyLoss(), parameters, [(x, y)]).to_scipy()
    return float(eigsh(operator, k=1, which="LA", tol=tolerance, return_eigenvectors=True)[0][0])


PEERS = {
    "eigenthings": _eigenthings,
    "curvlinops": lambda model, x, y: _curvlinops(model, x, y, 0.0),
    "curvlinops, same tolerance": lambda model, x, y: _curvlinops(model, x, y, ERROR),
}
