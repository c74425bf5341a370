"""What the paper says and how it is measured, in the order of its claims."""

from separatrix.studies.permutations_ntk.law_claims import LAW
from separatrix.studies.permutations_ntk.network_claims import TRAINED, WIDTHS
from separatrix.studies.permutations_ntk.size_claims import ALL_INPUTS, ENSEMBLES, SCALING, SIZES

CLAIMS = tuple(sorted((*LAW, *SCALING, *SIZES, *TRAINED, *ENSEMBLES, *WIDTHS, *ALL_INPUTS), key=lambda c: c.id[:2]))
