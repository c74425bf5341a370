"""All studies, found by looking: a package of ``separatrix.studies`` that defines STUDY is one."""

import difflib
import importlib
import pkgutil

from separatrix.errors import SeparatrixError
from separatrix.studies.study import Study

_PROTOCOL = {"claim", "registry", "runner", "study", "verdict"}


def list_studies() -> list[Study]:
    """Every study, in the order of its paper's first appearance."""
    found = [study for name in _module_names() if (study := _load(name)) is not None]
    return sorted(found, key=lambda study: (study.paper.date, study.slug))


def find_study(slug: str) -> Study:
    """The study of that name.

    Args:
        slug: as on the command line, ``"deep-linear"``.

    Returns:
        The study.

    Raises:
        SeparatrixError: if there is none; the message names the closest.
    """
    name = slug.replace("-", "_")
    if name in _module_names():
        study = _load(name)
        if study is not None and study.slug == slug:
            return study
    slugs = [study.slug for study in list_studies()]
    if slug in slugs:
        return next(study for study in list_studies() if study.slug == slug)
    close = difflib.get_close_matches(slug, slugs, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(slugs)}."
    raise SeparatrixError(f"There is no study {slug!r}. {hint} 'separatrix list' shows all.")


def _module_names() -> list[str]:
    package = importlib.import_module("separatrix.studies")
    return [info.name for info in pkgutil.iter_modules(package.__path__) if info.name not in _PROTOCOL]


def _load(name: str) -> Study | None:
    return getattr(importlib.import_module(f"separatrix.studies.{name}"), "STUDY", None)
