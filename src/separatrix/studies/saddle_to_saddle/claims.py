"""What the paper says and how it is measured, in the order of its claims."""

from separatrix.studies.saddle_to_saddle.exact_claims import EXACT
from separatrix.studies.saddle_to_saddle.height_claims import HEIGHTS
from separatrix.studies.saddle_to_saddle.structure_claims import AWAY, EQUAL, SPARSE
from separatrix.studies.saddle_to_saddle.symmetry_claims import BASELINES, EMBEDDED, KEPT
from separatrix.studies.saddle_to_saddle.time_claims import LAWS
from separatrix.studies.saddle_to_saddle.width_claims import WIDTHS

CLAIMS = (*HEIGHTS, *LAWS, *EXACT, *WIDTHS, *EQUAL, *SPARSE, *AWAY, *KEPT, *EMBEDDED, *BASELINES)
