"""Ctrl-C and kill -9 in the middle of a run: nothing lost, nothing half-written."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from separatrix.store import Store

TOYS = Path(__file__).parent / "toys"
PROGRAM = (
    f"import separatrix.studies.runner, separatrix.studies as s; s.__path__ = [{str(TOYS)!r}];"
    "from separatrix.app.cli import main; main(['run', 'toy-study', '--profile', 'smoke', '--json'])"
)


def start(tmp_path: Path, sleep: str) -> subprocess.Popen:
    environment = {
        **os.environ,
        "SEPARATRIX_RUNS": str(tmp_path / "runs"),
        "TOY_LOG": str(tmp_path / "log"),
        "TOY_SLEEP": sleep,
    }
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_the_third(tmp_path: Path) -> None:
    for _ in range(600):
        if (tmp_path / "log").exists() and "third" in (tmp_path / "log").read_text():
            return
        time.sleep(0.1)
    raise AssertionError("the run did not begin")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_an_interrupted_run_resumes(tmp_path, number, code):
    process = start(tmp_path, "60")
    wait_for_the_third(tmp_path)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert "Traceback" not in err
    assert Store(tmp_path / "runs").runs() == []

    again = start(tmp_path, "0")
    out, err = again.communicate(timeout=120)
    assert again.returncode in (0, 1), err
    assert err == "resumed: 2 of 5 experiments were already done\n"
    assert (tmp_path / "log").read_text().split() == ["first", "second", "third", "third", "fourth", "fifth"]
    [row] = Store(tmp_path / "runs").runs()
    assert set(Store(tmp_path / "runs").results(row["id"]).children) == {"first", "second", "third", "fourth", "fifth"}
