"""Every number of the study."""

import dataclasses
from typing import ClassVar

from separatrix.studies import StudyConfig, setting

STOPPED_90 = {10: 69, 15: 103, 20: 117, 25: 157, 30: 175}
"""Bits -> networks at which the paper's published runs first had 90 % of 1000 random inputs with two ones right."""
STOPPED_999 = {10: 129, 15: 163, 20: 254, 25: 308, 30: 318}
"""The same for 99.9 %."""


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    """Bits, widths, numbers of networks and of draws."""

    PRESETS: ClassVar = {
        "smoke": {
            "seeds": 2,
            "bits": (5, 10),
            "trained_bits": (5,),
            "trained_width": 200,
            "networks": 20,
            "wide": 400,
            "wide_networks": 20,
            "finite_width": 300,
            "finite_networks": 20,
            "widths": (64, 128, 256),
            "sampled_bits": (3, 10, 30),
            "draws": 100,
            "exhaustive": 4,
            "all_bits": (3, 4),
            "stopping_bits": (10,),
            "width_networks": 5,
            "kernel_networks": 20,
            "all_draws": 50,
        },
        "full": {
            "seeds": 10,
            "trained_bits": (3, 5, 10, 15, 20, 30),
            "trained_width": 50_000,
            "networks": 1000,
            "wide_networks": 300,
            "finite_networks": 200,
            "steps": 60,
            "draws": 4000,
            "widths": (64, 128, 256, 512, 1024, 2048, 4096),
            "all_bits": (4, 6, 8, 10, 12),
            "stopping_bits": (10, 15, 20, 25, 30),
        },
    }

    seed: int = 2502
    seeds: int = 5
    bits: tuple[int, ...] = setting((5, 10, 20, 30), "bits at which closed forms are checked", unit="bits")
    exhaustive: int = setting(12, "largest number of bits of which every input is tried", unit="bits")
    trained_bits: tuple[int, ...] = setting((3, 5, 10, 15), "bits that ensembles are trained on", unit="bits")
    trained_width: int = setting(2000, "hidden units of these networks", unit="units")
    networks: int = setting(16, "networks of a seed", unit="networks")
    wide: int = setting(8000, "hidden units of the networks of 5 bits", unit="units")
    wide_networks: int = setting(64, "such networks of a seed", unit="networks")
    finite_width: int = setting(4096, "hidden units of the networks that the mean is checked on", unit="units")
    finite_networks: int = setting(40, "such networks of a seed", unit="networks")
    steps: int = setting(18, "steps of full-batch descent", unit="steps")
    widths: tuple[int, ...] = setting((64, 128, 256, 512, 1024), "widths compared, growing", unit="units")
    width_networks: int = setting(20, "trained networks of a seed at each width", unit="networks")
    kernel_networks: int = setting(400, "networks of a seed whose kernel is measured", unit="networks")
    sampled_bits: tuple[int, ...] = setting(
        (3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30), "bits of ensembles of infinitely wide networks", unit="bits"
    )
    draws: int = setting(500, "such ensembles of a seed", unit="ensembles")
    all_bits: tuple[int, ...] = setting((4, 6, 8, 10), "bits of which all inputs must be right at once", unit="bits")
    all_draws: int = setting(100, "ensembles that are asked for all inputs, of a seed", unit="ensembles")
    stopping_bits: tuple[int, ...] = setting(
        (10, 15, 20, 25, 30), "bits at which the paper's stopping rule is simulated"
    )
