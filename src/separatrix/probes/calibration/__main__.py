"""Run the calibration and store it: ``python -m separatrix.probes.calibration [--runs N] [--out FILE]``."""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import jax

from separatrix.probes.calibration import HELD_OUT, edge_score, lazy_score, noise_score
from separatrix.probes.calibration.plateau_score import Asked, ask_all

WITHIN = 0.3
RUNS_EACH = 27


def plateau_table(asked: list[Asked], runs: int) -> dict[str, dict]:
    """The counts of the plateau instrument.

    Args:
        asked: all questions with their truth.
        runs: simulated runs.

    Returns:
        Counts by kind of answer, of all answers, and of break times by family.
    """
    what = f"{runs} simulated runs of linear, ReLU, quadratic and attention networks"
    saddles = [a for a in asked if a.miss is not None]

    def timed(chosen: list[Asked]) -> dict:
        return {"right": int(sum((a.miss or 0.0) <= WITHIN for a in chosen)), "asked": len(chosen), "runs": what}

    table = {
        kind: _entry([a.right for a in asked if a.judgement.kind == kind], what)
        for kind in ("saddle", "end", "falling", "unclear")
    }
    table["plateau or end"] = _entry([a.right for a in asked], what)
    table["break"] = timed(saddles)
    for family in dict.fromkeys(a.family for a in asked):
        table[f"plateau or end, {family}"] = _entry([a.right for a in asked if a.family == family], what)
        table[f"break, {family}"] = timed([a for a in saddles if a.family == family])
    for escape in dict.fromkeys(a.escape for a in asked):
        table[f"break, {escape}"] = timed([a for a in saddles if a.escape == escape])
    return table


def _entry(right: list[bool], runs: str) -> dict:
    return {"right": int(sum(right)), "asked": len(right), "runs": runs}


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Calibrate all instruments that have simulations of known truth.

    Args:
        runs_each: runs of each of the four families, and a quarter of those of the other instruments.
        first_seed: of all simulations.

    Returns:
        Tables by instrument.
    """
    results: dict[str, dict] = {"plateau": plateau_table(ask_all(runs_each, first_seed), 4 * runs_each)}
    others: dict[str, tuple[Callable[[int, int], dict[str, list[bool]]], str]] = {
        "edge": (edge_score.score, "small networks with descent, Nesterov and Adam, against the exact recursion"),
        "lazy": (lazy_score.score, "tanh networks of many output scales, against their linearisation"),
        "noise": (noise_score.score, "interpolating minima, against the exact second moment of SGD"),
    }
    for name, (score, what) in others.items():
        found = score(4 * runs_each, first_seed)
        results[name] = {kind: _entry(right, f"{4 * runs_each} {what}") for kind, right in found.items()}
    return results


def main() -> None:
    """Run on held-out seeds and store the counts beside the instruments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS_EACH, help="runs of each of the four families")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "calibration.json")
    parser.add_argument("--first-seed", type=int, default=HELD_OUT)
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    begun = time.perf_counter()
    results = calibrate(options.runs, options.first_seed)
    options.out.write_text(json.dumps(results, indent=1) + "\n")
    for name, table in results.items():
        for kind, entry in table.items():
            print(f"{name:8s} {kind:28s} {entry['right']:4d} of {entry['asked']}")
    print(f"{time.perf_counter() - begun:.0f} s, written to {options.out}")


if __name__ == "__main__":
    main()
