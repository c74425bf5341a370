"""The list of studies."""

from typing import Any

from rich.table import Table

from separatrix.app.terminal import output, print_json
from separatrix.studies.registry import list_studies
from separatrix.studies.study import Study


def show_studies(as_json: bool) -> None:
    """Print every study: what it asks, and the paper.

    Args:
        as_json: print JSON instead of a table.
    """
    studies = list_studies()
    if as_json:
        print_json([study_json(study) for study in studies])
        return
    table = Table(box=None, padding=(0, 2, 1, 0), header_style="dim")
    table.add_column("study", style="bold", no_wrap=True)
    table.add_column("asks", ratio=1)
    table.add_column("paper", style="dim", no_wrap=True)
    for study in studies:
        table.add_row(study.slug, study.question, f"arXiv:{study.paper.arxiv}\n{study.paper.date}")
    console = output()
    console.print(table)
    console.print("Run one with [bold]separatrix run SLUG[/bold]." if studies else "There are no studies.")


def study_json(study: Study) -> dict[str, Any]:
    """A study as the command line's JSON has it."""
    return {
        "slug": study.slug,
        "title": study.paper.title,
        "arxiv": study.paper.arxiv,
        "date": study.paper.date,
        "world": study.world,
        "parts": list(study.parts),
        "question": study.question,
    }
