"""Claim 9, what tells wrong code from right; and what happens with images of digits."""

import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most
from separatrix.studies.representational_geometry.gap_claims import run
from separatrix.studies.representational_geometry.training import pick


def _gradient(variable: str, activation: str):
    return lambda results: results["gradients"].to_dataset()[variable].sel(activation=activation, drop=True)


def digits(results: xr.DataTree, variable: str, at: int | None = -1) -> xr.DataArray:
    """Tanh less ReLU on the digits."""
    found = [pick(results, "digits", variable, at, activation=name) for name in ("tanh", "ReLU")]
    return found[0] - found[1]


def early(results: xr.DataTree) -> int:
    """The step at which the networks do not tell the digits well yet."""
    return int(results["digits"].attrs["early"])


def _early_gap(variable: str):
    return lambda results: digits(results, variable, early(results))


def least_digit_accuracy(results: xr.DataTree, at: int = -1) -> xr.DataArray:
    """The lower of the two accuracies on the images trained on."""
    both = [pick(results, "digits", "accuracy", at, activation=name) for name in ("tanh", "ReLU")]
    return xr.concat(both, "activation").min("activation", skipna=False)


CHECK_CLAIMS = (
    *(
        Claim(
            f"09-gradient-{name.lower()}",
            f"The gradient of a {name} network with a fixed readout is that of finite differences: relative distance",
            _gradient("error", name),
            at_most(1e-5),
            "gradient with a fixed readout",
            control=control,
        )
        for name, control in (
            ("tanh", Control("with the slope taken at the activation", _gradient("wrong", "tanh"))),
            ("ReLU", Control("tanh with the slope taken at the activation", _gradient("wrong", "tanh"))),
        )
    ),
    Claim(
        "09-slope-at-activation-harmless-for-relu",
        "For ReLU the slope at the activation is the slope at the preactivation",
        _gradient("wrong", "ReLU"),
        at_most(1e-5),
        "card, discriminator",
        control=Control("for tanh it is not", _gradient("wrong", "tanh")),
    ),
    Claim(
        "09-kernels-must-be-centred",
        "Before training a ReLU layer has the geometry of its inputs, as the arc-cosine kernel says",
        lambda results: run(results, "input_alignment", "ReLU", 0.1, 0),
        at_least(0.95),
        "card, theory of random layers",
        control=Control("with kernels that are not centred", lambda results: run(results, "raw_input", "ReLU", 0.1, 0)),
    ),
    Claim(
        "01-digits-accuracy",
        "Both networks tell odd digits from even ones",
        least_digit_accuracy,
        at_least(0.99),
        "as for unstructured conditions",
        control=Control("before the task is solved", lambda results: least_digit_accuracy(results, early(results))),
    ),
    Claim(
        "01-digits",
        "On images of digits, told odd from even, a tanh layer ends closer to the labels' geometry than ReLU",
        lambda results: digits(results, "target_alignment"),
        at_least(0.04),
        "direction and size as for unstructured conditions; measured on the mean representation of each digit",
        control=Control(
            "before the task is solved", lambda results: digits(results, "target_alignment", early(results))
        ),
    ),
    Claim(
        "01-digits-held-out",
        "So it does on single images that were not trained on",
        lambda results: digits(results, "held_out_target"),
        at_least(0.04),
        "direction and size as for unstructured conditions",
        control=Control(
            "before the task is solved", lambda results: digits(results, "held_out_target", early(results))
        ),
    ),
)
