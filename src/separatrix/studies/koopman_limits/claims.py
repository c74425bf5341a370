"""The claims of the study, in the order of the paper's card."""

from separatrix.studies.koopman_limits.disk_claims import DISK_CLAIMS
from separatrix.studies.koopman_limits.isometry_claims import ISOMETRY_CLAIMS
from separatrix.studies.koopman_limits.map_claims import MAP_CLAIMS

CLAIMS = tuple(sorted((*MAP_CLAIMS, *ISOMETRY_CLAIMS, *DISK_CLAIMS), key=lambda claim: claim.id[:2]))
