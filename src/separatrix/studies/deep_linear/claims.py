"""What the paper shows, and what must not pass for it."""

from separatrix.studies.deep_linear import depth_claims, two_matrix_claims

CLAIMS = tuple(sorted((*two_matrix_claims.CLAIMS, *depth_claims.CLAIMS), key=lambda claim: claim.id[:2]))
