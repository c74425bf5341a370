"""``separatrix runs | show | compare``: what has been run."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from separatrix.app.terminal import (
    OUTCOME_MARKS,
    OUTCOME_STYLES,
    outcome_text,
    output,
    print_json,
    summary,
    verdict_table,
    with_interval,
)
from separatrix.errors import SeparatrixError
from separatrix.store.runs import Store, default_store

_NOT_SETTINGS = ("verdicts", "figures", "config", "question", "title")


def show_runs(out: Path | None, as_json: bool) -> None:
    """Print the index of a store.

    Args:
        out: the store, None for the default one.
        as_json: print JSON instead of a table.
    """
    rows = Store(out or default_store()).runs()
    if as_json:
        print_json(rows)
        return
    console = output()
    if not rows:
        console.print("Nothing has been run yet. Begin with [bold]separatrix run SLUG[/bold].")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("run", "when (UTC)", "profile"):  # narrow enough for 80 columns
        table.add_column(name, no_wrap=True, style="bold" if name == "run" else None)
    for name in ("seeds", "s"):
        table.add_column(name, justify="right")
    table.add_column("verdicts", no_wrap=True)
    for row in rows:
        when = row["created"].removesuffix("+00:00").replace("T", " ")[5:16]
        counts = Text("  ").join(
            Text(f"{OUTCOME_MARKS[outcome][0]} {row[outcome]}", style)
            for outcome, style in OUTCOME_STYLES.items()
            if row[outcome]
        )
        table.add_row(row["id"], when, row["profile"], str(row["seeds"]), f"{row['seconds']:.1f}", counts)
    console.print(table)
    console.print("[dim]✓ holds  ✗ fails  ? undecided[/dim]")


def show_run(run: str, out: Path | None, as_json: bool) -> None:
    """Print one run: verdicts, settings, files.

    Args:
        run: which.
        out: the store, None for the default one.
        as_json: print its document instead.
    """
    store = Store(out or default_store())
    name = store.find(run)
    document = store.document(name)
    if as_json:
        print_json(document)
        return
    console, folder = output(), store.folder(name)
    console.rule(f"[bold]{name}", align="left", style="dim")
    console.print(f"[bold]{escape(document['question'])}[/bold]")
    console.print(f"[dim]{escape(document['title'])} · arXiv:{document['arxiv']}[/dim]\n")
    console.print(verdict_table(document["verdicts"]))
    console.print(summary(document["verdicts"]).append(f"  ({document['seconds']:.1f} s)", "dim"))
    settings = ", ".join(f"{key}={value}" for key, value in document["config"].items())
    console.print(f"[dim]settings[/dim]  {escape(settings)}")
    versions = ", ".join(f"{key} {value}" for key, value in document["versions"].items())
    console.print(f"[dim]made by[/dim]   separatrix {document['version']}; {escape(versions)}")
    console.print(f"[dim]files[/dim]     {escape(str(folder))}", soft_wrap=True)
    for figure in document["figures"]:
        if "files" in figure:
            console.print(f"[dim]figure[/dim]    {escape(str(folder / figure['files'][0]))}", soft_wrap=True)


def compare_runs(first: str, second: str, out: Path | None, as_json: bool) -> None:
    """Print two runs of one study side by side.

    Args:
        first: a run.
        second: another.
        out: the store, None for the default one.
        as_json: print JSON instead of tables.

    Raises:
        SeparatrixError: if the runs are of different studies.
    """
    store = Store(out or default_store())
    documents = [store.document(store.find(run)) for run in (first, second)]
    studies = [document["study"] for document in documents]
    if studies[0] != studies[1]:
        raise SeparatrixError(
            f"Runs of one study can be compared. {documents[0]['id']!r} is of {studies[0]!r}, "
            f"{documents[1]['id']!r} of {studies[1]!r}."
        )
    comparison = compared(documents[0], documents[1])
    if as_json:
        print_json(comparison)
        return
    _print_comparison(comparison)


def compared(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """What differs between the documents of two runs, and how their claims compare.

    Args:
        first: document of a run.
        second: document of another run of the same study.

    Returns:
        ``runs``, ``settings`` (name -> pair, only those that differ) and ``claims`` (both estimates and verdicts, and
        whether the values ``agree``: the 95 % interval of their difference holds zero).
    """
    claims = {verdict["id"]: verdict for verdict in second["verdicts"]}
    return {
        "runs": [first["id"], second["id"]],
        "study": first["study"],
        "settings": _differences(first, second),
        "claims": [_pair(verdict, claims[verdict["id"]]) for verdict in first["verdicts"] if verdict["id"] in claims],
    }


def _differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, list[Any]]:
    flat = [
        {**{key: document[key] for key in ("profile", "version", "code")}, **document["config"], **document["versions"]}
        for document in (first, second)
    ]
    keys = dict.fromkeys([*flat[0], *flat[1]])
    return {key: [flat[0].get(key), flat[1].get(key)] for key in keys if flat[0].get(key) != flat[1].get(key)}


def _pair(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    keep = ("value", "interval", "seeds", "verdict")
    pair = [{key: side[key] for key in keep} for side in (first, second)]
    return {"id": first["id"], "statement": first["statement"], "runs": pair, "agree": _agree(first, second)}


def _agree(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool | None:
    if first["value"] is None or second["value"] is None:
        return None
    halves = [
        0.0 if side["interval"][0] is None else (side["interval"][1] - side["interval"][0]) / 2
        for side in (first, second)
    ]
    return abs(first["value"] - second["value"]) <= math.hypot(*halves)


def _print_comparison(comparison: Mapping[str, Any]) -> None:
    console = output()
    first, second = comparison["runs"]
    for key, (left, right) in comparison["settings"].items():
        console.print(f"[dim]{key}[/dim]  {escape(str(left))} → {escape(str(right))}")
    table = Table(box=None, padding=(0, 2, 1, 0), header_style="dim")
    table.add_column("claim", ratio=1)
    table.add_column(first, min_width=18)
    table.add_column(second, min_width=18)
    for claim in comparison["claims"]:
        cells = [
            Text(with_interval(side["value"], side["interval"]) + "\n").append_text(outcome_text(side["verdict"]))
            for side in claim["runs"]
        ]
        words = escape(claim["statement"]) + (
            "" if claim["agree"] is not False else " [bold]· the values differ[/bold]"
        )
        table.add_row(words, *cells)
    console.print(table)
