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
    table = Table(box=None, show_header=False, padding=(0, 2, 1, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for claim in claims:
        words = f"{escape(claim['statement'])} [dim]({escape(claim['source'])})[/dim]\n{_measured(claim)}"
        control = control_text(claim)
        if control:
            words += f"\n[dim italic]{escape(control)}[/dim italic]"
        table.add_row(outcome_text(claim["verdict"]), words)
    return table


def brief_table(claims: Sequence[Mapping[str, Any]]) -> Table:
    """One line a claim that holds; for the others also what was measured.

    Args:
        claims: as in the JSON of ``run``.

    Returns:
        The table.
    """
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for claim in claims:
        words = escape(claim["statement"])
        table.add_row(
            outcome_text(claim["verdict"]), words if claim["verdict"] == "holds" else f"{words}\n{_measured(claim)}"
        )
    return table


def _measured(claim: Mapping[str, Any]) -> str:
    seeds = f" [dim]over {claim['seeds']} seeds[/dim]" if claim["interval"][0] is not None else ""
    value = with_interval(claim["value"], claim["interval"])
    return f"[dim]measured[/dim] [bold]{value}[/bold]{seeds}[dim], expected {claim['expected']}[/dim]"


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
