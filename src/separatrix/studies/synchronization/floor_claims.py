"""Claims about how far coupled learners stay apart, and on which graphs."""

from separatrix.studies import Claim, Control, at_least, at_most, near
from separatrix.studies.synchronization.measures import (
    WITHIN,
    learned,
    looseness,
    matched,
    one_mode_too_many,
    over_spread,
    ratio,
    spread,
    uncoupled_prediction,
    under_bound,
)


def _floor(case: str, statement: str, control: Control) -> Claim:
    return Claim(
        f"01-floor-{case.replace(', ', '-')}",
        statement,
        ratio(case),
        near(1.0, relative=WITHIN),
        "synchronisation error of the Ornstein-Uhlenbeck modes",
        control=control,
    )


ONE_TOO_MANY = "noise left to all n modes instead of n - 1"

FLOORS = (
    _floor(
        "complete",
        "All tied to all: distance between copies over the sum over the Laplacian's modes",
        Control(ONE_TOO_MANY, one_mode_too_many("complete")),
    ),
    _floor(
        "ring",
        "A ring: distance between copies over the sum over the Laplacian's modes",
        Control("all modes given the rate of the slowest", ratio("ring", of="bound")),
    ),
    _floor(
        "complete, strong",
        "All tied to all five times as strongly: the same",
        Control(ONE_TOO_MANY, one_mode_too_many("complete, strong")),
    ),
    _floor(
        "ring, strong",
        "A ring tied five times as strongly: the same",
        Control("all modes given the rate of the slowest", ratio("ring, strong", of="bound")),
    ),
    *(
        Claim(
            f"01-below-the-bound-{case}",
            f"{case.capitalize()}: distance between copies over its bound by the second eigenvalue",
            under_bound(case),
            at_most(1 + WITHIN),
            "bound by the algebraic connectivity",
            control=Control("the largest eigenvalue in its place", under_bound(case, largest=True)),
        )
        for case in ("ring", "path", "star")
    ),
    Claim(
        "01-floor-of-a-kernel-decision",
        "Ten learners of a kernel decision on tumours, in a ring: measured over predicted by the Hessian",
        learned("measurements", "exact", graph="ring"),
        near(1.0, relative=WITHIN),
        "the same with the Hessian's eigenvalues for a",
        control=Control("the bound by the slowest mode", learned("measurements", "bound", graph="ring")),
    ),
    Claim(
        "01-floor-of-networks",
        "Six networks that read digits, coupled about a minimum: measured over predicted by the Hessian there",
        learned("networks", "expected", kappa=1),
        near(1.0, relative=WITHIN),
        "the same; to lowest order in the noise",
        control=Control("the prediction without coupling", uncoupled_prediction),
    ),
    Claim(
        "02-tight-for-the-complete-graph",
        "All tied to all: the bound over the measured distance",
        over_spread("complete"),
        near(1.0, relative=WITHIN),
        "all eigenvalues but the first are equal",
        control=Control("the ring", over_spread("ring")),
    ),
    Claim(
        "02-loose-for-the-ring",
        "A ring: the bound over the measured distance, over its predicted value (1.9 for ten learners)",
        looseness("ring"),
        near(1.0, relative=WITHIN),
        "the second eigenvalue is far below the others",
        control=Control("all tied to all", looseness("complete")),
    ),
)

TOPOLOGY = (
    *(
        Claim(
            f"06-{worse}-after-{better}",
            f"With unit weights copies differ more in a {worse} than in a {better}",
            spread(worse, better),
            at_least(0.0),
            "sum over 1 / (mu + kappa lambda_k)",
            control=Control("the other way round", spread(better, worse)),
        )
        for worse, better in (("ring", "complete"), ("path", "ring"), ("star", "path"))
    ),
    *(
        Claim(
            f"06-value-{case}",
            f"{case.capitalize()}: distance between copies over the sum over the Laplacian's modes",
            ratio(case),
            near(1.0, relative=WITHIN),
            "sum over 1 / (mu + kappa lambda_k)",
            control=Control("all modes given the rate of the slowest", ratio(case, of="bound")),
        )
        for case in ("path", "star")
    ),
    Claim(
        "06-order-changes-at-equal-weight",
        "With the same weight in all, copies differ more in a path than in a star",
        spread("path, equal weight", "star, equal weight"),
        at_least(0.0),
        "the same sum, weights scaled to those of the complete graph",
        control=Control("with unit weights", spread("path", "star")),
    ),
    Claim(
        "07-noise-for-coupling",
        "Twice the noise needs four times the rate: distance over that with the single noise",
        lambda r: matched(r, "twice the noise, matched"),
        near(1.0, relative=WITHIN),
        "S depends on sigma^2 / (mu + kappa lambda)",
        control=Control("twice the noise at the same coupling", lambda r: matched(r, "twice the noise")),
    ),
)
