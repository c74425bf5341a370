"""A linear model of rank r with many more parameters: the exact regret does not see how many."""

import numpy as np
import xarray as xr
from jaxtyping import Float

from separatrix.studies.universality_lens.config import Config
from separatrix.theory.gaussian_mixture import effective_dimension, gaussian_regret

Gram = Float[np.ndarray, "r r"]


def redundant(config: Config) -> xr.Dataset:
    """Exact regret for every seed of inputs, and for the first over numbers of parameters, with rows of two kinds."""
    grams = [_grams(np.random.default_rng([config.seed, 2, seed]), config) for seed in range(config.seeds)]
    smallest = np.eye(config.rank, config.parameters[0])
    rows = [np.random.default_rng([config.seed, 3, d]).standard_normal((config.rank, d)) for d in config.parameters]
    orthonormal = [np.linalg.qr(raw.T)[0].T for raw in rows]
    effective = [
        [effective_dimension(np.linalg.eigvalsh(g) / n, n) for g, n in zip(each, config.linear_lengths, strict=True)]
        for each in grams
    ]
    return xr.Dataset(
        {
            "regret": (("seed", "n"), [[_regret(g, smallest, config) for g in each] for each in grams]),
            "by_parameters": ("d", [_regret(grams[0][-1], a, config) for a in orthonormal]),
            "unscaled": ("d", [_regret(grams[0][-1], a, config) for a in rows]),
            "effective": (("seed", "n"), effective),
            "rank": float(config.rank),
        },
        coords={"d": list(config.parameters), "n": list(config.linear_lengths), "seed": np.arange(config.seeds)},
    )


def _regret(gram: Gram, rows: Float[np.ndarray, "r d"], config: Config) -> float:
    """In the space of all d parameters, at those of least norm that give the true function."""
    parameters = rows.T @ np.linalg.solve(rows @ rows.T, np.asarray(config.linear_truth))
    return gaussian_regret(rows.T @ gram @ rows, parameters)


def _grams(rng: np.random.Generator, config: Config) -> list[Gram]:
    """Z^T Z of nested data sets of Gaussian features."""
    z = rng.standard_normal((max(config.linear_lengths), config.rank))
    return [z[:n].T @ z[:n] for n in config.linear_lengths]
