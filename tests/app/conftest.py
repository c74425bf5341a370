from pathlib import Path

import pytest

import separatrix.studies
import separatrix.studies.runner  # noqa: F401 - before its package is made to show the toys only

TOYS = Path(__file__).parent / "toys"


@pytest.fixture
def toys(monkeypatch, tmp_path):
    """The toy study is found by the registry, and runs are kept in a temporary folder."""
    monkeypatch.setattr(separatrix.studies, "__path__", [str(TOYS)])
    monkeypatch.setenv("SEPARATRIX_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("TOY_LOG", str(tmp_path / "log"))
    return tmp_path
