"""The page that people read, drawn from the JSON only."""

from pathlib import Path

HEAD = """# Benchmarks

Measured side by side with what a user would pick instead, by turns in one process, at equal accuracy; medians over
rounds. Made by `make bench`; every figure and the environment of each run are in [benchmarks.json](benchmarks.json).

| task | instead of | judged | value | target | reached |
|---|---|---|---|---|---|
"""


def write_table(results: dict, path: Path) -> None:
    """Write the table of all rows, then what stands behind each.

    Args:
        results: the ``results`` of benchmarks.json.
        path: the Markdown file.
    """
    rows = [row for result in results.values() for row in result["rows"]]
    lines = [
        f"| {row['what']} | {row['peer']} | {row['quantity']} | {_number(row['value'])} | {row['target']} "
        f"| {_verdict(row['reached'])} |"
        for row in rows
    ]
    details = [_detail(row) for row in rows]
    path.write_text(HEAD + "\n".join(lines) + "\n\n## Behind the numbers\n\n" + "\n".join(details) + _machine(results))


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"


def _verdict(reached: bool | None) -> str:
    return "-" if reached is None else "yes" if reached else "**no**"


def _detail(row: dict) -> str:
    parts = [f"ours {row['ours']}" if row["ours"] else "", f"theirs {row['theirs']}" if row["theirs"] else ""]
    parts += [row["accuracy"], row["note"]]
    return f"- **{row['what']}**, {row['peer']}: " + "; ".join(part for part in parts if part) + "."


def _machine(results: dict) -> str:
    if not results:
        return "\n"
    seen = [result["environment"] for result in results.values()]
    loads = ", ".join(f"{name} {result['environment']['load_average_at_start']:g}" for name, result in results.items())
    packages = ", ".join(f"{name} {number}" for name, number in seen[0]["packages"].items() if number)
    return (
        f"\n\n## Machine\n\n{seen[0]['processor']}, {seen[0]['cores']} cores, Python {seen[0]['python']}; {packages}.\n"
        f"Load average when each benchmark began: {loads}. A load well above zero means that the cores were shared.\n"
    )
