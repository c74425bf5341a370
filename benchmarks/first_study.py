"""From an installed package to the first verdicts on a paper, with no network and nothing cached."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.row import Row

STUDY = "deep-linear"


def run() -> list[Row]:
    """Time ``separatrix run`` in an empty folder with an empty compilation cache.

    Returns:
        One row.

    Raises:
        RuntimeError: when the study cannot be run.
    """
    command = [str(Path(sys.executable).with_name("separatrix")), "run", STUDY, "--json"]
    with tempfile.TemporaryDirectory() as folder:
        alone = {**os.environ, "HOME": folder, "XDG_CACHE_HOME": folder, "JAX_COMPILATION_CACHE_DIR": ""}
        isolated = _without_network()
        start = time.perf_counter()
        done = subprocess.run([*isolated, *command], cwd=folder, env=alone, capture_output=True, text=True, check=False)
        took = time.perf_counter() - start
    if done.returncode not in (0, 1):
        raise RuntimeError(f"separatrix run {STUDY} ended with code {done.returncode}: {done.stderr.strip()[-500:]}")
    claims = [claim for study in json.loads(done.stdout) for claim in study["claims"]]
    verdicts = [claim["verdict"] for claim in claims]
    counted = ", ".join(f"{verdicts.count(v)} {v}" for v in ("holds", "fails", "undecided") if v in verdicts)
    return [
        Row(
            f"first verified study after install ({STUDY})",
            "nothing (showyourwork 0.4.3 builds papers, it checks no claim)",
            "seconds",
            took,
            at_most=60,
            accuracy=f"{len(claims)} claims judged: {counted}",
            note="one run in an empty folder, " + ("the network cut off" if isolated else "offline not enforced"),
        )
    ]


def _without_network() -> list[str]:
    """A prefix that runs a command with no network at all, where the system allows it."""
    unshare = shutil.which("unshare")
    prefix = [unshare, "--net", "--map-root-user"] if unshare else []
    works = bool(prefix) and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if works else []
