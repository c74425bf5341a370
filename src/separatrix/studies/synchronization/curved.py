"""A loss that is not symmetric about its minimum: coupled learners are less biased than separate ones averaged."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array
from scipy.integrate import quad

from separatrix.dynamics import Diffusion, EulerMaruyama, Setup, complete_graph, coupled, ensemble, laplacian
from separatrix.studies.synchronization.config import Config
from separatrix.studies.synchronization.quadratic import observed
from separatrix.theory import bias_of_centre, expected_error_of_centre


def curved(config: Config) -> xr.Dataset:
    """Learners on exp(x) - x, at several couplings; parallel runs are coordinates that don't touch one another.

    Args:
        config: the numbers.

    Returns:
        ``bias`` and ``variance`` of the learners' mean over (seed, kappa); ``theory`` of the bias, to lowest order in
        the noise; ``alone`` and ``one``, exact biases without coupling and in the limit of all being one.
    """
    couplings = np.array(config.curved_couplings)
    slope = Diffusion(lambda t, x: 1 - jnp.exp(x), lambda t, x: config.noise * jnp.ones_like(x))

    def build(key: Array, kappa: Array) -> Setup:
        law = coupled(slope, complete_graph(config.copies), kappa)
        observe = {"mean": lambda x: x.mean(), "square": lambda x: jnp.mean(x.mean(axis=0) ** 2)}
        return Setup(law, jnp.zeros((config.copies, config.curved_parallel)), observe)

    times = observed(config.step, config.curved_time)
    run = ensemble(
        build,
        times,
        seeds=config.seeds,
        grid={"kappa": couplings},
        key=jax.random.key(config.seed + 3),
        method=EulerMaruyama(config.step),
    )
    late = run[["mean", "square"]].isel(time=times >= config.curved_time / 6).mean("time")
    spectrum = np.linalg.eigvalsh(np.asarray(laplacian(complete_graph(config.copies))))
    theory = [float(bias_of_centre(1.0, 1.0, spectrum, kappa, config.noise, config.step)) for kappa in couplings]
    return xr.Dataset(
        {
            "bias": late["mean"],
            "variance": late["square"] - late["mean"] ** 2,
            "theory": ("kappa", theory),
            "alone": exact_bias(config.noise),
            "one": exact_bias(config.noise / np.sqrt(config.copies)),
            "plain_variance": float(expected_error_of_centre(np.ones(1), config.noise, config.copies)),
        }
    )


def exact_bias(noise: float) -> float:
    """Mean of the stationary density exp(-2 (e^x - x) / noise^2) of a single learner, by quadrature.

    Args:
        noise: sigma.

    Returns:
        E[x]; the minimum is at zero.
    """

    def weight(x: float) -> float:
        return float(np.exp(-2 * (np.expm1(x) - x) / noise**2))

    reach = 12 * noise
    return quad(lambda x: x * weight(x), -reach, reach)[0] / quad(weight, -reach, reach)[0]
