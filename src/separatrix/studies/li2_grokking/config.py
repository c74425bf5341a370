"""Every number of the study."""

import dataclasses
from typing import ClassVar

from separatrix.studies import StudyConfig, setting
from separatrix.studies.allowed import ODD, SHARE


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Groups, widths, shares of pairs, decays and horizons; `full` repeats the threshold at M = 41 and 59."""

    PRESETS: ClassVar = {
        "smoke": {
            "seeds": 2,
            "starts": 12,
            "modulus": 11,
            "narrow": 64,
            "wide": 128,
            "sampled_moduli": (7, 11),
            "sampled_steps": 40,
            "muon_widths": (10, 6),
            "sampled_starts": 4,
            "missing_starts": 6,
            "width": 48,
            "epochs": 60,
            "diagram_epochs": 60,
            "shape_epochs": 60,
            "muon_epochs": 40,
            "diagram_fractions": (0.5, 0.9),
            "diagram_decays": (1e-5, 1e-3),
        },
        "full": {
            "starts": 200,
            "sampled_starts": 50,
            "sampled_moduli": (17, 61),
            "epochs": 3000,
            "shape_moduli": (41, 59),
            "shape_width": 256,
            "shape_epochs": 3000,
            "diagram_modulus": 23,
            "diagram_width": 256,
            "diagram_epochs": 3000,
            "muon_epochs": 3000,
        },
    }

    modulus: int = setting(23, "M of the trained networks", unit="elements", allowed=ODD)
    lazy_fraction: float = setting(0.6, "share of the pairs whose signal to the features is computed", allowed=SHARE)
    narrow: int = setting(512, "random features, the narrower network", unit="units")
    wide: int = setting(4096, "random features, the wider network", unit="units")
    starts: int = setting(40, "random starts of the ascent on all pairs, for each group and seed")
    sampled_moduli: tuple[int, ...] = setting(
        (17, 31), "M where a part of the pairs is kept, small and large", allowed=ODD
    )
    sampled_starts: int = setting(10, "starts of the ascent for each sample of pairs")
    sampled_steps: int = setting(400, "most steps of it")
    missing_starts: int = setting(50, "starts of the ascent on what units leave over")
    width: int = setting(256, "units of the trained networks", unit="units")
    rate: float = setting(0.01, "learning rate of Adam")
    decay: float = setting(1e-4, "coupled weight decay (L2) of Adam")
    strong_decay: float = setting(5e-4, "the stronger one")
    epochs: int = setting(1500, "full-batch steps", unit="epochs")
    diagram_modulus: int = setting(13, "M of the phase diagram", unit="elements", allowed=ODD)
    diagram_width: int = setting(64, "units of its networks", unit="units")
    diagram_epochs: int = setting(1500, "full-batch steps of them", unit="epochs")
    diagram_fractions: tuple[float, ...] = setting(
        (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), "shares of the pairs", allowed=SHARE
    )
    diagram_decays: tuple[float, ...] = setting((3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3), "weight decays")
    shape_moduli: tuple[int, ...] = setting(
        (11, 17), "M at which the threshold is looked for, small and large", allowed=ODD
    )
    shape_width: int = setting(64, "units of those networks", unit="units")
    shape_epochs: int = setting(1500, "full-batch steps of them", unit="epochs")
    muon_widths: tuple[int, ...] = setting((22, 12), "units where rules are compared, twice and once (M - 1) / 2")
    muon_fraction: float = setting(0.75, "share of the pairs when rules are compared", allowed=SHARE)
    muon_epochs: int = setting(800, "full-batch steps of each rule", unit="epochs")
