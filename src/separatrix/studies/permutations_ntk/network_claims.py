"""Claims on finite networks that were really trained."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, near
from separatrix.studies.permutations_ntk.law_claims import of_law
from separatrix.studies.permutations_ntk.size_claims import OTHER, geometric_mean, growth, models

ZEROS = {"NTK": -0.0146, "standard": -0.0395}
"""Mean where the target is 0, two ones of 5 bits."""
PerSeed = Callable[[xr.DataTree], xr.DataArray]


def _zeros(parametrisation: str) -> PerSeed:
    return lambda results: results["wide"].to_dataset().zeros.sel(parametrisation=parametrisation, drop=True)


def _zeros_claim(parametrisation: str) -> Claim:
    other = OTHER[parametrisation]
    return Claim(
        f"05-trained-zeros-{parametrisation.lower()}",
        f"Trained networks of 5 bits say {ZEROS[parametrisation]} on average at zeros of inputs with two ones, "
        f"{parametrisation} parametrisation",
        _zeros(parametrisation),
        near(ZEROS[parametrisation], absolute=0.01),
        "limit law",
        control=Control(f"the {other} parametrisation, same initial weights", _zeros(other)),
    )


def trained_models(results: xr.DataTree, parametrisation: str) -> xr.DataArray:
    """Networks needed as the trained networks' own margins and variance say, dims (bits, seed)."""
    return results["bits"].to_dataset().models.sel(parametrisation=parametrisation, drop=True)


def _models_ratio(trained: str, theory: str) -> PerSeed:
    def measure(results: xr.DataTree) -> xr.DataArray:
        found = trained_models(results, trained)
        return geometric_mean(found / models(results, theory).sel(bits=found.bits))

    return measure


def _models_claim(parametrisation: str) -> Claim:
    return Claim(
        f"05-trained-models-{parametrisation.lower()}",
        f"Trained networks, {parametrisation} parametrisation: as many are needed as its own theory says, within 25 % "
        "(mean ratio over bits)",
        _models_ratio(parametrisation, parametrisation),
        near(1.0, absolute=0.25),
        "figure 1; theory derived",
        control=Control(
            f"the theory of the {OTHER[parametrisation]} parametrisation",
            _models_ratio(parametrisation, OTHER[parametrisation]),
        ),
    )


def _share(name: str) -> PerSeed:
    return lambda results: results["wide"].to_dataset()[name].sel(parametrisation="standard", drop=True)


def _excess(reference: Callable[[xr.DataTree, str], xr.DataArray]) -> PerSeed:
    """Largest distance of the networks' average from a law, as a share of what sampling and width allow."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        found = results["supports"].to_dataset()
        networks = int(found.attrs["networks"])
        variance = of_law(results, "variance", bits=5).sel(support=found.support)
        allowed = 4 * (variance / networks) ** 0.5 + 0.02
        shares = [abs(found[name] - reference(results, name)) / allowed for name in ("ones", "zeros")]
        return xr.concat(shares, "kind").max(("kind", "support"))

    return measure


def _theory(results: xr.DataTree, name: str) -> xr.DataArray:
    return of_law(results, name, bits=5).sel(support=slice(1, 5))


def _linear_network(results: xr.DataTree, name: str) -> xr.DataArray:
    """What a linear network says: the permuted input itself."""
    support = xr.DataArray(np.arange(1, 6), dims="support", coords={"support": np.arange(1, 6)})
    return support**-0.5 if name == "ones" else 0.0 * support


def _width_slope(experiment: str, name: str) -> PerSeed:
    return lambda results: growth(results[experiment].to_dataset()[name], "width")


TRAINED = (
    *(_zeros_claim(name) for name in ZEROS),
    *(_models_claim(name) for name in ZEROS),
    Claim(
        "06-averaging-trained-networks",
        "The average of a seed's trained networks of 5 bits (standard) is right at 90 % of inputs with two ones",
        _share("all"),
        at_least(0.9),
        "ensemble complexity",
        control=Control("single networks of the same ensemble", _share("single")),
    ),
)
WIDTHS = (
    Claim(
        "07-trained-to-the-end",
        "Full-batch descent brings every network's training loss below 1e-8 (largest loss)",
        lambda r: r["supports"].to_dataset().loss,
        at_most(1e-8),
        "finite width",
        control=Control(
            "what is left after stopping at the error of the infinite network after two steps",
            lambda r: _early_loss(r),
        ),
    ),
    Claim(
        "07-mean-of-trained",
        "The average of networks of width 4096 lies within 4 sqrt(S/networks) + 0.02 of the limit at every number of "
        "ones (largest share of that)",
        _excess(_theory),
        at_most(1.0),
        "finite width",
        control=Control("what a linear network says", _excess(_linear_network)),
    ),
    Claim(
        "07-kernel-nears-its-limit",
        "The tangent kernel's distance from its limit falls as one over the root of width (slope of logarithms)",
        _width_slope("kernels", "kernel"),
        near(-0.5, absolute=0.05),
        "limit of infinite width",
        control=Control("distance from the output layer's kernel", _width_slope("kernels", "output")),
    ),
    Claim(
        "07-output-nears-its-limit",
        "Trained outputs near what the infinite network says from their start, as one over the root of width (slope)",
        _width_slope("widths", "output"),
        near(-0.5, absolute=0.1),
        "limit of infinite width",
        control=Control("distance of the kernel from the output layer's", _width_slope("kernels", "output")),
    ),
)


def _early_loss(results: xr.DataTree) -> float:
    """Errors of the sum and of the rest shrink by the same factor a step at the rate used."""
    from separatrix.theory.permutations import learning_rates

    fast, slow = (float(rate) for rate in learning_rates(5))
    return 2.5 * ((fast - slow) / (fast + slow)) ** 4
