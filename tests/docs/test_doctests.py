"""Every example in a docstring gives the output that it shows."""

import doctest
import importlib
import pkgutil

import pytest

import separatrix

MODULES = [
    m.name
    for m in pkgutil.walk_packages(separatrix.__path__, "separatrix.")
    if not any(part.startswith("torch") for part in m.name.split(".")) and not m.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
