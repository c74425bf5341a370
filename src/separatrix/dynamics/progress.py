"""A progress bar on stderr, shown only to a terminal."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")


def track(items: Iterable[_Item], *, total: int, already: int = 0) -> Iterator[_Item]:
    """The items, counted by a bar on stderr when that is a terminal and there is more than one.

    Args:
        items: what to go through.
        total: how many there are in all.
        already: how many of those were done before.

    Yields:
        The items.
    """
    if total < 2 or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("chunks of the ensemble", total=total, completed=already)
        for item in items:
            yield item
            progress.advance(task)
