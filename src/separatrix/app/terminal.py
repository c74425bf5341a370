"""What the terminal shows: consoles, numbers, outcomes and the table of verdicts."""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

WIDEST = 100
OUTCOME_STYLES = {"holds": "bold blue", "fails": "bold dark_orange3", "undecided": "bold yellow"}
OUTCOME_MARKS = {"holds": "✓ holds", "fails": "✗ fails", "undecided": "? undecided"}


def output() -> Console:
    """The console on stdout, at most 100 columns wide."""
    console = Console(highlight=False, soft_wrap=False)
    return Console(highlight=False, width=min(console.width, WIDEST))


def messages() -> Console:
    """The console on stderr."""
    return Console(stderr=True, highlight=False)


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def number(value: float | int | None) -> str:
    """A number in four digits or fewer; a missing one as an en dash.

    Args:
        value: the number, None when there is none.

    Returns:
        The text.

    >>> number(0.000123456), number(3.0), number(None)
    ('1.235e-04', '3', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value != 0 and not 1e-3 <= abs(value) < 1e5:
        return f"{value:.3e}"
    return f"{value:.4g}"


def with_interval(value: float | None, interval: Sequence[float | None]) -> str:
    """A measured number with half the width of its 95 % interval, or with the interval when that is lopsided.

    Args:
        value: the number.
        interval: its ends; None for what is deterministic.

    Returns:
        For example ``"0.9984 ± 0.0021"``.
    """
    low, high = interval
    if value is None or low is None or high is None:
        return number(value)
    half = (high - low) / 2
    if half > 0 and abs((low + high) / 2 - value) > 0.05 * half:
        return f"{number(value)} ({number(low)} to {number(high)})"
    return f"{number(value)} ± {_rounded(half)}"


def _rounded(half: float) -> str:
    return f"{half:.1e}" if half != 0 and not 1e-3 <= half < 1e4 else f"{half:.2g}"


def outcome_text(outcome: str) -> Text:
    """The outcome with its mark, in its colour."""
    return Text(OUTCOME_MARKS.get(outcome, outcome), style=OUTCOME_STYLES.get(outcome, ""))


def control_text(claim: Mapping[str, Any]) -> str:
    """What the control of a claim came to, in words; empty without a control."""
    control = claim.get("control")
    if not control:
        return ""
    measured = with_interval(control["value"], control["interval"])
    ends = "fails, as it must" if control["fails"] else "PASSES TOO, so this proves nothing"
    return f"control: {control['statement']} → {measured}: {ends}"


def verdict_table(claims: Sequence[Mapping[str, Any]]) -> Table:
    """The claims of one study, each with its verdict, statement, measured and expected number, and control.

    Args:
        claims: as in the JSON of ``run``.

    Returns:
        The table.
    """
    table = Table(box=None, padding=(0, 2, 1, 0), show_header=True, header_style="dim")
    table.add_column("verdict", no_wrap=True)
    table.add_column("claim", ratio=1, overflow="fold")
    table.add_column("measured / expected", no_wrap=False, min_width=22, max_width=30)
    for claim in claims:
        statement = escape(claim["statement"])
        control = control_text(claim)
        words = f"{statement} [dim]({escape(claim['source'])})[/dim]"
        if control:
            words += f"\n[dim italic]{escape(control)}[/dim italic]"
        seeds = f" [dim]· {claim['seeds']} seeds[/dim]" if claim["interval"][0] is not None else ""
        measured = f"[bold]{with_interval(claim['value'], claim['interval'])}[/bold]{seeds}"
        table.add_row(outcome_text(claim["verdict"]), words, f"{measured}\n[dim]expected[/dim] {claim['expected']}")
    return table


def summary(claims: Sequence[Mapping[str, Any]]) -> Text:
    """One line: how many hold, fail and are undecided."""
    text = Text()
    for outcome in ("holds", "fails", "undecided"):
        count = sum(claim["verdict"] == outcome for claim in claims)
        if count:
            text.append(", " if text else "").append(f"{count} {_plural(outcome, count)}", OUTCOME_STYLES[outcome])
    return text if text else Text("no claims")


def _plural(outcome: str, count: int) -> str:
    if outcome == "undecided":
        return outcome
    return outcome if count == 1 else outcome.removesuffix("s")
