import dataclasses

import pytest

from separatrix.errors import SeparatrixError
from separatrix.studies import StudyConfig, setting
from separatrix.studies.allowed import SHARE


@dataclasses.dataclass(frozen=True)
class Numbers(StudyConfig):
    steps: int = setting(10, "steps")
    decay: float = setting(0.1, "weight decay")
    level: float = setting(-1.0, "a level")
    shares: tuple[float, ...] = setting((0.2, 0.5), "shares", allowed=SHARE)
    rule: str = setting("adam", "its name")


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("steps", "0", "'steps' must be a whole number, 1 or more. Got 0"),
        ("decay", "-0.5", "'decay' must be 0 or more"),
        ("level", "1e999", "'level' must be finite. Got inf"),
        ("shares", "(0.5, 1.5)", "'shares' must be a share, above 0 and at most 1. Got 1.5"),
        ("seeds", "0", "'seeds' must be a whole number"),
        ("seed", "-1", "'seed' must be 0 or more"),
    ],
)
def test_a_number_out_of_its_range_is_refused_in_one_line(key, text, message):
    with pytest.raises(SeparatrixError, match=message) as caught:
        Numbers().with_settings({key: text})
    assert "\n" not in str(caught.value)


def test_what_is_allowed_stays_allowed():
    found = Numbers().with_settings({"decay": "0", "level": "-3.5", "shares": "(1.0,)", "rule": "sgd"})
    assert (found.decay, found.level, found.shares, found.rule) == (0.0, -3.5, (1.0,), "sgd")
