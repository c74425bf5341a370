from pathlib import Path

import pytest

import separatrix.studies
import separatrix.studies.runner  # noqa: F401 - before its package is made to show the toys only

TOYS = Path(__file__).parents[1] / "app" / "toys"


@pytest.fixture
def toys(monkeypatch):
    """Only the toy study is found by the registry."""
    monkeypatch.setattr(separatrix.studies, "__path__", [str(TOYS)])
    monkeypatch.delenv("TOY_LOG", raising=False)
