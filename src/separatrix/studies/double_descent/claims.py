"""What the paper says and how it is measured, in the order of its claims."""

from separatrix.studies.double_descent.noise_claims import NOISY, REGULARISED
from separatrix.studies.double_descent.shape_claims import ORDERS, SHAPES, TIMES
from separatrix.studies.double_descent.theory_claims import EQUATIONS, PLATEAUS, RIDGE

CLAIMS = (*EQUATIONS, *SHAPES, *PLATEAUS, *RIDGE, *TIMES, *ORDERS, *REGULARISED, *NOISY)
