"""What the paper says and how it is measured, in the order of its claims."""

from separatrix.studies.generalization_dynamics.error_claims import ERRORS, GROWTH, OVERTRAINING
from separatrix.studies.generalization_dynamics.frozen_claims import DETECTORS, FROZEN
from separatrix.studies.generalization_dynamics.nonlinear_claims import BOUND, NONLINEAR
from separatrix.studies.generalization_dynamics.stopping_claims import DIGITS, RIDGE, STOPPING, UNSTOPPED

CLAIMS = (
    *ERRORS,
    *OVERTRAINING,
    DIGITS[0],
    *GROWTH,
    *RIDGE,
    *STOPPING,
    DIGITS[1],
    *FROZEN,
    *NONLINEAR,
    *UNSTOPPED,
    *BOUND,
    *DETECTORS,
)
