"""All claims, in the order of the card."""

from separatrix.studies.structured_network.forecast_claims import EQUATIONS, HORIZON, LORENZ, PREY
from separatrix.studies.structured_network.structure_claims import COUNTS, EXACTNESS, REGULARISES

CLAIMS = (*EXACTNESS, *COUNTS, *REGULARISES, *LORENZ, *PREY, *EQUATIONS, *HORIZON)
