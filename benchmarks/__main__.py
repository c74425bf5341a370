"""Run the benchmarks, each in a fresh process, and write ``docs/benchmarks.json`` and ``docs/benchmarks.md``."""

import argparse
import dataclasses
import importlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.environment import environment
from benchmarks.table import write_table

NAMES = (
    "training",
    "hessian",
    "recorder",
    "plateaus",
    "sweeps",
    "diffusions",
    "first_study",
    "exact_theory",
    "lottery",
    "infinite_width",
    "effective_dimension",
    "koopman",
    "pseudospectrum",
    "generation",
    "spurious",
    "structured",
    "startup",
)
ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the named benchmarks, or all; keep the other rows of an earlier run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}; all when left out")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder of benchmarks.json and benchmarks.md")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(NAMES))
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; choose from {', '.join(NAMES)}")
    if arguments.into:
        rows = importlib.import_module(f"benchmarks.{arguments.names[0]}").run()
        arguments.into.write_text(json.dumps([_document(row) for row in rows]))
        return 0
    path = arguments.out / "benchmarks.json"
    results = json.loads(path.read_text())["results"] if path.exists() else {}
    failed = []
    for name in arguments.names or NAMES:
        if not _run(name, results):
            failed.append(name)
            continue
        ordered = {name: results[name] for name in NAMES if name in results}
        path.write_text(json.dumps({"results": ordered}, indent=2, ensure_ascii=False) + "\n")
        write_table(ordered, arguments.out / "benchmarks.md")
    if failed:
        print(f"did not finish: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _document(row: object) -> dict[str, object]:
    return dataclasses.asdict(row) | {"target": row.target, "reached": row.reached}  # type: ignore[attr-defined]


def _run(name: str, results: dict[str, object]) -> bool:
    """Run one benchmark in a process of its own and put its rows into ``results``."""
    surroundings, start = environment(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "rows.json"
        command = [sys.executable, "-m", "benchmarks", name, "--into", str(into)]
        if subprocess.run(command, cwd=ROOT, check=False).returncode or not into.exists():
            return False
        rows = json.loads(into.read_text())
    took = time.perf_counter() - start
    results[name] = {"seconds": round(took, 1), "environment": surroundings, "rows": rows}
    for row in rows:
        print(f"{name}: {row['what']} | {row['peer']} | {row['quantity']} {row['value']:.3g} (target {row['target']})")
    return True


if __name__ == "__main__":
    sys.exit(main())
