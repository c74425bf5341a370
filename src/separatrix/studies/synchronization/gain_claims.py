"""Claims about what redundancy does, what coupling does, and builds that must fail."""

from separatrix.studies import Claim, Control, at_least, at_most, near
from separatrix.studies.synchronization.measures import (
    WITHIN,
    alone_over_all,
    apart,
    bias_over,
    common,
    less_bias,
    node,
    of_case,
    over_lone_mode,
    plain,
    single_gain,
    slope,
)

REDUNDANCY = (
    Claim(
        "03-one-over-n",
        "Variance of the common decision against the number of learners: slope on logarithms",
        slope("centre"),
        near(-1.0, absolute=0.1),
        "redundancy",
        control=Control("one draw of noise given to all learners", slope("common")),
    ),
    *(
        Claim(
            f"03-no-graph-enters-{case.replace(', ', '-')}",
            f"{case.capitalize()}: variance of the common decision over d sigma^2 / 2an",
            of_case("centre", case, "exact_centre"),
            near(1.0, relative=WITHIN),
            "redundancy: neither the coupling nor the graph matters",
            control=Control("a single learner", of_case("single", case, "exact_centre")),
        )
        for case in ("ring", "complete, strong", "alone")
    ),
    Claim(
        "04-a-single-learner-gains",
        "Error of a learner alone over that of one tied to all, over the predicted value (5.4 for ten learners)",
        single_gain("complete"),
        near(1.0, relative=2 * WITHIN),
        "mean part + S / n",
        control=Control("in a ring", single_gain("ring")),
    ),
    Claim(
        "04-only-if-coupled",
        "Uncoupled, a learner errs n times as much as the common decision (ratio over n)",
        alone_over_all("alone"),
        near(1.0, relative=2 * WITHIN),
        "mean part + S / n",
        control=Control("all tied to all", alone_over_all("complete")),
    ),
)


CURVED = (
    Claim(
        "05-less-bias",
        "Loss exp(x) - x: bias of the strongly coupled over that of the average of separate learners",
        lambda r: less_bias(r, 2),
        at_most(0.2),
        "synchronising beats averaging",
        control=Control("the uncoupled average itself", lambda r: less_bias(r, 0)),
    ),
    Claim(
        "05-bias-of-separate-learners",
        "Uncoupled: bias over its exact value by the stationary density",
        bias_over(0, "alone"),
        near(1.0, relative=WITHIN),
        "stationary density exp(-2V / sigma^2)",
        control=Control("that of a learner with a tenth of the noise's power", bias_over(0, "one")),
    ),
    Claim(
        "05-bias-of-coupled-learners",
        "Coupling 0.5: bias over its value to lowest order in the noise",
        bias_over(1, "theory"),
        near(1.0, relative=2 * WITHIN),
        "expansion about the minimum; the next order is 2 % at sigma = 0.5",
        control=Control("that of separate learners", bias_over(1, "alone")),
    ),
    Claim(
        "05-variance-stays",
        "Variance of the strongly coupled learners' mean over sigma^2 / 2n",
        lambda r: plain(r, 2),
        near(1.0, relative=2 * WITHIN),
        "coupling moves the bias, redundancy the variance",
        control=Control(
            "variance of a single one of them, uncoupled", lambda r: plain(r, 0) * r["graphs"].sizes["mode"]
        ),
    ),
)

DISCRIMINATING = (
    Claim(
        "08-separate-parts-stay-apart",
        "Two parts without a tie: however strong the coupling, sigma^2 d / 2a stays between them (S over it)",
        over_lone_mode("halves, strong"),
        at_least(1.0),
        "the second eigenvalue of the Laplacian is zero",
        control=Control("all tied to all", over_lone_mode("complete, strong")),
    ),
    Claim(
        "08-common-noise-synchronises",
        "One draw of noise given to all: distance between copies",
        lambda r: common(r, "common_spread"),
        at_most(1e-6),
        "all feel the same",
        control=Control("noise of their own", lambda r: node(r, "graphs")["spread"].sel(case="complete", drop=True)),
    ),
    Claim(
        "08-common-noise-is-not-averaged",
        "One draw of noise given to all: variance of the common decision over that of a single learner",
        lambda r: common(r, "common") / node(r, "redundancy")["exact"].sel(n=1, drop=True),
        near(1.0, relative=WITHIN),
        "redundancy needs independent noise",
        control=Control(
            "noise of their own",
            lambda r: common(r, "centre") / node(r, "redundancy")["exact"].sel(n=1, drop=True),
        ),
    ),
    Claim(
        "08-wrong-sign-diverges",
        "Copies that repel one another part for ever (share of seeds)",
        lambda r: apart(r, -1.0),
        at_least(0.8),
        "the rate a - kappa n is negative",
        kind="proportion",
        control=Control("the right sign", lambda r: apart(r, 1.0)),
    ),
)
