"""What the paper says and how it is measured, in the order of its claims."""

from separatrix.studies.saddle_to_saddle.height_claims import HEIGHTS
from separatrix.studies.saddle_to_saddle.structure_claims import AWAY, EQUAL, SPARSE, WIDTHS
from separatrix.studies.saddle_to_saddle.symmetry_claims import BASELINES, EMBEDDED, KEPT
from separatrix.studies.saddle_to_saddle.time_claims import EXACT, LAWS

CLAIMS = (*HEIGHTS, *LAWS, *EXACT, *WIDTHS, *EQUAL, *SPARSE, *AWAY, *KEPT, *EMBEDDED, *BASELINES)
