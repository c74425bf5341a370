"""A tiny study for the tests of the command line: it sleeps and logs as the environment says."""

import dataclasses
import os
import time
from pathlib import Path
from typing import ClassVar

import jax
import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, Figure, Paper, Study, StudyConfig, at_most, between, setting


@dataclasses.dataclass(frozen=True)
class Config(StudyConfig):
    PRESETS: ClassVar = {"smoke": {"steps": 3}, "full": {"steps": 50}}

    steps: int = setting(20, "number of steps")
    rate: float = setting(0.5, "learning rate")
    broken: bool = setting(False, "whether the claim on the mean is made to fail")


def experiment(name: str):
    def run(config: Config) -> xr.Dataset:
        if os.environ.get("TOY_LOG"):
            with Path(os.environ["TOY_LOG"]).open("a") as log:
                log.write(f"{name}\n")
        time.sleep(float(os.environ.get("TOY_SLEEP", "0")) * (name == "third"))
        rng = np.random.default_rng(config.seed)
        time_axis = np.arange(config.steps, dtype=float)
        noise = 0.01 * rng.normal(size=(config.seeds, config.steps))
        curve = np.exp(-config.rate * time_axis)[None] + noise
        return xr.Dataset(
            {
                "loss": (("seed", "time"), curve, {"long_name": "loss", "units": "1"}),
                "theory": (("time",), np.exp(-config.rate * time_axis)),
                "x64": ((), bool(jax.config.jax_enable_x64)),
                "kind": (("part",), np.array(["a", "bc"])),
            },
            coords={"seed": np.arange(config.seeds), "time": ("time", time_axis, {"units": "steps"})},
            attrs={"rate": np.float64(config.rate), "none": None, "nested": {"a": (1, 2)}},
        )

    return run


def mean_loss(results: xr.DataTree) -> xr.DataArray:
    loss = results["first"]["loss"]
    return loss.mean("time") * (100.0 if bool(results["first"]["loss"].attrs.get("broken")) else 1.0)


def draw(results: xr.DataTree):
    from separatrix.figures import theory_and_simulation

    first = results["first"].to_dataset()
    return theory_and_simulation(first["loss"], first["theory"], x="time", y="loss")


CLAIMS = (
    Claim(
        "01-loss-falls",
        "The loss falls exponentially, whatever the seed.",
        mean_loss,
        between(0.0, 0.6),
        "eq. 1",
        control=Control("the loss without training", lambda results: 1.0),
    ),
    Claim(
        "02-all-seeds-learn",
        "Every seed learns.",
        lambda results: (results["first"]["loss"].isel(time=-1) < 0.5).astype(float),
        between(0.3, 1.0),
        "fig. 2",
        kind="proportion",
    ),
    Claim(
        "03-theory-decays",
        "Theory ends below a tenth.",
        lambda results: float(results["second"]["theory"].isel(time=-1)),
        at_most(0.1),
        "eq. 3",
        kind="deterministic",
    ),
)

STUDY = Study(
    slug="toy-study",
    paper=Paper("0000.00000", "A toy: exponential decay with noise", ("A. Author", "B. Author"), "2000-01"),
    world="dynamics of learning",
    question="Does a toy decay as it should?",
    parts=("separatrix.studies",),
    config=Config,
    experiments={name: experiment(name) for name in ("first", "second", "third", "fourth", "fifth")},
    claims=CLAIMS,
    figures=(Figure("decay", "The loss decays as theory says, on every seed", draw),),
)
