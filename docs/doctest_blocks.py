"""Show the bare doctests of docstrings as blocks of code, not as Markdown's quotations."""

import re
from typing import Any

import griffe

_DOCTEST = re.compile(r"(?:^[ ]*>>> .*\n(?:[ ]*\S.*\n)*)+", re.MULTILINE)


def fenced(text: str) -> str:
    """The text with a fence around each run of lines that begins with a prompt and ends at a blank line.

    Args:
        text: of a docstring.

    Returns:
        Markdown.
    """
    return _DOCTEST.sub(lambda found: f"```pycon\n{found[0]}```\n", text.rstrip("\n") + "\n")


class DoctestBlocks(griffe.Extension):
    """Fences the doctests of all docstrings as they are collected."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called for each module, class, function and attribute."""
        if obj.docstring and ">>> " in obj.docstring.value:
            obj.docstring.value = fenced(obj.docstring.value)
