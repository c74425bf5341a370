"""What the paper says and how it is measured, in the order of its claims."""

from separatrix.studies.koopman_information.law_claims import LAWS
from separatrix.studies.koopman_information.network_claims import NETWORKS

CLAIMS = tuple(sorted((*LAWS, *NETWORKS), key=lambda claim: claim.id[:2]))
"""Every number of the study."""
