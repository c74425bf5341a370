"""What depth does to singular values: products of random matrices, Jacobians of tanh networks. Depth is the time."""

from collections.abc import Hashable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from separatrix.dynamics import Map, Observable, Setup, ensemble
from separatrix.learning.networks import orthogonal, scaled_gaussian
from separatrix.studies.deep_linear.config import Config
from separatrix.theory import activity, gaussian_product_rates, jacobian_scale

_SWEEPS = 16
_RELIABLE = 1e-9  # singular values below this share of the largest are lost to round-off in a plain decomposition
KINDS = ("orthogonal", "gaussian")


class Product(NamedTuple):
    """A product of matrices as frame times triangle, which keeps small singular values that the plain product loses.

    Attributes:
        frame: orthogonal.
        triangle: upper triangular.
    """

    frame: Float[Array, "n n"]
    triangle: Float[Array, "n n"]


def weights(key: Array, width: int, is_gaussian: Array) -> Float[Array, "n n"]:
    """One layer's weights, orthogonal or Gaussian N(0, 1 / width)."""
    return jnp.where(is_gaussian, scaled_gaussian()(key, (width, width)), orthogonal()(key, (width, width)))


def singular_values(triangle: Float[Array, "n n"]) -> Float[Array, " n"]:
    """Singular values, in falling order, of a triangle whose rows shrink; small ones to relative precision.

    Repeated QR of the transpose makes a graded triangle diagonal without mixing its scales.

    Args:
        triangle: of a product of matrices.

    Returns:
        The values.
    """
    plain = jnp.linalg.svd(triangle, compute_uv=False)

    def sweep(_: Array, r: Array) -> Array:
        return jnp.linalg.qr(r.T, mode="r")

    diagonal = jnp.abs(jnp.diagonal(jax.lax.fori_loop(0, _SWEEPS, sweep, triangle)))
    return jnp.where(plain > _RELIABLE * plain[0], plain, -jnp.sort(-diagonal))


def products(config: Config) -> xr.Dataset:
    """Singular values of products of Gaussian matrices, of depth less one factors, and of orthogonal ones.

    Args:
        config: width and depths.

    Returns:
        ``singular_value`` (seed, is_gaussian, layers, index), and ``theory_median`` (layers) of the Gaussian ones.
    """
    n = config.spectrum_width

    def build(key: Array, is_gaussian: Array) -> Setup:
        def step(t: Array, product: Product, key: Array) -> Product:
            frame, factor = jnp.linalg.qr(weights(key, n, is_gaussian) @ product.frame)
            return Product(frame, factor @ product.triangle)

        return Setup(Map(step), Product(jnp.eye(n), jnp.eye(n)))

    kept = Observable("singular_value", lambda product: singular_values(product.triangle), ("index",))
    layers = np.asarray(config.spectrum_layers)
    run = ensemble(
        build,
        np.concatenate([[0], layers - 1]),
        observe=(kept,),
        seeds=config.seeds,
        grid={"is_gaussian": [False, True]},
        key=jax.random.key(config.seed + 4),
    )
    run = run[["singular_value"]].isel(time=slice(1, None)).rename(time="layers").assign_coords(layers=layers)
    rate = np.median(gaussian_product_rates(n))
    return run.assign(theory_median=("layers", np.exp((layers - 1) * rate)))


class Signal(NamedTuple):
    """What reaches a layer, and how it depends on the input, for each gain.

    Attributes:
        x: pre-activations.
        jacobian: of x with respect to the input.
    """

    x: Float[Array, "gains n"]
    jacobian: Float[Array, "gains n n"]


def edge_of_chaos(config: Config) -> xr.Dataset:
    """Activity and singular values of the end-to-end Jacobian of tanh networks across the critical gain 1.

    Args:
        config: width, gains and depth.

    Returns:
        ``median``, ``largest``, ``smallest``, ``rms`` of the singular values and ``activity`` (seed, is_gaussian,
        layers, gain), with ``theory_rms`` and ``theory_activity`` (layers, gain) of wide orthogonal networks.
    """
    n, depth = config.spectrum_width, max(config.spectrum_layers)
    gains = jnp.asarray(config.gains)

    def build(key: Array, is_gaussian: Array) -> Setup:
        def step(t: Array, now: Signal, key: Array) -> Signal:
            w = weights(key, n, is_gaussian)
            slope = 1 - jnp.tanh(now.x) ** 2
            x = gains[:, None] * (jnp.tanh(now.x) @ w.T)
            return Signal(x, gains[:, None, None] * (w[None] @ (slope[:, :, None] * now.jacobian)))

        x = jax.random.normal(key, (n,))
        copies = (len(config.gains), 1)
        return Setup(Map(step), Signal(jnp.tile(x[None, :], copies), jnp.tile(jnp.eye(n)[None], (*copies, 1))))

    def spectrum(now: Signal) -> Array:
        s = jnp.linalg.svd(now.jacobian, compute_uv=False)
        rms = jnp.sqrt(jnp.mean(s**2, axis=-1))
        return jnp.stack([jnp.median(s, axis=-1), s[:, 0], s[:, -1], rms, jnp.mean(now.x**2, axis=-1)])

    names = ["median", "largest", "smallest", "rms", "activity"]
    coords: dict[Hashable, Any] = {"what": names, "gain": np.asarray(config.gains)}
    layers = np.unique(np.geomspace(1, depth - 1, 9).round().astype(int))
    run = ensemble(
        build,
        np.concatenate([[0], layers]),
        observe=(Observable("spectrum", spectrum, ("what", "gain"), coords),),
        seeds=config.seeds,
        grid={"is_gaussian": [False, True]},
        key=jax.random.key(config.seed + 5),
    )
    found = run.spectrum.rename(time="layers").to_dataset(dim="what")
    return found.assign(
        theory_activity=_theory(activity, config, found.layers),
        theory_rms=_theory(jacobian_scale, config, found.layers),
    )


def _theory(function: object, config: Config, layers: xr.DataArray) -> xr.DataArray:
    last = int(layers[-1])
    values = np.stack([np.asarray(function(gain, 1.0, last)) for gain in config.gains], axis=1)  # pyright: ignore
    whole = xr.DataArray(
        values, dims=("layers", "gain"), coords={"layers": np.arange(last + 1), "gain": list(config.gains)}
    )
    return whole.sel(layers=layers)
