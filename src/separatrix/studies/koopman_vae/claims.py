"""What the paper says and how it is measured, in the order of its claims."""

from separatrix.studies.koopman_vae.exact_claims import DIVERGENCE, OPERATOR
from separatrix.studies.koopman_vae.network_claims import NETWORKS

CLAIMS = tuple(sorted((*OPERATOR, *DIVERGENCE, *NETWORKS), key=lambda claim: claim.id))
