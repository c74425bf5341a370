"""What a study is: a paper, a configuration, experiments, claims and figures."""

import ast
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar

import xarray as xr

from separatrix.errors import SeparatrixError
from separatrix.studies.allowed import Allowed, refuse_others, usual
from separatrix.studies.claim import Claim

World: TypeAlias = Literal["dynamics of learning", "learning of dynamics", "learning in dynamics"]
Profile: TypeAlias = Literal["smoke", "quick", "full"]

_Config = TypeVar("_Config", bound="StudyConfig")


@dataclasses.dataclass(frozen=True)
class Paper:
    """The paper that a study makes executable.

    Attributes:
        arxiv: its number, ``"1312.6120"``.
        title: its title.
        authors: their names.
        date: first appearance, ``"2013-12"``.
    """

    arxiv: str
    title: str
    authors: tuple[str, ...]
    date: str

    @property
    def url(self) -> str:
        """Where to read it."""
        return f"https://arxiv.org/abs/{self.arxiv}"


@dataclasses.dataclass(frozen=True)
class StudyConfig:
    """Every number that a paper fixes; subclasses add their own fields, each with a default (the `quick` size).

    A field's meaning and unit stand in its metadata: ``setting(default, "learning rate", unit="1")``.

    Attributes:
        seeds: number of independent seeds.
        seed: the seed that the others are derived from.
    """

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """For each profile other than `quick`, the fields that differ."""

    seeds: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse numbers out of their range.

        Raises:
            SeparatrixError: names the setting, what it must be and what was given.
        """
        for field in dataclasses.fields(self):
            allowed = field.metadata.get("allowed") or usual(field.default)
            refuse_others(field.name, getattr(self, field.name), allowed)

    @classmethod
    def preset(cls: type[_Config], profile: Profile = "quick") -> _Config:
        """The configuration of a profile: ``smoke`` (seconds), ``quick`` (under a minute) or ``full`` (the paper's)."""
        return cls(**cls.PRESETS.get(profile, {}))

    def with_settings(self: _Config, settings: Mapping[str, str]) -> _Config:
        """A copy with fields set from text, as ``--set key=value`` gives it.

        Args:
            settings: field names and values; a value is a Python literal of the type that the field has.

        Returns:
            The new configuration.

        Raises:
            SeparatrixError: for an unknown field, or a value of another type.
        """
        fields = {f.name: f for f in dataclasses.fields(self)}
        changes: dict[str, Any] = {}
        for key, text in settings.items():
            if key not in fields:
                raise SeparatrixError(f"There is no setting {key!r}. The settings are: {', '.join(sorted(fields))}.")
            changes[key] = _parse(key, text, getattr(self, key))
        return dataclasses.replace(self, **changes)


def setting(default: Any, meaning: str, unit: str = "1", allowed: Allowed | None = None) -> Any:
    """A field of a StudyConfig with its meaning, its unit and what it may be (``allowed.usual`` where left out)."""
    return dataclasses.field(default=default, metadata={"meaning": meaning, "unit": unit, "allowed": allowed})


def _parse(key: str, text: str, current: Any) -> Any:
    if isinstance(current, str):
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        value = text
    if isinstance(current, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if isinstance(current, tuple) and isinstance(value, list | int | float):
        value = tuple(value) if isinstance(value, list) else (value,)
    if type(value) is not type(current):
        kind = type(current).__name__
        raise SeparatrixError(f"The setting {key!r} must be of type {kind} (now {current!r}). Got {text!r} instead.")
    return value


Experiment: TypeAlias = Callable[[Any], xr.Dataset]
"""From a study's configuration to labelled results, all seeds at once; keys are derived from ``config.seed``."""


@dataclasses.dataclass(frozen=True)
class Figure:
    """One message, drawn.

    Attributes:
        name: file name without suffix.
        title: the message, as a sentence.
        draw: from the results to an Altair chart that carries no title of its own.
    """

    name: str
    title: str
    draw: Callable[[xr.DataTree], Any]


@dataclasses.dataclass(frozen=True)
class Study:
    """A paper made executable.

    Attributes:
        slug: name on the command line, as the paper's card is named.
        paper: the paper.
        world: which of the three worlds of learning dynamics it belongs to.
        question: what it asks, as a sentence with a question mark.
        parts: dotted names of the library's parts that the paper gave.
        config: class of its configuration.
        experiments: name -> function; each result is one node of the results.
        claims: what is checked.
        figures: at most six; the first one alone must convince.
        float64: whether the experiments need double precision.
    """

    slug: str
    paper: Paper
    world: World
    question: str
    parts: tuple[str, ...]
    config: type[StudyConfig]
    experiments: Mapping[str, Experiment]
    claims: tuple[Claim, ...]
    figures: tuple[Figure, ...] = ()
    float64: bool = True
