"""The claims, in the order of their numbers."""

from separatrix.studies.modular_addition.lottery_claims import ALIGNING, LOTTERY
from separatrix.studies.modular_addition.network_claims import GROKKING, TRAINED, TRAINING
from separatrix.studies.modular_addition.voting_claims import VOTING
from separatrix.studies.modular_addition.wave_claims import LEAKING, REDUCED

CLAIMS = (*REDUCED, *LEAKING, *ALIGNING, *LOTTERY, *TRAINED, *VOTING, *TRAINING, *GROKKING)
