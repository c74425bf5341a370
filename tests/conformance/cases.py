"""What the conformance suite runs over. Whatever is added later is checked by one line here."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from separatrix import observables
from separatrix.dynamics import Adaptive, Diffusion, Euler, EulerMaruyama, Flow, Heun, Map
from separatrix.learning import rules
from separatrix.models import koopman


@dataclasses.dataclass(frozen=True)
class SystemCase:
    """A system with a way of stepping it; ``x0(dtype)`` gives a state of a few numbers."""

    name: str
    system: Any
    method: Any = None
    random: bool = False

    def x0(self, dtype=jnp.float64):
        return jnp.array([0.3, -0.2], dtype)


PULL = Diffusion(lambda t, x: -x, lambda t, x: 0.5 * jnp.ones_like(x))
SYSTEMS = [
    SystemCase("flow, adaptive", Flow(lambda t, x: -(x**3))),
    SystemCase("flow, Euler", Flow(lambda t, x: -(x**3)), Euler(0.125)),
    SystemCase("map", Map(lambda t, x, key: x - x**3)),
    SystemCase("noisy map", Map(lambda t, x, key: 0.9 * x + jax.random.normal(key, x.shape, x.dtype)), None, True),
    SystemCase("diffusion, Euler-Maruyama", PULL, EulerMaruyama(0.125), True),
    SystemCase("Langevin", rules.langevin(lambda x: 4 * jnp.sum(x**2)), EulerMaruyama(0.125), True),
    SystemCase("diffusion, Heun", PULL, Heun(0.125), True),
    SystemCase("diffusion, adaptive", PULL, Adaptive(rtol=1e-2, atol=1e-2), True),
]


def parabola(model, batch=None):
    """Lowest at the batch's mean, or at 1: an examples' noise of known mean does not move the minimum."""
    target = jnp.ones(()) if batch is None else jnp.mean(batch)
    return 0.5 * jnp.sum((model - target) ** 2)


SAME = jnp.ones(8)
MAKE_RULES: dict[str, Callable[[], Any]] = {
    "descent, sgd": lambda: rules.descent(parabola, optax.sgd(0.3)),
    "descent, momentum": lambda: rules.descent(parabola, optax.sgd(0.1, momentum=0.5)),
    "descent, adam": lambda: rules.descent(parabola, optax.adam(0.1)),
    "with replacement": lambda: rules.minibatch_with_replacement(parabola, SAME, optax.sgd(0.3), 2),
    "without replacement": lambda: rules.minibatch_without_replacement(parabola, SAME, optax.sgd(0.3), 2),
}

K = jax.random.split(jax.random.key(0), 4)
MATRIX, TALL = jax.random.normal(K[0], (4, 4)), jax.random.normal(K[1], (6, 3))
KERNEL, OTHER = TALL @ TALL.T, jax.random.normal(K[2], (6, 6)) @ jax.random.normal(K[2], (6, 6)).T
OUTPUTS, VALUES = jax.random.normal(K[3], (6, 2)), jnp.array([2.0, 1.0, 0.5])
GRADIENTS = jax.random.normal(K[1], (3, 2, 5))


def linear(weights, x):
    return weights @ x


OBSERVABLES: dict[str, tuple[Any, ...]] = {
    "activation_strengths": (TALL,),
    "centre_of_copies": (TALL,),
    "error_of_centre": (TALL, TALL[0]),
    "error_of_one": (TALL, TALL[0]),
    "synchronisation_error": (TALL,),
    "active_units": (VALUES,),
    "balance_ratio": (VALUES, VALUES + 1),
    "centre": (KERNEL,),
    "centred_kernel_alignment": (KERNEL, OTHER),
    "class_means": (TALL, jnp.repeat(jnp.eye(2), 3, axis=0)),
    "correlation_modes": (OUTPUTS, TALL),
    "decoding_accuracy": (TALL, OUTPUTS, TALL + 0.1, OUTPUTS),
    "dimensionality": (TALL,),
    "displacement": (MATRIX, MATRIX + 1),
    "dominant_share": (VALUES,),
    "effective_rank": (VALUES,),
    "effective_units": (VALUES,),
    "feature_kernel": (TALL,),
    "fourier_harmonics": (TALL,),
    "fourier_power": (TALL,),
    "input_output_map": (OUTPUTS, TALL),
    "interclass_axis": (TALL, jnp.arange(6) % 2.0),
    "intra_to_inter": (TALL, TALL[:4], jnp.arange(4) % 2.0),
    "intraclass_part": (TALL, TALL[:4], jnp.arange(4) % 2.0),
    "inverse_participation_ratio": (VALUES,),
    "kernel_alignment": (KERNEL, OTHER),
    "kernel_change": (KERNEL, OTHER),
    "kernel_movement": (KERNEL, OTHER),
    "leaf_displacements": (MATRIX, MATRIX + 1),
    "misalignment": (VALUES, VALUES + 1),
    "mode_strengths": (OUTPUTS, TALL, observables.correlation_modes(OUTPUTS + 1, TALL)),
    "parallelism_score": (TALL[:3], TALL[3:]),
    "participation_ratio": (VALUES,),
    "path_norm": (TALL, OUTPUTS.T),
    "singular_values": (MATRIX,),
    "stable_rank": (VALUES,),
    "tangent_kernel": (GRADIENTS,),
    "tangent_kernel_blocks": (GRADIENTS,),
    "target_alignment": (KERNEL, OUTPUTS),
    "unit_shares": (VALUES,),
    "unit_strengths": (TALL, OUTPUTS.T),
    "weight_norm": (MATRIX,),
    "wrapped": (VALUES,),
}
NOT_OF_ARRAYS = {
    "CorrelationModes",
    "Harmonics",
    "Irreps",
    "balanced_dichotomies",
    "cross_condition_generalisation",
    "dominant_frequency",
    "dominant_share_p_value",
    "fourier_basis",
    "irrep_chance",
    "irrep_power",
    "leaf_names",
    "output_gradients",
    "real_irreps",
}
"""Public names, beside the factories ``observe_...``, that do not take and give real arrays; each has own tests."""


@dataclasses.dataclass(frozen=True)
class EstimatorCase:
    """An estimator of models of dynamics, or a dictionary.

    ``expected`` names checks of scikit-learn that cannot pass, with the reason; ``bad`` are settings to be refused;
    ``accuracy`` is how near its eigenvalues come to those of a linear map seen without noise, None where it finds none.
    """

    estimator: Any
    expected: dict[str, str] = dataclasses.field(default_factory=dict)
    bad: tuple[dict[str, Any], ...] = ()
    accuracy: float | None = 1e-6

    @property
    def name(self) -> str:
        return type(self.estimator).__name__


CHECKED = {
    "check_do_not_raise_errors_in_init_or_set_params": "the tests' own type checker looks at settings before fit does"
}
SERIES = CHECKED | {"check_fit1d": "an array (times,) is a series of one component, the most common of all"}
FEWER = "rows are made of the states before them: there are fewer of them, and none of one state alone"
PAST = CHECKED | {
    "check_transformer_data_not_an_array": FEWER,
    "check_transformer_general": FEWER,
    "check_methods_sample_order_invariance": FEWER,
    "check_methods_subset_invariance": FEWER,
}
FITTING = ({"tolerance": 0}, {"tolerance": "small"}, {"rank": 0}, {"lag": 0.5})
KERNEL = (*FITTING, {"kernel": "cosine"}, {"degree": 0}, {"length_scale": 0.0})
ESTIMATORS = [
    EstimatorCase(koopman.EDMD(), SERIES, FITTING),
    EstimatorCase(koopman.ResDMD(), SERIES, FITTING),
    EstimatorCase(koopman.MpEDMD(), SERIES, FITTING, None),
    EstimatorCase(koopman.KernelEDMD("polynomial", degree=2), SERIES, (*KERNEL, {"held_back": 1})),
    EstimatorCase(koopman.NystroemEDMD(), SERIES, (*KERNEL, {"centres": 0}, {"placement": "grid"}), 1e-3),
    EstimatorCase(koopman.GeneratorEDMD(), CHECKED, ({"step": 0.0}, {"tolerance": -1.0}), 1e-3),
    EstimatorCase(koopman.HankelDMD(), PAST, ({"delays": 0}, *FITTING)),
    EstimatorCase(koopman.HAVOK(), PAST, ({"delays": 0}, {"rank": 1}, {"tolerance": -1.0}), None),
]
DICTIONARIES = [
    EstimatorCase(koopman.Monomials(), SERIES, ({"degree": 0}, {"degree": 1.5})),
    EstimatorCase(koopman.Legendre(), SERIES, ({"degree": 0}, {"box": (1.0, 0.0)})),
    EstimatorCase(koopman.Fourier(), SERIES, ({"order": 0}, {"period": 0.0}, {"index": "ball"})),
    EstimatorCase(koopman.RadialBasis(), SERIES, ({"centres": 0}, {"length_scale": 0.0}, {"kernel": "cosine"})),
    EstimatorCase(koopman.Delays(), PAST | SERIES, ({"count": 0},)),
    EstimatorCase(koopman.TrainedDictionary(functions=2, width=4, steps=2), SERIES, ({"functions": 0}, {"steps": 0})),
]
