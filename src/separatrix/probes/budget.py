"""A budget of time: probes cost at most a stated share of the loop that they watch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from separatrix.errors import bad_parameter

LIGHT, HEAVY, FIXED = "light", "heavy", "fixed"
_SHARES = {LIGHT: 0.35, HEAVY: 0.65}


@dataclass
class Budget:
    """Accounts for two kinds of probe, light and heavy, fed by the loop's time.

    The loop's time is what passes outside the recorder. What no choice can avoid (``FIXED``: opening the record, noting
    losses, closing it) is taken off first, so that a short loop gets fewer probes. A kind of probe is affordable when
    its account can pay for it and for one more at the end of the run, so that the last state can always be probed.
    ``HEAVY`` leaves its surplus to no one: what is not spent is not spent.

    Args:
        overhead: the share of the loop's time that probes may cost, in (0, inf).
        clock: seconds, increasing.

    Raises:
        SeparatrixError: the overhead is not positive.
    """

    overhead: float | int
    clock: Callable[[], float]
    spent: dict[str, float] = field(default_factory=lambda: {LIGHT: 0.0, HEAVY: 0.0, FIXED: 0.0})
    costs: dict[str, float] = field(default_factory=dict)
    closing: float = 0.0
    entered: float | None = None
    _inside: float | None = None
    _depth: int = 0
    _paused: float = 0.0

    def __post_init__(self):
        if not float(self.overhead) > 0:
            raise bad_parameter("overhead", "Recorder", "a float in the range (0, inf)", self.overhead)

    def start(self) -> None:
        """The loop begins now."""
        self.entered = self.clock()
        self._paused = 0.0

    @property
    def loop_seconds(self) -> float:
        """Time spent in the user's loop so far, without the recorder's own."""
        if self.entered is None:
            return 0.0
        now = self.clock() if self._inside is None else self._inside
        return max(0.0, now - self.entered - self._paused)

    @property
    def probe_seconds(self) -> float:
        """Time spent by the recorder so far, what it is at now included."""
        now = 0.0 if self._inside is None else self.clock() - self._inside
        return sum(self.spent.values()) + now

    @property
    def allowance(self) -> float:
        """What all probes of the run so far may have cost: the share, less what is unavoidable."""
        return float(self.overhead) * self.loop_seconds - self.spent[FIXED] - self.closing

    def affordable(self, kind: str, *, last: bool = False) -> bool:
        """Whether a probe can be paid now.

        Args:
            kind: ``LIGHT`` or ``HEAVY``.
            last: it is the one at the end of the run, for which the reserve was kept.

        Returns:
            True if it can.
        """
        cost = self.costs.get(kind)
        if cost is None:
            return False
        if last:
            return self.probe_seconds - self.spent[FIXED] + cost <= self.allowance
        return self.spent[kind] + 2 * cost <= _SHARES[kind] * self.allowance

    def expect(self, kind: str, seconds: float) -> None:
        """State what a kind of probe is expected to cost before the first was made."""
        self.costs.setdefault(kind, seconds)

    def open(self) -> float:
        """The recorder begins to work now, unless it is at work already.

        Returns:
            The time, for :meth:`close`.
        """
        begun = self.clock()
        self._depth += 1
        if self._depth == 1:
            self._inside = begun
        return begun

    def close(self, kind: str, begun: float) -> float:
        """What began then is done; the account is charged unless it was part of something larger.

        Args:
            kind: the account.
            begun: from :meth:`open`.

        Returns:
            The seconds it took.
        """
        seconds = self.clock() - begun
        self._depth -= 1
        if self._depth == 0:
            self._inside = None
            self._paused += seconds
            self.spent[kind] += seconds
        return seconds

    @contextmanager
    def spending(self, kind: str, *, measure: bool = False) -> Iterator[None]:
        """Charge what is done inside to an account.

        Args:
            kind: the account.
            measure: also learn from it what such a probe costs.

        Yields:
            Nothing.
        """
        begun = self.open()
        try:
            yield
        finally:
            seconds = self.close(kind, begun)
            if measure:
                known = self.costs.get(kind, seconds)
                self.costs[kind] = max(seconds, 0.5 * (known + seconds))
