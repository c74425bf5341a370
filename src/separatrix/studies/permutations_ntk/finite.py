"""Finite networks that are really trained: their means, how many are needed, and how they near the limit with width."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics import Observable, Setup, ensemble
from separatrix.learning import Learner, descent, half_summed_squared, on
from separatrix.learning.networks import TwoLayer
from separatrix.observables import output_gradients, tangent_kernel
from separatrix.studies.permutations_ntk.config import Config
from separatrix.studies.permutations_ntk.training import best_rate, layerwise, start, trained
from separatrix.theory.ensemble_size import smallest_ensemble
from separatrix.theory.infinite_width import WideNetwork, learned_map
from separatrix.theory.permutations import (
    PermutationLaw,
    binary_inputs,
    pair_inputs,
    right_probability,
    unit_length,
)

WIDE_BITS = 5
"""Bits at which width is studied."""


def bits(config: Config) -> xr.Dataset:
    """Ensembles over bits and parametrisations, asked at all inputs with two ones.

    Args:
        config: bits, width, networks.

    Returns:
        ``ones``, ``zeros`` and ``variance`` of an output, and the number of ``models`` that they imply, dims
        (seed, bits, parametrisation); ``single``, the share of inputs that one network has all right, and ``all``, the
        share that the average of a seed's networks has.
    """
    found = [_of_bits(config, k) for k in config.trained_bits]
    return xr.concat(found, xr.DataArray(list(config.trained_bits), dims="bits", name="bits"))


def _of_bits(config: Config, k: int) -> xr.Dataset:
    width, inputs = config.trained_width, pair_inputs(k)
    rates = {"NTK": 1.0, "standard": k / width}
    members = config.seeds * config.networks
    run = trained(k, width, members, rates, config.steps, unit_length(inputs), config.seed + k)
    return _summary(run, np.asarray(inputs) > 0, config.seeds, k)


def _by_seed(outputs: xr.DataArray, seeds: int) -> np.ndarray:
    """Outputs of each seed's networks, shape (parametrisation, seed, network, test, output)."""
    values = outputs.transpose("parametrisation", "member", "test", "output").to_numpy().astype(float)
    return values.reshape(len(values), seeds, -1, *values.shape[2:])


def _summary(run: xr.Dataset, positive: np.ndarray, seeds: int, k: int) -> xr.Dataset:
    values, centred = _by_seed(run.outputs, seeds), _by_seed(run.centred, seeds)
    ones, zeros = (centred[..., kind].mean(axis=(2, 3)) for kind in (positive, ~positive))
    variance = values.var(axis=2, ddof=1).mean(axis=(2, 3))
    right = (values > 0) == positive
    columns = {
        "ones": ones,
        "zeros": zeros,
        "variance": variance,
        "models": np.vectorize(lambda *numbers: _models(k, *numbers))(ones, zeros, variance),
        "single": right.all(axis=-1).mean(axis=(2, 3)),
        "all": ((values.mean(axis=2) > 0) == positive).all(axis=-1).mean(axis=2),
    }
    coords = {"parametrisation": run.parametrisation, "seed": np.arange(seeds)}
    return xr.Dataset({name: (("parametrisation", "seed"), value) for name, value in columns.items()}, coords)


def _models(k: int, ones: float, zeros: float, variance: float) -> float:
    law = PermutationLaw(*(jnp.asarray(value) for value in (ones, zeros, variance)))
    return smallest_ensemble(lambda models: float(right_probability(law, k, 2, models)), 0.9, most=10**5)


def wide(config: Config) -> xr.Dataset:
    """Very wide networks of 5 bits in both parametrisations, asked at inputs with two ones.

    Args:
        config: width and networks.

    Returns:
        As ``bits`` does, for the one number of bits.
    """
    inputs = pair_inputs(WIDE_BITS)
    rates = {"NTK": 1.0, "standard": WIDE_BITS / config.wide}
    members = config.seeds * config.wide_networks
    run = trained(WIDE_BITS, config.wide, members, rates, config.steps, unit_length(inputs), config.seed)
    return _summary(run, np.asarray(inputs) > 0, config.seeds, WIDE_BITS)


def supports(config: Config) -> xr.Dataset:
    """Networks of 5 bits in the NTK parametrisation, asked at every binary input.

    Args:
        config: width and networks.

    Returns:
        ``ones`` and ``zeros``, the average outputs where the target is 1 and 0, dims (seed, support), and the largest
        training ``loss`` of a seed's networks.
    """
    inputs = binary_inputs(WIDE_BITS)
    members = config.seeds * config.finite_networks
    rates, tests = {"NTK": 1.0}, unit_length(inputs)
    run = trained(WIDE_BITS, config.finite_width, members, rates, config.steps, tests, config.seed + 50)
    values = _by_seed(run.outputs, config.seeds)[0].mean(axis=1)
    positive = np.asarray(inputs) > 0
    support = np.arange(1, WIDE_BITS + 1)
    of = [positive.sum(axis=1) == s for s in support]
    ones = np.stack([values[:, here][:, positive[here]].mean(axis=1) for here in of], axis=1)
    zeros = [values[:, here][:, ~positive[here]].mean(axis=1) for here in of[:-1]]
    zeros = np.stack([*zeros, np.full(config.seeds, np.nan)], axis=1)
    loss = run.loss.to_numpy().reshape(config.seeds, -1).max(axis=1)
    coords = {"seed": np.arange(config.seeds), "support": support}
    dims = ("seed", "support")
    return xr.Dataset({"ones": (dims, ones), "zeros": (dims, zeros), "loss": ("seed", loss)}, coords).assign_attrs(
        networks=config.finite_networks
    )


def kernels(config: Config) -> xr.Dataset:
    """How far the tangent kernel of a finite network of 5 bits is from its limit, before training.

    Args:
        config: widths and networks. The narrower networks are parts of the widest.

    Returns:
        Root mean squares over a seed's networks, relative to the limit's size, dims (seed, width): distance of the
        ``kernel`` of one output from its limit, and from the ``output`` layer's part of that alone.
    """
    tests = unit_length(jnp.tri(WIDE_BITS))  # one input for each number of ones
    limits = jnp.stack([WideNetwork().tangent_kernel(tests, tests), WideNetwork().output_kernel(tests, tests)])
    width = np.asarray(config.widths)

    def squares(key: Array) -> Array:
        model = start(key, WIDE_BITS, int(width.max()), 1)
        # undo the fan-ins: parameters of unit variance
        hidden, outgoing = model.u.astype(float) @ tests.T, model.v.astype(float) * np.sqrt(width.max())
        values, active = jax.nn.relu(hidden), (hidden > 0) * outgoing
        units = values[:, :, None] * values[:, None, :]
        units += active[:, :, None] * active[:, None, :] * (tests @ tests.T / WIDE_BITS)[None]
        found = jnp.cumsum(units, axis=0)[width - 1] / width[:, None, None]
        apart = found[None] - limits[:, None]
        return jnp.sum(apart**2, axis=(2, 3)) / jnp.sum(limits[0] ** 2)

    keys = jax.random.split(jax.random.key(config.seed + 4), config.seeds * config.kernel_networks)
    found = np.asarray(jax.jit(lambda keys: jax.lax.map(squares, keys, batch_size=16))(keys))
    rms = np.sqrt(found.reshape(config.seeds, -1, *found.shape[1:]).mean(axis=1))
    coords = {"seed": np.arange(config.seeds), "width": width}
    return xr.Dataset({name: (("seed", "width"), rms[:, i]) for i, name in enumerate(("kernel", "output"))}, coords)


def widths(config: Config) -> xr.Dataset:
    """How far finite networks of 5 bits are from the limit after training.

    Args:
        config: widths and networks.

    Returns:
        Root mean squares over a seed's networks, dims (seed, width): ``output``, distance of trained outputs from what
        the infinite network would say from the same initial outputs; ``moved``, how far training moved the tangent
        kernel of one output, relative to its limit.
    """
    k, most = WIDE_BITS, max(config.widths)
    points, tests = jnp.eye(k), unit_length(jnp.tri(k))
    size = jnp.linalg.norm(WideNetwork().tangent_kernel(tests, tests))
    learned = learned_map(WideNetwork(), points, tests)
    loss = on(half_summed_squared, (points, points))

    def build(key: Array, width: Array) -> Setup:
        model = start(key, k, most, k, width)
        model = TwoLayer(model.u.astype(float), model.v.astype(float), model.activation)
        rule = descent(loss, layerwise(best_rate(k, 1.0), k, width, 1.0))
        before = _tangent_kernel(model, tests, width)
        expected = jax.vmap(model)(tests) + learned @ (points - jax.vmap(model)(points))

        def deviations(learner: Learner) -> Array:
            after, said = _tangent_kernel(learner.model, tests, width), jax.vmap(learner.model)(tests)
            moved = jnp.sum((after - before) ** 2) / size**2
            return jnp.stack([jnp.mean((said - expected) ** 2), moved])

        return Setup(rule, rule.initial(model), (Observable("squares", deviations, dims=("what",)),))

    members = config.seeds * config.width_networks
    grid = {"width": list(config.widths)}
    # a narrow network's own kernel is far from the limit, and so its best rate: more steps reach the end
    steps = config.steps + config.steps // 2
    found = ensemble(build, [0, steps], seeds=members, grid=grid, key=jax.random.key(config.seed + 3))
    squares = found.squares.isel(time=-1, drop=True).transpose("seed", "width", "what").to_numpy()
    rms = np.sqrt(squares.reshape(config.seeds, -1, *squares.shape[1:]).mean(axis=1))
    coords = {"seed": np.arange(config.seeds), "width": list(config.widths)}
    return xr.Dataset({name: (("seed", "width"), rms[..., i]) for i, name in enumerate(("output", "moved"))}, coords)


def _tangent_kernel(model: TwoLayer, inputs: Array, width: Array) -> Array:
    """Of the first output, in the NTK parametrisation: weights of unit variance, divided by roots of the fan-in."""
    fan_in, wide = np.sqrt(inputs.shape[1]), jnp.sqrt(width)
    weights = (model.u * fan_in, model.v[:, :1] * wide)

    def output(weights: tuple[Array, Array], x: Array) -> Array:
        return jax.nn.relu(weights[0] @ x / fan_in) @ weights[1] / wide

    return tangent_kernel(output_gradients(output, weights, inputs))
