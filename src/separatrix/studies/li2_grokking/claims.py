"""The claims, in the order of their numbers."""

from separatrix.studies.li2_grokking.isolated_claims import SAMPLED, STAGE_ONE, STAGE_TWO
from separatrix.studies.li2_grokking.network_claims import GROKKING, MUON, TOGETHER

CLAIMS = (*STAGE_ONE, *STAGE_TWO, *SAMPLED, *GROKKING, *TOGETHER, *MUON)
