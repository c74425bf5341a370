"""``separatrix diagnose``: answers about a run or a series, with their evidence and how far to trust them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from separatrix.app.terminal import output, print_json
from separatrix.errors import SeparatrixError

_KEYS = ("question", "answer", "evidence", "confidence", "paper")


def diagnose_run(run: Path, ask: str | None, as_json: bool, html: Path | None) -> None:
    """Ask the questions and print the answers.

    Args:
        run: a recorded run, a folder of checkpoints, or a file of series.
        ask: only this question.
        as_json: print JSON instead.
        html: also write a report there.

    Raises:
        SeparatrixError: if the run, the series or the report's folder is missing or damaged.
    """
    from separatrix.probes.diagnose import answer_all, open_subject, refuse_unknown

    if html is not None and not html.parent.is_dir():
        raise SeparatrixError(f"Cannot write the report {str(html)!r}: the folder {str(html.parent)!r} does not exist.")
    refuse_unknown(ask)
    subject = open_subject(run)
    answers = answer_all(subject, ask)
    if html is not None:
        from separatrix.app.report import Report, write_report

        what = "series" if hasattr(subject, "data") else "run"
        report = Report(f"Diagnosis of {run.name}", answers=tuple(answers), charts=_charts(subject), what=what)
        write_report(html, report)
    if as_json:
        print_json([answer_json(answer) for answer in answers])
        return
    print_answers(output(), answers)
    if html is not None:
        output().print(f"[dim]report[/dim]  {escape(str(html))}", soft_wrap=True)


def _charts(subject: Any) -> tuple[tuple[str, Any], ...]:
    from separatrix.app.record_charts import record_charts
    from separatrix.app.series_charts import series_charts
    from separatrix.probes.record import Record

    return record_charts(subject) if isinstance(subject, Record) else series_charts(subject)


def answer_json(answer: Any) -> dict[str, Any]:
    """An answer as the command line's JSON has it."""
    document = answer.to_json()
    return {key: document[key] for key in _KEYS}


def evidence_lines(answer: Any) -> list[str]:
    """The evidence as sentences."""
    return [answer.evidence] if isinstance(answer.evidence, str) else list(answer.evidence)


def trust(answer: Any) -> str:
    """How far to trust an answer, in words."""
    if answer.missing:
        return "cannot be answered from this run"
    calibration = (answer.calibration or "").rstrip(".")
    calibration = calibration[:1].lower() + calibration[1:]
    if answer.confidence is None:
        return calibration or "not calibrated"
    return f"{answer.confidence:.0%} sure" + (f" ({calibration})" if calibration else "")


def print_answers(console: Console, answers: Sequence[Any]) -> None:
    """Print each question with its answer, evidence and trustworthiness; unanswerable ones last, in brief."""
    for answer in (a for a in answers if not a.missing):
        console.print(f"[bold]{escape(answer.question)}[/bold]")
        console.print(Padding(f"[bold blue]{escape(answer.answer)}[/bold blue]", (0, 0, 0, 2)))
        evidence = Table.grid(padding=(0, 1, 0, 0))
        for line in evidence_lines(answer):
            evidence.add_row("  ", "•", escape(line))
        console.print(evidence)
        console.print(
            Padding(f"[dim]{escape(trust(answer))} · from the paper {escape(answer.paper)}[/dim]", (0, 0, 1, 2))
        )
    silent = [answer for answer in answers if answer.missing]
    for answer in silent:
        console.print(f"[dim]{escape(answer.question)}[/dim]")
        console.print(Padding(f"[dim]{escape(answer.answer)}[/dim]", (0, 0, 1, 2)))
