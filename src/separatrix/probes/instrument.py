"""What an instrument is, and the answer that it gives."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

KINDS = {
    "record": "a recorded run, or a folder of checkpoints",
    "series": "a series of states, such as a CSV file",
}
"""What can be asked about."""


@dataclass(frozen=True)
class Answer:
    """The answer to one question about one run.

    Args:
        question: as asked.
        answer: one sentence for a reader who knows nothing of the method.
        evidence: sentences with the numbers that the answer rests on.
        confidence: how often such answers were right on runs whose truth is known, in [0, 1]; None where that was not
            measured.
        paper: the card of the paper that lets one ask.
        calibration: what the confidence rests on.
        missing: what the instrument lacked, None if nothing.
    """

    question: str
    answer: str
    evidence: tuple[str, ...]
    confidence: float | None
    paper: str
    calibration: str = ""
    missing: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The answer as plain data for ``json.dumps``."""
        return {**asdict(self), "evidence": list(self.evidence)}


@dataclass(frozen=True)
class Instrument:
    """A question that can be asked of any record, of any series, or of both.

    Args:
        name: one word for ``diagnose(..., ask=name)``.
        question: in the user's words.
        paper: slug of the paper's card.
        ask: the function that answers; it must say what it lacks rather than guess.
        order: position in the list of answers.
        of: what it can be asked of: "record", "series" or both.
    """

    name: str
    question: str
    paper: str
    ask: Callable[[Any], Answer]
    order: int = 0
    of: tuple[str, ...] = ("record",)

    def lacks(self, missing: str, evidence: tuple[str, ...] = ()) -> Answer:
        """The answer of an instrument that lacks what it needs.

        Args:
            missing: what it lacks, and how to provide it.
            evidence: what can be said all the same.

        Returns:
            An answer without confidence that says so.
        """
        return Answer(self.question, f"Cannot be said: {missing}.", evidence, None, self.paper, missing=missing)

    def answer(self, sentence: str, evidence: list[str], confidence: float | None, calibration: str) -> Answer:
        """An answer under this instrument's question and paper.

        Args:
            sentence: the answer.
            evidence: sentences with numbers.
            confidence: measured frequency of being right, or None.
            calibration: what that rests on.

        Returns:
            The answer.
        """
        return Answer(self.question, sentence, tuple(evidence), confidence, self.paper, calibration)
