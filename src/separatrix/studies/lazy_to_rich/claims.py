"""What the paper says and how it is measured, in the order of its claims."""

from separatrix.studies.lazy_to_rich.delay_claims import DELAYS
from separatrix.studies.lazy_to_rich.feature_claims import FEATURES, FORMULA, MEAN_FIELD, PLATEAUS

CLAIMS = tuple(sorted((*FORMULA, *MEAN_FIELD, *PLATEAUS, *FEATURES, *DELAYS), key=lambda claim: claim.id))
