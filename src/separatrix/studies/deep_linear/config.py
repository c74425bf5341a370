"""Every number of the study of deep linear learning."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from separatrix.studies.allowed import SHARE
from separatrix.studies.study import StudyConfig, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Sizes and rates; the defaults are the `quick` ones."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "horizon": 17.0,
            "step_factors": (2.0, 1.0),
            "matrices": (2, 8, 12, 32, 99, 1000),
            "rate_depths": (2, 8, 32),
            "layers_trained": (3, 6),
            "hidden": 16,
            "epochs_gaussian": 60,
            "spectrum_width": 24,
            "features": 64,
            "levels": 4,
        },
        "full": {
            "seeds": 100,
            "hidden": 64,
            "layers_trained": (3, 10, 30, 60),
            "epochs_gaussian": 20_000,
            "gaussian_shares": (1.0, 0.5, 0.25, 0.125, 0.0625),
            "spectrum_width": 1000,
            "features": 1000,
        },
    }

    modes: tuple = setting((3.0, 1.5, 0.8, 0.4), "singular values of the input-output correlation, the others being 0")
    width: int = setting(8, "neurons in each of the three layers of the two-matrix networks", "neurons")
    start: float = setting(1e-3, "end-to-end strength of each mode of an aligned start")
    scale: float = setting(1e-3, "standard deviation of the weights of a small random start")
    rate: float = setting(1e-3, "learning rate of the two-matrix networks")
    step_factors: tuple = setting(
        (2.0, 1.0, 0.5), "multiples of the learning rate at which the discretisation is measured"
    )
    horizon: float = setting(25.0, "length of the runs of two-matrix networks", "steps x rate")
    stride: float = setting(0.05, "time between two observations; a multiple of every step", "steps x rate")
    decay: float = setting(0.01, "weight decay of the wrong build that must not conserve")
    imbalance: float = setting(0.5, "a^2 - b^2 of the mode that starts unbalanced")
    angle: float = setting(0.1, "hyperbolic angle theta at which that mode starts")
    unbalanced_rate: float = setting(1e-5, "learning rate of that mode")
    matrices: tuple = setting(
        (2, 3, 5, 8, 10, 11, 12, 13, 14, 16, 32, 64, 99, 1000),
        "numbers of weight matrices whose learning times are compared",
    )
    rate_depths: tuple = setting((2, 4, 8, 16, 32, 64), "numbers of weight matrices whose best rates are compared")
    rates: int = setting(41, "learning rates tried for each depth, evenly on a logarithmic axis from 0.002 to 2")
    rate_epochs: int = setting(3000, "steps that each of them is given", "steps")
    layers_trained: tuple = setting((3, 10, 20, 60), "layers of neurons of the networks trained on digits")
    hidden: int = setting(32, "width of their hidden layers", "neurons")
    learned: float = setting(
        0.01, "share of the error of the zero map at which a network counts as trained", allowed=SHARE
    )
    orthogonal_shares: tuple = setting(
        (0.25, 0.5, 0.71, 0.84, 1.0, 1.19, 1.41), "rates from orthogonal starts, times matrices"
    )
    gaussian_shares: tuple = setting((1.0, 0.5, 0.25, 0.125), "rates from Gaussian starts, times matrices")
    epochs_orthogonal: int = setting(80, "steps from orthogonal starts", "epochs")
    epochs_gaussian: int = setting(400, "steps from Gaussian starts", "epochs")
    spectrum_width: int = setting(64, "width of the layers whose end-to-end spectrum is taken", "neurons")
    spectrum_layers: tuple = setting((2, 6, 50, 100), "layers of neurons after which it is taken")
    gains: tuple = setting((0.9, 0.95, 1.0, 1.05, 1.1), "gains of the tanh networks")
    bottleneck: int = setting(2, "hidden neurons of the undercomplete network", "neurons")
    bottleneck_decay: float = setting(0.1, "weight decay of its wrong build")
    levels: int = setting(5, "levels of the tree of items")
    features: int = setting(300, "features of each item; singular values grow as their square root")
    flip: float = setting(0.1, "probability that a feature changes sign along an edge of the tree")
    tree_strength: float = setting(60.0, "largest singular value on the tree, about that of 300 features")
    tree_scale: float = setting(1e-3, "standard deviation of the first weights on the tree")
