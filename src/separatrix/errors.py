"""The errors that a user is meant to read: one line that says what was given, what is expected and what to do."""


class SeparatrixError(Exception):
    """Bad input, told in one line; the command line prints it without a traceback and exits with code 2."""


def bad_parameter(name: str, owner: str, expected: str, given: object) -> SeparatrixError:
    """The error for a parameter out of its range, in the one form that all of the library uses.

    Args:
        name: the parameter's name.
        owner: the function or class that takes it.
        expected: what it must be, for example ``"a float in the range [0, inf)"``.
        given: the value received.

    Returns:
        The exception, to be raised by the caller.

    >>> print(bad_parameter("rtol", "Adaptive", "a float in the range (0, 1)", -1))
    The 'rtol' parameter of Adaptive must be a float in the range (0, 1). Got -1 instead.
    """
    return SeparatrixError(f"The {name!r} parameter of {owner} must be {expected}. Got {given!r} instead.")
