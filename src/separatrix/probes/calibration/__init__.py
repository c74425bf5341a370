"""How often the instruments are right, on runs whose truth is known: ``python -m separatrix.probes.calibration``.

Every run is simulated to its end, so what happened after the moment of asking is known. Constants of the instruments
were chosen while looking at the seeds below ``HELD_OUT``; the numbers that answers cite come from seeds above it.
"""

HELD_OUT = 1000


def entry(right: list[bool], runs: str) -> dict[str, int | str]:
    """Counts of one kind of answer, as they are stored.

    Args:
        right: for each time that it was given, whether it was right.
        runs: what was run, in words.

    Returns:
        ``right``, ``asked`` and ``runs``.
    """
    return {"right": int(sum(right)), "asked": len(right), "runs": runs}
