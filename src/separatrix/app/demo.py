"""``make demo``: train, record and diagnose a real network, run the studies, and write one report."""

import dataclasses
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from rich.console import Console

from separatrix.app.cli import INTERRUPTED
from separatrix.app.demo_training import EARLY, STEPS, Trained, train
from separatrix.app.diagnosis import print_answers
from separatrix.app.running import announce, print_result, terminal_progress
from separatrix.app.terminal import output
from separatrix.errors import SeparatrixError

SLUGS = ("deep-linear", "saddle-to-saddle", "dynamical-stability")
"""The papers that the demo's diagnosis stands on; all of them would take longer than one waits for a demo."""

_BARS = "▁▂▃▄▅▆▇█"
_INTRODUCTION = (
    "A small network will learn to read handwritten digits. It starts from tiny weights, so for a while nothing seems "
    "to happen. That is when one wonders: [bold]is it stuck, or about to learn?[/bold] We stop it there and ask; then "
    "we let it run on and see who was right. After that, the papers that the answers stand on are put to the test."
)


def main() -> None:
    """Run the demo and leave the process with its exit code.

    Raises:
        SystemExit: always; 0 when all went well, whatever the verdicts are.
    """
    try:
        demo(Path("runs"), Path("report.html"))
    except SeparatrixError as error:
        sys.stderr.write(f"Error: {error}\n")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. Finished experiments are kept: run the demo again to go on.\n")
        raise SystemExit(INTERRUPTED) from None
    raise SystemExit(0)


def demo(store: Path, report: Path, slugs: Sequence[str] = SLUGS, steps: tuple[int, int] = (EARLY, STEPS)) -> None:
    """All stages of the demo.

    Args:
        store: folder of runs.
        report: the HTML file to write.
        slugs: the studies to run.
        steps: how long to train before asking, and in all.
    """
    start, console = time.perf_counter(), output()
    store.mkdir(parents=True, exist_ok=True)
    console.print(f"\n{_INTRODUCTION}\n")
    answers, chart, title = _network(console, store, steps)
    results = _studies(console, store, slugs)
    _write(report, answers, chart, title, results)
    _heading(console, "Done")
    outcomes = [verdict.outcome for result in results for verdict in result.verdicts]
    console.print(
        f"{len(outcomes)} claims of {len(results)} paper{'s' if len(results) != 1 else ''} were tested here: "
        f"{outcomes.count('holds')} hold, {outcomes.count('fails')} fail, {outcomes.count('undecided')} are undecided."
    )
    console.print(
        f"Everything is in [bold]{report.resolve()}[/bold]: open it in a browser, no network needed.", soft_wrap=True
    )
    console.print(f"[dim]{time.perf_counter() - start:.0f} seconds in all.[/dim]")


def _network(console: Console, store: Path, steps: tuple[int, int]) -> tuple[list[Any], Any, str]:
    """Train, ask, train on, and compare."""
    from separatrix.probes import diagnose

    early, late = steps
    _heading(console, f"1. The first {early} steps")
    stuck = _trained(console, store / "digits-early", early)
    console.print(f"Accuracy {stuck.accuracy:.0%}: no better than guessing. Stuck, or about to learn? Ask.\n")
    asked = [answer for answer in diagnose(store / "digits-early") if not answer.missing]
    plateau = [answer for answer in asked if "plateau" in answer.question]
    print_answers(console, plateau or asked[:1])
    _heading(console, f"2. The same run, let go on to step {late}")
    whole = _trained(console, store / "digits", late)
    drop = steepest_drop(whole.losses)
    predicted = predicted_step(plateau[0].answer) if plateau else None
    title = _what_happened(predicted, drop)
    console.print(f"[bold]{title}[/bold] Accuracy is now {whole.accuracy:.0%}.\n")
    _heading(console, "3. What the whole run says")
    answers = diagnose(store / "digits")
    print_answers(console, answers)
    before = [dataclasses.replace(a, question=f"Asked after {early} steps: {a.question}") for a in plateau]
    return [*before, *answers], _loss_chart(whole.losses, early, predicted), title


def _trained(console: Console, path: Path, steps: int) -> Trained:
    start = time.perf_counter()
    run = train(path, steps)
    cost = (
        "" if run.overhead is None else f", of which the recorder's probes took {run.overhead / (1 + run.overhead):.0%}"
    )
    console.print(f"loss {sparkline(run.losses.values)} {float(run.losses[-1]):.3f}")
    console.print(f"[dim]{steps} steps in {time.perf_counter() - start:.0f} s{cost}; recorded in {path}[/dim]")
    return run


def _studies(console: Console, store: Path, slugs: Sequence[str]) -> list[Any]:
    from separatrix.store.runs import Store
    from separatrix.studies.registry import find_study
    from separatrix.studies.runner import run_study

    studies = [find_study(slug) for slug in slugs]
    _heading(console, "4. The papers behind the answers, put to the test")
    console.print(
        "Each claim of a paper is measured over several seeds. It [bold blue]holds[/bold blue] when the 95 % interval "
        "lies where the paper says, and a control (a wrong formula, a naive baseline) shows that the test can fail.\n"
    )
    keep, results = Store(store, create=True), []
    for study in studies:
        announce(console, study)
        with terminal_progress(study.slug) as progress:
            results.append(run_study(study, study.config.preset("quick"), store=keep, progress=progress))
        print_result(console, results[-1], brief=True)
    return results


def _write(report: Path, answers: list[Any], chart: Any, title: str, results: list[Any]) -> None:
    from separatrix.app.report import Report, StudySection, write_report
    from separatrix.store.disk import read_json

    sections = tuple(StudySection(read_json(r.folder / "run.json"), r.folder) for r in results)
    lede = (
        "A small network learned to read handwritten digits while a recorder watched. Below: what its run says of "
        "itself, and whether the papers behind these answers hold up when they are run."
    )
    write_report(report, Report("A network, asked what it is doing", lede, tuple(answers), ((title, chart),), sections))


def sparkline(values: np.ndarray, width: int = 60) -> str:
    """A curve in one line of text.

    Args:
        values: the curve, shape ``(n,)``.
        width: characters at most.

    Returns:
        Bars from the lowest to the highest value.

    >>> sparkline(np.array([0.0, 1.0, 2.0]))
    '▁▅█'
    """
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0)
    means = np.array([chunk.mean() for chunk in np.array_split(finite, min(width, len(finite)))])
    top = max(means.max(), 1e-12)
    low = min(means.min(), 0.0)
    return "".join(_BARS[round((value - low) / (top - low) * (len(_BARS) - 1))] for value in means)


def steepest_drop(losses: xr.DataArray, window: int = 50) -> int:
    """The step at which the first sudden drop of a loss curve is steepest.

    Args:
        losses: the loss at each step, dimension ``step``.
        window: steps that are averaged over.

    Returns:
        The step.
    """
    kernel = np.ones(window) / window
    smooth = np.convolve(losses.values, kernel, mode="valid")
    speed = smooth[:-window] - smooth[window:]
    first = int(np.argmax(speed > 0.5 * speed.max()))
    return int(losses["step"][first + int(np.argmax(speed[first : first + 3 * window])) + window])


def predicted_step(answer: str) -> int | None:
    """The step that an answer on a plateau names, None when it names none."""
    found = re.search(r"near step ([\d\s.,]*\d)", answer)
    return int(re.sub(r"\D", "", found[1])) if found else None


def _what_happened(predicted: int | None, drop: int) -> str:
    if predicted is None:
        return f"The loss fell most steeply at step {drop}."
    return f"Predicted: the plateau breaks near step {predicted}. What happened: it broke at step {drop}."


def _loss_chart(losses: xr.DataArray, early: int, predicted: int | None) -> Any:
    import altair as alt

    from separatrix.figures import reference_line, theory_and_simulation

    every = max(1, losses.sizes["step"] // 500)
    smooth = losses.coarsen(step=every, boundary="trim").mean()
    curve = theory_and_simulation(smooth, x="step", y="loss", y_title="training loss (nats)", x_title="step")
    marks = [reference_line(float(early), axis="x", label="asked here", style="control", down=240, side="left")]
    if predicted is not None:
        marks.append(reference_line(float(predicted), axis="x", label="predicted break"))
    return alt.layer(curve, *marks)


def _heading(console: Console, text: str) -> None:
    console.rule(f"[bold]{text}", align="left", style="dim")


if __name__ == "__main__":
    main()
