"""Run a study: its experiments, the verdicts on its claims, its figures, and the record of all that."""

import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import jax
import xarray as xr

import separatrix
from separatrix.dynamics.resumption import resumable
from separatrix.errors import SeparatrixError
from separatrix.store.runs import PendingRun, Store, fingerprint
from separatrix.studies.study import Study, StudyConfig
from separatrix.studies.verdict import Verdict, judge

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called as ``progress(what, done, total)`` before each experiment and at the end."""

FIGURE_SUFFIXES = (".html", ".png")
_RECORDED = ("jax", "jaxlib", "numpy", "scipy", "equinox", "diffrax", "optax", "xarray", "zarr")


@dataclasses.dataclass(frozen=True)
class StudyResult:
    """What a study gave.

    Attributes:
        study: the study.
        config: the configuration that it ran with.
        results: one node an experiment.
        verdicts: one a claim, in the study's order.
        seconds: computing time, that of resumed experiments included.
        resumed: how many experiments had been done by a run that was killed.
        run: id of the run in the store, None without a store.
        folder: where the run is stored, None without a store.
        figures: what was drawn: dictionaries with name, title and either files or error.
    """

    study: Study
    config: StudyConfig
    results: xr.DataTree
    verdicts: tuple[Verdict, ...]
    seconds: float
    resumed: int = 0
    run: str | None = None
    folder: Path | None = None
    figures: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The result as the command line's JSON has it."""
        claims = [verdict.to_json() for verdict in self.verdicts]
        return {"study": self.study.slug, "seconds": round(self.seconds, 3), "claims": claims}


def run_study(
    study: Study,
    config: StudyConfig,
    *,
    store: Store | None = None,
    progress: Progress | None = None,
    profile: str = "quick",
) -> StudyResult:
    """Run every experiment of a study and judge every claim.

    With a store, experiments that a killed run of the same study, configuration and code finished are not done again,
    and the run, with its figures, enters the store wholly or not at all.

    Args:
        study: the study.
        config: its configuration.
        store: where to keep the run.
        progress: told before each experiment.
        profile: the name of the profile that the configuration began from, for the record.

    Returns:
        The results and verdicts.

    Raises:
        SeparatrixError: for an unusable configuration, or when the store cannot be written.
    """
    if config.seeds < 1:
        raise SeparatrixError(f"A study needs at least one seed. Got seeds={config.seeds} instead.")
    tell = progress or (lambda what, done, total: None)
    if store is None:
        return _judged(study, config, *_experiments(study, config, None, tell))
    with store.pending(study.slug, _fingerprint(study, config)) as pending:
        result = _judged(study, config, *_experiments(study, config, pending, tell))
        tell("figures", len(study.experiments), len(study.experiments))
        figures = draw_figures(study, result.results, pending.folder / "figures")
        document = _document(result, profile, figures)
        run = pending.commit(document)
    return dataclasses.replace(result, run=run, folder=store.folder(run), figures=tuple(figures))


def _experiments(
    study: Study, config: StudyConfig, pending: PendingRun | None, tell: Progress
) -> tuple[dict[str, xr.Dataset], float, int]:
    nodes: dict[str, xr.Dataset] = {}
    total, resumed = 0.0, 0
    for done, (name, experiment) in enumerate(study.experiments.items()):
        tell(name, done, len(study.experiments))
        if pending is not None and pending.has(name):
            nodes[name], seconds = pending.read(name)
            resumed += 1
        else:
            start = time.perf_counter()
            keeping = contextlib.nullcontext() if pending is None else resumable(pending.chunks(name))
            with jax.enable_x64(study.float64), keeping:
                nodes[name] = experiment(config).load()
            seconds = time.perf_counter() - start
            if pending is not None:
                pending.write(name, nodes[name], seconds)
        total += seconds
    return nodes, total, resumed


def _judged(
    study: Study, config: StudyConfig, nodes: dict[str, xr.Dataset], seconds: float, resumed: int
) -> StudyResult:
    results = xr.DataTree.from_dict(nodes)
    start = time.perf_counter()
    with jax.enable_x64(study.float64):
        verdicts = tuple(judge(claim, results) for claim in study.claims)
    return StudyResult(study, config, results, verdicts, seconds + time.perf_counter() - start, resumed)


def draw_figures(study: Study, results: xr.DataTree, folder: Path) -> list[dict[str, Any]]:
    """Draw a study's figures into a folder, each as a page and as an image; one that fails is named, not fatal.

    Args:
        study: the study.
        results: its results.
        folder: where the files go; created when missing.

    Returns:
        For each figure its name, title and files, or the error.

    Raises:
        SeparatrixError: when the disk refuses.
    """
    from separatrix.figures import save, titled
    from separatrix.store.disk import make_folder

    make_folder(folder)
    drawn: list[dict[str, Any]] = []
    for figure in study.figures:
        entry: dict[str, Any] = {"name": figure.name, "title": figure.title}
        try:
            chart = titled(figure.draw(results), figure.title)
            files = [save(chart, folder / f"{figure.name}{suffix}") for suffix in (*FIGURE_SUFFIXES, ".json")]
            entry["files"] = [f"{folder.name}/{path.name}" for path in files]
        except SeparatrixError:
            raise
        except Exception as error:  # a figure is no reason to lose a run
            entry["error"] = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        drawn.append(entry)
    return drawn


def _document(result: StudyResult, profile: str, figures: list[dict[str, Any]]) -> dict[str, Any]:
    study = result.study
    return {
        "study": study.slug,
        "title": study.paper.title,
        "arxiv": study.paper.arxiv,
        "question": study.question,
        "profile": profile,
        "seeds": result.config.seeds,
        "config": dataclasses.asdict(result.config),
        "seconds": round(result.seconds, 3),
        "resumed": result.resumed,
        "version": separatrix.__version__,
        "code": code_digest(),
        "versions": {name: _version(name) for name in _RECORDED} | {"python": platform.python_version()},
        "machine": {"system": platform.platform(), "devices": [str(device) for device in jax.devices()]},
        "verdicts": [stored_verdict(verdict) for verdict in result.verdicts],
        "figures": figures,
    }


def stored_verdict(verdict: Verdict) -> dict[str, Any]:
    """A verdict as ``run.json`` keeps it: the command line's JSON and the limits of what is expected."""
    expect = verdict.claim.expect
    limits = {name: value if abs(value) != float("inf") else None for name, value in _limits(expect).items()}
    return {**verdict.to_json(), **limits, "kind": verdict.claim.kind, "unit": verdict.claim.unit}


def _limits(expect: Any) -> dict[str, float]:
    return {"low": expect.low, "high": expect.high}


def _fingerprint(study: Study, config: StudyConfig) -> str:
    return fingerprint(
        {"study": study.slug, "config": dataclasses.asdict(config), "code": code_digest(), "jax": jax.__version__}
    )


@functools.cache
def code_digest() -> str:
    """A hash of the library's own source, so that results of other code are never taken for these."""
    digest = hashlib.sha256(separatrix.__version__.encode())
    root = Path(separatrix.__file__).parent
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).parts[0] not in ("app", "probes", "figures"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
