import importlib.util
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


def test_bare_doctests_become_blocks_of_code():
    pytest.importorskip("griffe")
    place = importlib.util.spec_from_file_location("doctest_blocks", ROOT / "docs" / "doctest_blocks.py")
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    assert module.fenced("no example\n") == "no example\n"
    assert module.fenced("Sum.\n\n>>> 1 + 1\n2\n\nmore") == "Sum.\n\n```pycon\n>>> 1 + 1\n2\n```\n\nmore\n"
    assert module.fenced(">>> 1\n1\n>>> 2\n2\n\n>>> 3\n3").count("```") == 4


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
