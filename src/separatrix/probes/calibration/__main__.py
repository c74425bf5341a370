"""Run calibrations and store them: ``python -m separatrix.probes.calibration [NAME ...] [--runs N] [--out FILE]``."""

import argparse
import importlib
import json
import pkgutil
import time
from pathlib import Path
from types import ModuleType

import jax

from separatrix.errors import SeparatrixError
from separatrix.probes import calibration
from separatrix.probes.calibration import HELD_OUT

RUNS_EACH = 27
_SUFFIX = "_score"


def calibrations() -> dict[str, ModuleType]:
    """All calibrations: the modules of this package named ``INSTRUMENT_score``, each with ``calibrate``.

    Returns:
        Modules by the instrument's name.
    """
    names = sorted(i.name for i in pkgutil.iter_modules(calibration.__path__) if i.name.endswith(_SUFFIX))
    return {n.removesuffix(_SUFFIX): importlib.import_module(f"{calibration.__name__}.{n}") for n in names}


def calibrate(names: list[str], runs_each: int, first_seed: int) -> dict[str, dict]:
    """Calibrate instruments on simulations of known truth.

    Args:
        names: of instruments; all when empty.
        runs_each: a module's measure of its number of runs, of which it makes at least four times as many.
        first_seed: of all simulations.

    Returns:
        Counts by instrument and kind of answer.

    Raises:
        SeparatrixError: an instrument has no calibration.
    """
    known = calibrations()
    for name in names:
        if name not in known:
            raise SeparatrixError(f"There is no calibration of {name!r}. There are: {', '.join(known)}.")
    return {name: known[name].calibrate(runs_each, first_seed) for name in names or known}


def main() -> None:
    """Run on held-out seeds and store the counts beside the instruments, keeping those of the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="instruments; all by default")
    parser.add_argument("--runs", type=int, default=RUNS_EACH, help="a quarter of the runs of each instrument")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "calibration.json")
    parser.add_argument("--first-seed", type=int, default=HELD_OUT)
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    begun = time.perf_counter()
    results = calibrate(options.names, options.runs, options.first_seed)
    kept = json.loads(options.out.read_text()) if options.out.exists() else {}
    options.out.write_text(json.dumps(dict(sorted({**kept, **results}.items())), indent=1) + "\n")
    for name, table in results.items():
        for kind, entry in table.items():
            print(f"{name:12s} {kind:28s} {entry['right']:4d} of {entry['asked']}")
    print(f"{time.perf_counter() - begun:.0f} s, written to {options.out}")


if __name__ == "__main__":
    main()
