"""A table with one row a time, made into series: which column is the clock, which tells series apart."""

import csv
import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from separatrix.errors import SeparatrixError
from separatrix.models.trajectories import Trajectories

CLOCKS = ("time", "t", "date", "datetime", "timestamp", "year")
LABELS = ("trajectory", "series", "id")
DELIMITERS = (",", ";", "\t", "|", " ")
DAYS_A_MONTH = 365.2425 / 12
"""Of the Gregorian calendar."""


@dataclasses.dataclass(frozen=True)
class TimedTrajectories(Trajectories):
    """Series that know what their times are counted in.

    Args:
        unit: for example "days"; empty when not known.
    """

    unit: str = ""


def read_delimited(path: Path) -> pd.DataFrame:
    """A text file as a table of strings, with whatever delimiter it has, with or without a header.

    Args:
        path: the file.

    Returns:
        Columns of strings, empty cells as "".

    Raises:
        SeparatrixError: it is no text, holds no rows, or has rows of unequal length.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SeparatrixError(f"{path} is no text in UTF-8 (byte {error.start} is not). Export it as CSV.") from error
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and lines[0].startswith("#"):  # as numpy.savetxt writes its header
        lines[0] = lines[0].lstrip("# ")
    lines = [line for line in lines if not line.startswith("#")]
    if not lines:
        raise SeparatrixError(f"{path} is empty.")
    delimiter = _delimiter(lines[:50])
    if delimiter == " ":
        lines = [" ".join(line.split()) for line in lines]
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    width = len(rows[-1]) if len(rows) == 1 else len(rows[1])
    for number, row in enumerate(rows, 1):
        if len(row) != width:
            raise SeparatrixError(f"Row {number} of {path} has {len(row)} cells where others have {width}.")
    if delimiter == ";":  # the comma is then the decimal sign of half of Europe
        rows = [[_decimal_point(cell) for cell in row] for row in rows]
    headed = not any(_is_number(cell) or _is_date(cell) for cell in rows[0])
    names = rows[0] if headed else [f"x{index}" for index in range(width)]
    body = rows[1:] if headed else rows
    if not body:
        raise SeparatrixError(f"{path} has a header and no rows.")
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise SeparatrixError(f"{path} has several columns named {repeated[0]!r}. Rename them.")
    return pd.DataFrame(body, columns=names)  # pyright: ignore[reportArgumentType]


def table_series(table: pd.DataFrame, path: Path) -> TimedTrajectories:
    """The series of a table.

    Args:
        table: one row a time.
        path: where it is from, for messages.

    Returns:
        One series, or one for each value of the column that tells them apart.

    Raises:
        SeparatrixError: a cell is no number, or times don't ascend.
    """
    table = table.rename(columns=str)
    label = next((name for name in table.columns if name.strip().lower() in LABELS), None)
    groups = [np.arange(len(table))] if label is None else _groups(table[label])
    clock = _clock_column(table, label, groups)
    values = [name for name in table.columns if name not in (label, clock)]
    if not values:
        raise SeparatrixError(f"{path} has a column of times but none of values.")
    numbers = np.stack([_numbers(table[name], name, path) for name in values], axis=1)
    times = np.arange(float(len(table))) if clock is None else _times(table[clock], clock, path)
    dated = clock is not None and _dated(table[clock])
    clocks = []
    for rows in groups:
        part = times[rows]
        falls = np.flatnonzero(np.diff(part) <= 0)
        if clock is not None and falls.size:
            where = np.arange(len(table))[rows][falls[0] + 1] + 1
            raise SeparatrixError(
                f"{path}: the times in {clock!r} don't ascend at row {where}. Sort the rows, and drop repeated times."
            )
        if clock is None:
            part = np.arange(float(len(part)))
        clocks.append(_even_calendar(table[clock].iloc[rows]) if dated else part)
    unit = "days" if dated else "years" if clock is not None and clock.strip().lower() == "year" else ""
    return TimedTrajectories(
        tuple(numbers[rows] for rows in groups), tuple(clocks), tuple(name.strip() for name in values), unit=unit
    )


def _groups(labels: Any) -> list[np.ndarray]:
    codes, kinds = pd.factorize(labels)
    return [np.flatnonzero(codes == kind) for kind in range(len(kinds))]


def _clock_column(table: pd.DataFrame, label: str | None, groups: list[np.ndarray]) -> str | None:
    names = [name for name in table.columns if name != label]
    named = next((name for name in names if name.strip().lower() in CLOCKS), None)
    if named is not None or len(names) < 2:
        return named
    first = table[names[0]]
    if _dated(first):
        return names[0]
    numbers = _floats(first)
    ascends = all(np.all(np.diff(numbers[rows]) > 0) for rows in groups)
    return names[0] if ascends and len(table) > 1 else None


def _numbers(column: Any, name: str, path: Path) -> np.ndarray:
    if np.iscomplexobj(column.to_numpy()):
        raise SeparatrixError(f"{path}: {name!r} is complex. Give real and imaginary parts as separate columns.")
    if pd.api.types.is_datetime64_any_dtype(column):
        raise SeparatrixError(f"{path}: {name!r} holds dates, but is not the column of times. Name that one 'time'.")
    numbers = _floats(column)
    bad = np.flatnonzero(~np.isfinite(numbers))
    if bad.size:
        cell = column.iloc[bad[0]]
        what = "is empty" if cell is None or str(cell) in ("", "nan", "NaN", "<NA>") else f"holds {str(cell)!r}"
        more = f" (and {bad.size - 1} more cells)" if bad.size > 1 else ""
        raise SeparatrixError(
            f"{path}: {name!r} {what} at row {bad[0] + 1}{more}, where a finite number is needed. Interpolate such "
            "cells, or leave the rows or the column out."
        )
    return numbers


def _floats(column: Any) -> np.ndarray:
    """Numbers to the last bit, which pandas' own parser does not promise; NaN where there is none."""
    try:
        return column.to_numpy(float, na_value=np.nan)
    except (ValueError, TypeError):
        return np.asarray(pd.to_numeric(column, errors="coerce"), float)


def _times(column: Any, name: str, path: Path) -> np.ndarray:
    if not _dated(column):
        return _numbers(column, name, path)
    dates = _dates(column)
    bad = np.flatnonzero(np.isnat(dates))
    if bad.size:
        raise SeparatrixError(f"{path}: {name!r} holds {column.iloc[bad[0]]!r} at row {bad[0] + 1}, which is no date.")
    return (dates - dates.min()) / np.timedelta64(1, "D")


def _even_calendar(column: Any) -> np.ndarray:
    """Days since the first date; equal steps where the dates are at the same day of every month, quarter or year."""
    dates: Any = pd.DatetimeIndex(_dates(column))
    months = np.asarray(dates.year * 12 + dates.month)
    leap = np.unique(np.diff(months))
    same_day = len(np.unique(dates.day)) == 1 or bool(np.all(dates.is_month_end))
    if len(leap) == 1 and leap[0] > 0 and same_day:
        return (months - months[0]) * DAYS_A_MONTH
    return np.asarray((dates - dates[0]) / np.timedelta64(1, "D"), float)


def _dates(column: Any) -> np.ndarray:
    found = pd.to_datetime(column, errors="coerce", format=None if _is_stamp(column) else "ISO8601", utc=True)
    return found.dt.tz_localize(None).to_numpy()


def _is_stamp(column: Any) -> bool:
    return pd.api.types.is_datetime64_any_dtype(column)


def _dated(column: Any) -> bool:
    return _is_stamp(column) or (len(column) > 0 and _is_date(column.iloc[0]))


def _is_date(cell: object) -> bool:
    text = str(cell)
    if _is_number(text) or len(text) < 7 or not text[:4].isdigit():
        return False
    return not pd.isna(pd.to_datetime(text, errors="coerce", format="ISO8601"))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _decimal_point(cell: str) -> str:
    swapped = cell.replace(",", ".", 1)
    return swapped if _is_number(swapped) else cell


def _delimiter(lines: list[str]) -> str:
    """The first delimiter that cuts every line into equally many cells, two or more."""
    for delimiter in DELIMITERS:
        widths = {len(row) for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter == " ")}
        if len(widths) == 1 and widths.pop() > 1:
            return delimiter
    counts = Counter({delimiter: min(line.count(delimiter) for line in lines) for delimiter in DELIMITERS[:-1]})
    best, count = counts.most_common(1)[0]
    return best if count else ","
