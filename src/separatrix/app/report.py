"""One HTML file that holds a diagnosis, verdicts and figures, and needs no network."""

import dataclasses
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import separatrix
from separatrix.app.diagnosis import evidence_lines, trust
from separatrix.app.terminal import OUTCOME_MARKS, control_text, number, with_interval
from separatrix.figures.claims import claim_panel
from separatrix.figures.save import embedded_charts
from separatrix.figures.theme import titled
from separatrix.store.disk import write_text

_MOST_ROWS = 12
_STYLE = Path(__file__).with_name("report.css")


@dataclasses.dataclass(frozen=True)
class StudySection:
    """A run of a study, as the report shows it.

    Attributes:
        document: the contents of its ``run.json``.
        folder: where its figures are.
    """

    document: Mapping[str, Any]
    folder: Path


@dataclasses.dataclass(frozen=True)
class Report:
    """What a report holds.

    Attributes:
        title: its heading.
        lede: a paragraph under the heading.
        answers: answers about a recorded run.
        charts: charts of that run, each with its title as a sentence.
        studies: runs of studies.
        what: the answers are about: "run" or "series".
    """

    title: str
    lede: str = ""
    answers: tuple[Any, ...] = ()
    charts: tuple[tuple[str, Any], ...] = ()
    studies: tuple[StudySection, ...] = ()
    what: str = "run"


def write_report(path: Path, report: Report) -> None:
    """Write a report as one self-contained HTML file, wholly or not at all.

    Args:
        path: the file.
        report: what it holds.

    Raises:
        SeparatrixError: when the disk refuses.
    """
    write_text(path, render(report))


def render(report: Report) -> str:
    """The report as HTML.

    Args:
        report: what it holds.

    Returns:
        The page, with all charts, styles and scripts inside.
    """
    charts: dict[str, Any] = {}
    parts = [_header(report)]
    if report.answers or report.charts:
        parts.append(_diagnosis(report, charts))
    parts += [_study(section, charts) for section in report.studies]
    scripts = embedded_charts(charts) if charts else ""
    style = _STYLE.read_text(encoding="utf-8")
    return (
        "<!doctype html>\n<html lang='en'>\n<head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{_text(report.title)}</title>\n<style>\n{style}</style></head>\n<body><main>\n"
        + "\n".join(parts)
        + f"\n<footer>Made by separatrix {separatrix.__version__}. Holds: the 95 % interval lies inside the expected "
        "region; fails: wholly outside; undecided: neither, or too few seeds, or the control passes too.</footer>\n"
        f"</main>\n{scripts}\n</body></html>\n"
    )


def _text(value: object) -> str:
    return html.escape(str(value))


def _header(report: Report) -> str:
    links = [("your-run", f"The {report.what}")] if report.answers or report.charts else []
    links += [(section.document["study"], section.document["study"]) for section in report.studies]
    nav = "".join(f"<a href='#{_text(target)}'>{_text(label)}</a>" for target, label in links)
    lede = f"<p class='lede'>{_text(report.lede)}</p>" if report.lede else ""
    return (
        f"<header><h1>{_text(report.title)}</h1>{lede}" + (f"<nav>{nav}</nav>" if len(links) > 1 else "") + "</header>"
    )


def _diagnosis(report: Report, charts: dict[str, Any]) -> str:
    cards = [_answer(answer) for answer in report.answers if not answer.missing]
    silent = [answer for answer in report.answers if answer.missing]
    figures = [_chart(charts, f"run-{i}", titled(chart, title)) for i, (title, chart) in enumerate(report.charts)]
    unanswered = "".join(f"<li><b>{_text(a.question)}</b> {_text(a.answer)}</li>" for a in silent)
    how_many = "One more question" if len(silent) == 1 else f"{len(silent)} more questions"
    tail = (
        f"<details><summary>{how_many} that this {report.what} cannot answer</summary><ul>{unanswered}</ul></details>"
    )
    heading = f"<section id='your-run'><h2>What the {report.what} says</h2>"
    return heading + "".join(figures) + "".join(cards) + (tail if silent else "") + "</section>"


def _answer(answer: Any) -> str:
    evidence = "".join(f"<li>{_text(line)}</li>" for line in evidence_lines(answer))
    return (
        f"<article class='answer'><h3>{_text(answer.question)}</h3><p class='said'>{_text(answer.answer)}</p>"
        f"<ul>{evidence}</ul>{_confidence(answer)}</article>"
    )


def _confidence(answer: Any) -> str:
    bar = ""
    if answer.confidence is not None:
        bar = f"<meter min='0' max='1' value='{answer.confidence:.3f}'>{answer.confidence:.0%}</meter> "
    return f"<p class='trust'>{bar}{_text(trust(answer))} · from the paper <i>{_text(answer.paper)}</i></p>"


def _study(section: StudySection, charts: dict[str, Any]) -> str:
    document, slug = section.document, section.document["study"]
    claims = document["verdicts"]
    link = f"https://arxiv.org/abs/{_text(document['arxiv'])}"
    figures = _figures(section, charts)
    first, others = figures[:1], figures[1:]
    panel = [_chart(charts, f"{slug}-claims", claim_panel(claims))] if claims else []
    return (
        f"<section id='{_text(slug)}'><h2>{_text(document['question'])}</h2>"
        f"<p class='paper'>{_text(document['title'])}, <a href='{link}'>arXiv:{_text(document['arxiv'])}</a></p>"
        f"<p class='counts'>{_counts(claims)}</p>"
        + "".join(first)
        + "".join(panel)
        + _claims(claims)
        + "".join(others)
        + _settings(document)
        + "</section>"
    )


def _claims(claims: Sequence[Mapping[str, Any]]) -> str:
    """The table of claims; of a long one, those that hold are folded away."""
    if len(claims) <= _MOST_ROWS:
        return _table(claims)
    holding = [claim for claim in claims if claim["verdict"] == "holds"]
    others = [claim for claim in claims if claim["verdict"] != "holds"]
    folded = f"<details><summary>The {len(holding)} claims that hold</summary>{_table(holding)}</details>"
    return (_table(others) if others else "") + (folded if holding else "")


def _table(claims: Sequence[Mapping[str, Any]]) -> str:
    head = "<thead><tr><th>Verdict</th><th>The paper says</th><th>Measured</th><th>Expected</th></tr></thead>"
    return f"<table>{head}<tbody>{''.join(_claim_row(claim) for claim in claims)}</tbody></table>"


def _claim_row(claim: Mapping[str, Any]) -> str:
    control = control_text(claim)
    aside = f"<small>{_text(control)}</small>" if control else ""
    measured = _text(with_interval(claim["value"], claim["interval"]))
    seeds = f"<small>{claim['seeds']} seeds</small>" if claim["interval"][0] is not None else ""
    outcome, expected = claim["verdict"], _text(claim["expected"])
    return (
        f"<tr><td><span class='{outcome}'>{OUTCOME_MARKS[outcome]}</span></td>"
        f"<td>{_text(claim['statement'])} <small class='source'>({_text(claim['source'])})</small>{aside}</td>"
        f"<td data-label='measured'>{measured}{seeds}</td><td data-label='expected'>{expected}</td></tr>"
    )


def _counts(claims: Sequence[Mapping[str, Any]]) -> str:
    counts = {outcome: sum(claim["verdict"] == outcome for claim in claims) for outcome in OUTCOME_MARKS}
    words = {"holds": "hold", "fails": "fail", "undecided": "undecided"}
    return " ".join(
        f"<span class='{outcome}'>{count} {outcome if count == 1 else words[outcome]}</span>"
        for outcome, count in counts.items()
        if count
    )


def _figures(section: StudySection, charts: dict[str, Any]) -> list[str]:
    drawn = []
    for figure in section.document["figures"]:
        source = section.folder / "figures" / f"{figure['name']}.json"
        if source.exists():
            name = f"{section.document['study']}-{figure['name']}"
            drawn.append(_chart(charts, name, json.loads(source.read_text(encoding="utf-8"))))
    return drawn


def _chart(charts: dict[str, Any], name: str, chart: Any) -> str:
    charts[name] = chart
    return f"<figure><div id='{_text(name)}'></div></figure>"


def _settings(document: Mapping[str, Any]) -> str:
    settings = ", ".join(
        f"{key} = {number(value) if isinstance(value, float) else value}" for key, value in document["config"].items()
    )
    return (
        f"<details><summary>Settings and versions</summary><p>{_text(settings)}</p>"
        f"<p>{_text(', '.join(f'{k} {v}' for k, v in document['versions'].items()))}; {document['seconds']:.1f} s; "
        f"run {_text(document['id'])}</p></details>"
    )
