"""Claims on single neurons: they follow the reduced equations, and what these leave out."""

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between


def node(results: xr.DataTree, name: str) -> xr.Dataset:
    """One experiment's results."""
    return results[name].to_dataset()


def _distance(name: str, start: int, wrong: bool) -> Callable[[xr.DataTree], float]:
    def measure(results: xr.DataTree) -> float:
        run = node(results, "single_neuron").sel(start=start)
        found, theory = run[name], run[f"theory_{name}"].sel(wrong=wrong)
        if name in ("alpha", "beta"):
            apart = abs(found / theory - 1)
        else:
            apart = abs(xr.apply_ufunc(lambda a: np.angle(np.exp(1j * a)), found - theory))
        return float(apart.where(run["small"]).max())

    return measure


def _at(time: float, name: str, wrong: bool = False) -> Callable[[xr.DataTree], float]:
    """Relative distance of the second start's simulation and theory at a time."""

    def measure(results: xr.DataTree) -> float:
        run = node(results, "single_neuron").sel(start=1, time=time)
        return float(abs(run[name] / run[f"theory_{name}"].sel(wrong=wrong) - 1))

    return measure


def _misaligned_at(time: float, wrong: bool | None = None) -> Callable[[xr.DataTree], float]:
    def measure(results: xr.DataTree) -> float:
        run = node(results, "single_neuron").sel(start=1, time=time)
        return float(run["misaligned"] if wrong is None else run["theory_misaligned"].sel(wrong=wrong))

    return measure


def _dip(results: xr.DataTree, start: int = 0) -> float:
    run = node(results, "single_neuron").sel(start=start)
    return float(run["alpha"].min())


REDUCED = (
    *(
        Claim(
            f"01-reduced-equations-{name}",
            f"While weights are small, exact gradients move {name} as the reduced equations do (largest {what})",
            _distance(name, 0, False),
            at_most(limit),
            "section on training dynamics, first published start",
            kind="deterministic",
            control=Control("phi' with a plus sign", _distance(name, 0, True)),
            unit=unit,
        )
        for name, what, limit, unit in (
            ("alpha", "relative error", 0.01, "1"),
            ("beta", "relative error", 0.01, "1"),
            ("phi", "error", 5e-3, "rad"),
            ("psi", "error", 5e-3, "rad"),
        )
    ),
    Claim(
        "01-input-wave-dips-first",
        "From D = 2.8 the input wave shrinks while |D| exceeds a right angle (smallest alpha)",
        _dip,
        between(0.0120, 0.0130),
        "first published start",
        kind="deterministic",
        control=Control("the second start, D = 1.5, from which it only grows", lambda r: _dip(r, 1)),
    ),
    Claim(
        "01-second-start-aligns",
        "From D = 1.47 the misalignment is 0.038 at time 600",
        _misaligned_at(600),
        between(0.036, 0.040),
        "second published start",
        kind="deterministic",
        control=Control("phi' with a plus sign", _misaligned_at(600, wrong=True)),
        unit="rad",
    ),
    Claim(
        "01-second-start-alpha",
        "and alpha is that of the reduced equations (relative difference at time 600)",
        _at(600, "alpha"),
        at_most(1e-3),
        "second published start",
        kind="deterministic",
        control=Control("phi' with a plus sign", _at(600, "alpha", wrong=True)),
    ),
)


def _leaked(time: float) -> Callable[[xr.DataTree], float]:
    def measure(results: xr.DataTree) -> float:
        return float(node(results, "single_neuron")["leaked"].sel(time=time).max())

    return measure


def _relu_leak(layer: str) -> Callable[[xr.DataTree], xr.DataArray]:
    """Share of a ReLU neuron's leaked energy on its input; of a quadratic one's there is none to speak of."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        return node(results, "single_relu")[layer].sel(relu=True, harmonic=slice(2, None), drop=True).sum("harmonic")

    return measure


def _share_at(layer: str, harmonics: Sequence[int]) -> Callable[[xr.DataTree], xr.DataArray]:
    def measure(results: xr.DataTree) -> xr.DataArray:
        energy = node(results, "single_relu")[layer].sel(relu=True, drop=True)
        return energy.sel(harmonic=list(harmonics)).sum("harmonic", skipna=False) / _relu_leak(layer)(results)

    return measure


def _size_times_square(layer: str, harmonics: Sequence[int]) -> Callable[[xr.DataTree], xr.DataArray]:
    """Mean over harmonics r of r^2 times the amplitude relative to the main term."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        energy = node(results, "single_relu")[layer].sel(relu=True, harmonic=list(harmonics), drop=True)
        return (energy**0.5 * energy["harmonic"] ** 2).mean("harmonic", skipna=False)

    return measure


LAYERS = (("incoming", "input", (3, 5), (2, 4)), ("outgoing", "output", (2, 3), (4, 5)))
LEAKING = (
    Claim(
        "02-one-frequency-early",
        "A quadratic neuron keeps its one frequency while weights are small (leaked share at time 600)",
        _leaked(600),
        at_most(1e-9),
        "single-frequency preservation",
        kind="deterministic",
        control=Control(
            "a ReLU neuron after its first steps", lambda r: float(_relu_leak("incoming")(r).min("seed", skipna=False))
        ),
    ),
    Claim(
        "02-one-frequency-late",
        "and nearly so when the answers have become unequal (leaked share at time 900)",
        _leaked(900),
        at_most(1e-3),
        "single-frequency preservation",
        kind="deterministic",
        control=Control(
            "a ReLU neuron after its first steps", lambda r: float(_relu_leak("incoming")(r).min("seed", skipna=False))
        ),
    ),
    *(
        Claim(
            f"02-relu-{layer}-harmonics",
            f"A ReLU neuron leaks to {on[0]} and {on[1]} times its frequency in the {side} (share of what is leaked)",
            _share_at(layer, on),
            at_least(0.9),
            "single-frequency preservation, ReLU; nine tenths from the Fourier series",
            control=Control(f"{off[0]} and {off[1]} times", _share_at(layer, off)),
        )
        for layer, side, on, off in LAYERS
    ),
    *(
        Claim(
            f"02-relu-{layer}-sizes",
            f"and of about 1 / r^2 of the main term in the {side} (r^2 times the relative size, mean of both)",
            _size_times_square(layer, on),
            between(0.5, 2.0),
            "single-frequency preservation, ReLU",
            control=Control(
                "the main term itself, counted as the first of them", lambda r, s=layer, h=on: _main_term(r, s, h)
            ),
        )
        for layer, side, on, _ in LAYERS
    ),
)


def _main_term(results: xr.DataTree, layer: str, harmonics: Sequence[int]) -> xr.DataArray:
    energy = node(results, "single_relu")[layer].sel(relu=True, harmonic=1, drop=True)
    return energy**0.5 * float(np.mean(np.square(harmonics)))
