"""Spectra in the complex plane: eigenvalues coloured by their residuals, and contours of the least residual."""

import math
from collections.abc import Sequence
from itertools import pairwise

import altair as alt
import numpy as np
import pandas as pd

from separatrix.figures.theme import Drawn

SIZE = 300
FINE = 160
"""Points a side that a pseudospectrum is interpolated to."""
SHOWN = (1e-4, 1.0)
"""Residuals that colours tell apart; those beyond take the colour of the end."""
LEVELS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
BANDS = ("#440154", "#443983", "#31688e", "#21918c", "#35b779", "#90d743", "#fde725", "#fff8c4")
"""Colours of the bands between levels, viridis and one lighter; small residuals are dark."""


def spectrum_by_residual(
    eigenvalues: np.ndarray,
    residuals: np.ndarray,
    *,
    tolerance: float = 0.1,
    limit: float = 1.2,
    residual_title: str = "residual",
    size: int = SIZE,
    legend: bool = True,
) -> Drawn:
    """Eigenvalues in the plane with the unit circle; colour is the residual, crosses are those above the tolerance.

    Args:
        eigenvalues: complex, (K,).
        residuals: of each, (K,).
        tolerance: largest residual of a certified eigenvalue.
        limit: half the side of the square that is shown; eigenvalues beyond are left out.
        residual_title: title of the legend of colours.
        size: side of the plot in pixels.
        legend: whether to draw the legends.

    Returns:
        The layered chart, without a title.
    """
    words = [f"at most {tolerance:g}: certified", f"above {tolerance:g}: spurious"]
    table = pd.DataFrame(
        {
            "real": np.real(eigenvalues),
            "imaginary": np.imag(eigenvalues),
            "residual": np.clip(residuals, *SHOWN),
            "verdict": np.where(residuals <= tolerance, words[0], words[1]),
        }
    )
    colors = alt.Scale(type="log", scheme="viridis", domain=list(SHOWN))
    shapes = alt.Scale(domain=words, range=["circle", "cross"])
    ticks = [1e-4, 1e-3, 1e-2, 1e-1, 1.0]
    bar = alt.Legend(title=residual_title, values=ticks, format="~g", gradientLength=110) if legend else None
    marks = alt.Legend(title="verdict by residual", symbolFillColor="#57606a", symbolStrokeWidth=0) if legend else None
    points = (
        alt.Chart(table.sort_values("residual", ascending=False))
        .mark_point(filled=True, size=70, opacity=0.95, stroke="white", strokeWidth=0.6, clip=True)
        .encode(
            x=_horizontal("real", (-limit, limit)),
            y=_vertical("imaginary", (-limit, limit)),
            color=alt.Color("residual:Q", scale=colors, legend=bar),
            shape=alt.Shape("verdict:N", scale=shapes, legend=marks),
        )
    )
    return alt.layer(unit_circle(limit), points).properties(width=size, height=size)


def pseudospectrum_contours(
    z: np.ndarray,
    residuals: np.ndarray,
    *,
    levels: Sequence[float] = LEVELS,
    eigenvalues: np.ndarray | None = None,
    size: int = SIZE,
    title: str = "least residual τ(z)",
    legend: bool = True,
) -> Drawn:
    """Bands of the least residual over a square grid, with the unit circle, and eigenvalues where given.

    Args:
        z: the grid, (a, b), rows of equal real part.
        residuals: tau at its points, (a, b).
        levels: ends of the bands, increasing, at most seven.
        eigenvalues: drawn as white dots with a dark rim, (K,).
        size: width of the plot in pixels.
        title: of the legend.
        legend: whether to draw the legend.

    Returns:
        The layered chart, without a title.
    """
    real, imaginary = np.real(z[:, 0]), np.imag(z[0, :])
    labels = [f"below {levels[0]:g}", *(f"{a:g} to {b:g}" for a, b in pairwise(levels)), f"above {levels[-1]:g}"]
    table = _bands(real, imaginary, residuals, np.asarray(levels))
    table["band"] = np.array(labels)[table["band"]]
    chosen = np.linspace(0, len(BANDS) - 1, len(labels)).round().astype(int)
    colors = alt.Scale(domain=labels, range=[BANDS[k] for k in chosen])
    key = alt.Legend(title=title, symbolType="square", symbolSize=160, symbolStrokeWidth=0) if legend else None
    x = _horizontal("left", (float(real.min()), float(real.max())))
    y = _vertical("low", (float(imaginary.min()), float(imaginary.max())))
    bands = (
        alt.Chart(table)
        .mark_rect(clip=True, strokeWidth=0)
        .encode(x=x, x2="right:Q", y=y, y2="high:Q", color=alt.Color("band:N", scale=colors, legend=key))
    )
    layers: list[alt.Chart] = [bands, unit_circle(math.inf, "#ffffff"), unit_circle(math.inf)]
    if eigenvalues is not None:
        points = pd.DataFrame({"left": np.real(eigenvalues), "low": np.imag(eigenvalues)})
        dots = alt.Chart(points).mark_circle(size=34, color="#ffffff", stroke="#1b1f24", opacity=1, clip=True)
        layers.append(dots.encode(x=x, y=y))
    height = size * float(np.ptp(imaginary)) / float(np.ptp(real))
    return alt.layer(*layers).properties(width=size, height=height)


def _bands(real: np.ndarray, imaginary: np.ndarray, residuals: np.ndarray, levels: np.ndarray) -> pd.DataFrame:
    """Runs of cells of one band, interpolated so finely that borders look smooth; few rows, as runs are long."""
    fine_real, fine_imaginary = (
        np.linspace(line.min(), line.max(), max(FINE, len(line))) for line in (real, imaginary)
    )
    along = np.stack([np.interp(fine_real, real, column) for column in residuals.T], axis=1)
    fine = np.stack([np.interp(fine_imaginary, imaginary, row) for row in along], axis=0)
    bands = np.searchsorted(levels, fine, side="right")
    first = np.ones(bands.shape, bool)
    first[1:] = bands[1:] != bands[:-1]
    column, row = np.nonzero(first.T)[::-1]  # runs in order, row after row
    begins = np.r_[row[1:] != row[:-1], True]
    end = np.where(begins, len(fine_real), np.r_[column[1:], 0])
    wide, high = fine_real[1] - fine_real[0], fine_imaginary[1] - fine_imaginary[0]
    # a little wider than apart, so that no seam shows
    return pd.DataFrame(
        {
            "left": fine_real[0] + wide * (column - 0.55),
            "right": fine_real[0] + wide * (end - 0.45),
            "low": fine_imaginary[row] - 0.55 * high,
            "high": fine_imaginary[row] + 0.55 * high,
            "band": bands[column, row],
        }
    )


def unit_circle(limit: float = 1.2, color: str = "") -> alt.Chart:
    """The unit circle, dashed, as a layer for charts whose axes are those of `spectrum_by_residual`.

    Args:
        limit: as given there; infinite for axes that another layer brings.
        color: of a solid, wider line, to lie under that of theory, which is drawn when left out.

    Returns:
        The layer.
    """
    angle = np.linspace(0, 2 * np.pi, 181)
    table = pd.DataFrame({"real": np.cos(angle), "imaginary": np.sin(angle), "order": np.arange(181)})
    line = alt.Chart(table).mark_line(style="theory", clip=True, strokeWidth=1.4)
    if color:
        line = alt.Chart(table).mark_line(color=color, strokeWidth=3, opacity=0.8, clip=True)
    if math.isfinite(limit):
        return line.encode(
            x=_horizontal("real", (-limit, limit)), y=_vertical("imaginary", (-limit, limit)), order="order:Q"
        )
    return line.encode(x="real:Q", y="imaginary:Q", order="order:Q")


def _horizontal(field: str, ends: tuple[float, float]) -> alt.X:
    scale = alt.Scale(domain=list(ends), nice=False, zero=False)
    return alt.X(f"{field}:Q", title="real part", scale=scale, axis=alt.Axis(grid=False, tickCount=5))


def _vertical(field: str, ends: tuple[float, float]) -> alt.Y:
    scale = alt.Scale(domain=list(ends), nice=False, zero=False)
    return alt.Y(f"{field}:Q", title="imaginary part", scale=scale, axis=alt.Axis(grid=False, tickCount=5))
