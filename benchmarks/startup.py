"""What one waits for before anything runs: the import, and the command line's help."""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.clock import by_turns, median_ratio
from benchmarks.row import Row, version

ROUNDS = 9


def run() -> list[Row]:
    """Time fresh interpreters.

    Returns:
        A row for the import, one for the command line.
    """
    command = Path(sys.executable).with_name("separatrix")
    with tempfile.TemporaryDirectory() as elsewhere:
        rivals = {
            "ours": lambda: _process([sys.executable, "-c", "import separatrix"], elsewhere),
            "used": lambda: _process([sys.executable, "-c", "from separatrix import evolve"], elsewhere),
            "jax": lambda: _process([sys.executable, "-c", "import jax"], elsewhere),
            "help": lambda: _process([str(command), "--help"], elsewhere),
        }
        times = by_turns(rivals, repeats=ROUNDS)
    median = {name: statistics.median(taken) for name, taken in times.items()}
    return [
        Row(
            "import separatrix",
            f"import jax ({version('jax')})",
            "times its duration",
            median_ratio(times["ours"], times["jax"]),
            at_most=1.2,
            ours=f"{median['ours']:.2f} s",
            theirs=f"{median['jax']:.2f} s",
            note="whole processes, the interpreter's own start included",
        ),
        Row(
            "from separatrix import evolve",
            f"import jax ({version('jax')})",
            "times its duration",
            median_ratio(times["used"], times["jax"]),
            ours=f"{median['used']:.2f} s",
            note="what the lazy import puts off: equinox, diffrax and xarray come with the first use",
        ),
        Row(
            "separatrix --help",
            "nothing",
            "seconds",
            median["help"],
            at_most=0.5,
            note=f"median of {ROUNDS} fresh processes",
        ),
    ]


def _process(command: list[str], folder: str) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
