"""One line of the table: what was measured, beside what, and the target."""

import dataclasses
import importlib.metadata


@dataclasses.dataclass(frozen=True)
class Row:
    """A comparison at equal accuracy.

    Attributes:
        what: the task, in words.
        peer: what a user would pick instead, with its version.
        quantity: what is judged, in words and with its unit.
        value: the measured quantity.
        at_least: the target when more is better.
        at_most: the target when less is better; with neither the row informs and is not judged.
        ours: our own figure behind the value, with its unit.
        theirs: the peer's.
        accuracy: what made the comparison equal, as measured.
        note: anything that a reader must know to judge it.
    """

    what: str
    peer: str
    quantity: str
    value: float
    at_least: float | None = None
    at_most: float | None = None
    ours: str = ""
    theirs: str = ""
    accuracy: str = ""
    note: str = ""

    @property
    def target(self) -> str:
        """The target in signs."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "-" if self.at_most is None else f"≤ {self.at_most:g}"

    @property
    def reached(self) -> bool | None:
        """Whether the target is met; None for a row without one."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most


def version(package: str) -> str:
    """Name and installed version of a package, for the ``peer`` of a row."""
    return f"{package} {importlib.metadata.version(package)}"
