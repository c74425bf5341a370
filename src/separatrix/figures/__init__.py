"""Figures: one declarative chart (Altair) serves report, gallery and paper."""

from separatrix.figures.axes import axis_and_scale, axis_title
from separatrix.figures.claims import claim_panel
from separatrix.figures.curves import theory_and_simulation
from separatrix.figures.regions import expected_region, heatmap, reference_line
from separatrix.figures.save import embedded_charts, save
from separatrix.figures.spectra import pseudospectrum_contours, spectrum_by_residual, unit_circle
from separatrix.figures.theme import CATEGORIES, config, specification, titled
from separatrix.figures.tidy import tidy, with_band

__all__ = [
    "CATEGORIES",
    "axis_and_scale",
    "axis_title",
    "claim_panel",
    "config",
    "embedded_charts",
    "expected_region",
    "heatmap",
    "pseudospectrum_contours",
    "reference_line",
    "save",
    "specification",
    "spectrum_by_residual",
    "theory_and_simulation",
    "tidy",
    "titled",
    "unit_circle",
    "with_band",
]
