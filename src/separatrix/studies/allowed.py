"""What values a setting of a study may take."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from separatrix.errors import SeparatrixError


@dataclasses.dataclass(frozen=True)
class Allowed:
    """The values that a setting may take; of a tuple, each of its elements.

    Attributes:
        text: what is expected, as it reads after "must be".
        test: whether a number is allowed.
    """

    text: str
    test: Callable[[Any], bool]


COUNT = Allowed("a whole number, 1 or more", lambda value: value >= 1)
FROM_ZERO = Allowed("0 or more, and finite", lambda value: 0 <= value < math.inf)
FINITE = Allowed("finite", math.isfinite)
SHARE = Allowed("a share, above 0 and at most 1", lambda value: 0 < value <= 1)
ODD = Allowed("an odd number, 3 or more", lambda value: value >= 3 and value % 2 == 1)


def usual(default: Any) -> Allowed:
    """What is allowed where a setting says nothing: counts stay counts, and what is not negative stays so.

    Args:
        default: the setting's value.

    Returns:
        What its other values must be.

    >>> usual(5).text, usual((0.0, 0.1)).text, usual(-1.0).text
    ('a whole number, 1 or more', '0 or more, and finite', 'finite')
    """
    numbers = _numbers(default)
    if not numbers or min(numbers) < 0:
        return FINITE
    whole = all(isinstance(number, int) for number in numbers)
    return COUNT if whole and min(numbers) >= 1 else FROM_ZERO


def refuse_others(name: str, value: Any, allowed: Allowed) -> None:
    """Refuse a setting out of its range.

    Args:
        name: of the setting.
        value: given.
        allowed: what it may be.

    Raises:
        SeparatrixError: one of its numbers is not allowed.
    """
    wrong = [number for number in _numbers(value) if not allowed.test(number)]
    if wrong:
        raise SeparatrixError(f"The setting {name!r} must be {allowed.text}. Got {wrong[0]!r} instead.")


def _numbers(value: Any) -> list[Any]:
    """The numbers in a value, those of nested tuples too; what is no number is left out."""
    if isinstance(value, tuple | list):
        return [number for element in value for number in _numbers(element)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []
