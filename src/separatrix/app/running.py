"""``separatrix run``: studies one after the other, with progress, verdicts and what was stored."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from separatrix.app.terminal import brief_table, messages, output, print_json, summary, verdict_table
from separatrix.errors import SeparatrixError
from separatrix.store.runs import Store, default_store
from separatrix.studies.registry import find_study, list_studies
from separatrix.studies.runner import Progress, StudyResult, run_study
from separatrix.studies.study import Study, StudyConfig

PROFILES = ("quick", "full", "smoke")
_SHOWN_PROFILES = "quick or full"


@dataclasses.dataclass(frozen=True)
class Request:
    """What ``separatrix run`` was asked.

    Attributes:
        slugs: names of studies.
        every: run all of them.
        profile: name of the profile.
        seeds: number of seeds, None for the profile's.
        settings: ``key=value`` each.
        out: the store, None for the default one.
        as_json: print JSON.
        cluster: address of a Dask scheduler, None for this machine.
    """

    slugs: tuple[str, ...]
    every: bool = False
    profile: str = "quick"
    seeds: int | None = None
    settings: tuple[str, ...] = ()
    out: Path | None = None
    as_json: bool = False
    cluster: str | None = None


def run_studies(request: Request) -> int:
    """Run the studies that were asked for and print their verdicts.

    Args:
        request: what was asked.

    Returns:
        The exit code: 0 when no claim fails, 1 when some does.
    """
    studies = _chosen(request)
    configs = [configure(study, request) for study in studies]  # all of them, so that a typing error costs no run
    store = Store(request.out or default_store(), create=True)
    documents = []
    with _cluster(request.cluster):
        for study, config in zip(studies, configs, strict=True):
            if not request.as_json:
                announce(output(), study)
            with terminal_progress(study.slug) as progress:
                result = run_study(study, config, store=store, progress=progress, profile=request.profile)
            _mention_resumption(result)
            documents.append(result.to_json())
            if not request.as_json:
                print_result(output(), result)
    if request.as_json:
        print_json(documents)
    return int(any(claim["verdict"] == "fails" for document in documents for claim in document["claims"]))


def configure(study: Study, request: Request) -> StudyConfig:
    """The configuration that a request means for a study.

    Args:
        study: the study.
        request: profile, seeds and settings.

    Returns:
        The configuration.

    Raises:
        SeparatrixError: for an unknown profile, a setting that the study lacks, or a value out of range.
    """
    if request.profile not in PROFILES:
        raise SeparatrixError(f"The profile is {_SHOWN_PROFILES}. Got {request.profile!r} instead.")
    config = study.config.preset(request.profile)  # pyright: ignore[reportArgumentType]
    try:
        config = config.with_settings(_parsed(request.settings))
    except SeparatrixError as error:
        raise SeparatrixError(f"{study.slug}: {error}") from error
    if request.seeds is not None:
        config = dataclasses.replace(config, seeds=request.seeds)
    if config.seeds < 1:
        raise SeparatrixError(f"The number of seeds must be at least 1. Got {config.seeds} instead.")
    return config


def _chosen(request: Request) -> list[Study]:
    if request.every and request.slugs:
        raise SeparatrixError("Give either names of studies or --all, not both.")
    if request.every:
        return list_studies()
    if not request.slugs:
        raise SeparatrixError("Name a study, or give --all. 'separatrix list' shows what can be run.")
    return [find_study(slug) for slug in dict.fromkeys(request.slugs)]


def _parsed(settings: Sequence[str]) -> Mapping[str, str]:
    pairs = {}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise SeparatrixError(f"A setting is given as --set key=value. Got {text!r} instead.")
        pairs[key.strip()] = value.strip()
    return pairs


@contextlib.contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    if address is None:
        yield
        return
    from separatrix.dynamics.cluster import use_cluster

    with use_cluster(address):
        yield


@contextlib.contextmanager
def terminal_progress(slug: str) -> Iterator[Progress | None]:
    """A progress bar on stderr while a study runs, when that is a terminal.

    Args:
        slug: the study.

    Yields:
        The function that the runner tells of its progress; None without a terminal.
    """
    console = messages()
    if not console.is_terminal:
        yield None
        return
    with console.status(f"{slug}: starting") as status:

        def tell(what: str, done: int, total: int) -> None:
            status.update(f"{slug}: {what.replace('_', ' ')} ({min(done + 1, total)} of {total})")

        yield tell


def announce(console: Console, study: Study) -> None:
    """Print what a study is about to find out."""
    console.rule(f"[bold]{escape(study.slug)}", align="left", style="dim")
    console.print(f"[bold]{escape(study.question)}[/bold]")
    authors = study.paper.authors
    who = authors[0] + (" et al." if len(authors) > 2 else f" and {authors[1]}" if len(authors) == 2 else "")
    console.print(f"[dim]{escape(study.paper.title)} · {escape(who)} · arXiv:{study.paper.arxiv}[/dim]\n")


def print_result(console: Console, result: StudyResult, *, brief: bool = False) -> None:
    """Print the verdicts of a study and where its files are; in brief, numbers only of what does not hold."""
    claims = [verdict.to_json() for verdict in result.verdicts]
    console.print(brief_table(claims) if brief else verdict_table(claims))
    if brief:
        console.print()
    console.print(summary(claims).append(f"  ({result.seconds:.1f} s, {result.config.seeds} seeds)", "dim"))
    if result.folder is None:
        return
    console.print(f"[dim]stored as[/dim] {result.run}  [dim]in[/dim] {escape(str(result.folder))}", soft_wrap=True)
    for figure in result.figures:
        if "error" in figure:
            messages().print(f"The figure {figure['name']!r} could not be drawn: {figure['error']}", markup=False)
        else:
            path = escape(str(result.folder / figure["files"][0]))
            console.print(f"[dim]figure[/dim]     {path}", soft_wrap=True)
    console.print()


def _mention_resumption(result: StudyResult) -> None:
    if result.resumed:
        total = len(result.study.experiments)
        messages().print(f"resumed: {result.resumed} of {total} experiments were already done")
