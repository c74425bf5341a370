"""Timing of rivals by turns, so that whatever else the machine does strikes all alike."""

import statistics
import time
from collections.abc import Callable, Mapping

Work = Callable[[], object]
PAUSE = 0.2


def seconds(work: Work) -> float:
    """Wall-clock time of one call; the call must wait for its own results."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def by_turns(rivals: Mapping[str, Work], repeats: int = 5, settle: Work = lambda: None) -> dict[str, list[float]]:
    """Time every rival once a round, after one round that does not count (compilation, caches).

    A rival's threads may go on spinning after it has ended, and would slow the next one down; so each turn begins with
    a pause and with ``settle``, neither of which is timed.

    Args:
        rivals: name -> what to time.
        repeats: rounds that count.
        settle: work that brings processor and memory back to a common state.

    Returns:
        Seconds of each rival in each round.
    """
    for work in rivals.values():
        work()

    def turn(work: Work) -> float:
        time.sleep(PAUSE)
        settle()
        return seconds(work)

    rounds = [{name: turn(work) for name, work in rivals.items()} for _ in range(repeats)]
    return {name: [times[name] for times in rounds] for name in rivals}


def median_ratio(slower: list[float], faster: list[float]) -> float:
    """The median over rounds of one rival's time over another's in the same round."""
    return statistics.median(a / b for a, b in zip(slower, faster, strict=True))
