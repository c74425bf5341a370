"""What the shell completes, found without importing anything heavy."""

from pathlib import Path

import separatrix


def study_slugs(incomplete: str = "") -> list[str]:
    """Names of studies that begin with what was typed, read off the source folder without importing a study.

    Args:
        incomplete: what was typed so far.

    Returns:
        The slugs, sorted.
    """
    folder = Path(separatrix.__file__).parent / "studies"
    sources = [*folder.glob("*/__init__.py"), *folder.glob("[!_]*.py")]
    named = {path.parent.name if path.name == "__init__.py" else path.stem: path for path in sources}
    slugs = [name.replace("_", "-") for name, path in named.items() if _defines_study(path)]
    return sorted(slug for slug in slugs if slug.startswith(incomplete))


def _defines_study(path: Path) -> bool:
    return any(line.startswith(("STUDY =", "STUDY:")) or "import STUDY" in line for line in _lines(path))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
