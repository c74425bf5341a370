"""Every number of the study."""

import dataclasses
from typing import ClassVar

from separatrix.studies import StudyConfig, setting
from separatrix.studies.allowed import ODD, SHARE


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Modulus, widths, initial scales, learning rates and horizons.

    The `quick` profile trains with ten times the paper's learning rates for a tenth of its epochs.
    """

    PRESETS: ClassVar = {
        "smoke": {
            "seeds": 2,
            "draws": 20,
            "starts": 20,
            "width": 96,
            "lottery_width": 32,
            "lottery_steps": 600,
            "adam_epochs": 200,
            "full_epochs": 100,
            "grokking_epochs": 200,
            "diagram": 8,
        },
        "full": {
            "seeds": 10,
            "draws": 4000,
            "starts": 1000,
            "lottery_width": 512,
            "adam_rate": 5e-5,
            "adam_epochs": 20_000,
            "full_rate": 5e-5,
            "full_epochs": 5000,
            "grokking_rate": 1e-4,
            "grokking_epochs": 50_000,
            "diagram": 80,
        },
    }

    modulus: int = setting(23, "p, the modulus, odd", allowed=ODD)
    draws: int = setting(1000, "neurons whose lottery is simulated by the reduced equations", unit="neurons")
    starts: int = setting(200, "random phases whose alignment is followed")
    magnitude: float = setting(0.02, "initial magnitude of single waves")
    single_rate: float = setting(0.1, "learning rate of single neurons, small enough for gradient flow")
    single_time: int = setting(900, "time that they are followed", unit="steps × rate")
    relu_neurons: int = setting(20, "single ReLU neurons, each with a phase of its own", unit="neurons")
    relu_time: int = setting(10, "time that those are followed", unit="steps × rate")
    relu_magnitude: float = setting(0.002, "initial magnitude of the ReLU neuron's waves")
    width: int = setting(512, "neurons of the networks trained with AdamW", unit="neurons")
    initial_scale: float = setting(0.1, "standard deviation of initial weights, in units of 1 / sqrt p")
    lottery_width: int = setting(128, "neurons of the networks whose lottery is predicted", unit="neurons")
    lottery_rate: float = setting(1.0, "learning rate of their SGD on the whole batch")
    lottery_steps: int = setting(3000, "steps of that", unit="steps")
    adam_rate: float = setting(5e-4, "learning rate of AdamW on the same networks")
    adam_epochs: int = setting(1500, "epochs of that", unit="epochs")
    full_rate: float = setting(5e-4, "learning rate of AdamW on all pairs")
    full_epochs: int = setting(500, "epochs of that", unit="epochs")
    grokking_rate: float = setting(1e-3, "learning rate of AdamW on a part of the pairs")
    grokking_epochs: int = setting(1500, "epochs of that", unit="epochs")
    grokking_decay: float = setting(2.0, "its decoupled weight decay")
    train_fraction: float = setting(0.75, "share of the pairs that are trained on when grokking", allowed=SHARE)
    diagram: int = setting(40, "points along each axis of the lottery's phase diagram")
