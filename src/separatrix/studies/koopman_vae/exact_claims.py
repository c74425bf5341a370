"""Claims that need no trained network."""

from separatrix.studies import Claim, Control, at_least, at_most, between
from separatrix.studies.koopman_vae.measures import of

RECOVERED = 1e-6
EXACT = 1e-12
ROUNDING = 1e-10
"""Relative error of a gradient in double precision that only rounding is to blame for."""
UNBOUNDED = 6.0
"""Decades: a solution so much larger than the smallest one has lost half of the digits of double precision."""
SAMPLED = 0.01

OPERATOR = (
    Claim(
        "01-operator-by-qr",
        "Least squares by QR gives the operator of exactly linear latent series back: error in Frobenius norm",
        of("operator", "qr"),
        at_most(RECOVERED),
        "section 4; derived",
        control=Control("its transpose, as for states in columns", of("operator", "transposed")),
    ),
    Claim(
        "01-operator-by-pseudo-inverse",
        "So does the pseudo-inverse: error in Frobenius norm",
        of("operator", "pinv"),
        at_most(RECOVERED),
        "section 4; derived",
        control=Control("its transpose, as for states in columns", of("operator", "transposed")),
    ),
    Claim(
        "01-linear-loss-vanishes",
        "On such series the loss of linear prediction is zero",
        of("operator", "loss"),
        at_most(EXACT),
        "section 4; derived",
        control=Control("series with noise of 0.001", of("operator", "noisy_loss")),
    ),
    Claim(
        "01-qr-unbounded-pseudo-inverse-not",
        "On states that span too little, noise of 0.001 makes QR's operator larger than the pseudo-inverse's",
        of("operator", "growth_blurred"),
        at_least(UNBOUNDED),
        "section 4; derived",
        control=Control("the same states without noise", of("operator", "growth_flat")),
        unit="decades",
    ),
    Claim(
        "01-error-of-noisy-estimate",
        "The error of the estimate is sigma (k tr (Z0' Z0)^-1)^1/2: measured over predicted",
        of("operator", "noise_ratio"),
        between(0.95, 1.05),
        "normal equations; derived",
        control=Control("states taken to be white and of variance 1", of("operator", "white_ratio")),
    ),
)

DIVERGENCE = (
    Claim(
        "02-divergence-formula",
        "The divergence's formula agrees with a million samples: relative difference",
        of("divergence", "error"),
        at_most(SAMPLED),
        "loss",
        control=Control("log variances taken for log standard deviations", of("divergence", "wrong_error")),
    ),
    Claim(
        "02-divergence-zero-at-equal-laws",
        "It is zero where the two laws are one",
        of("divergence", "at_equal"),
        at_most(EXACT),
        "loss",
        control=Control("means 0.01 apart", of("divergence", "nearby")),
        unit="nats",
    ),
    Claim(
        "02-divergence-gradient",
        "Its gradient in the prior's mean is -(mean - prior mean) / prior variance: relative difference",
        of("divergence", "slope_error"),
        at_most(ROUNDING),
        "loss; derived",
        control=Control("the posterior's variance instead", of("divergence", "wrong_slope_error")),
    ),
)
