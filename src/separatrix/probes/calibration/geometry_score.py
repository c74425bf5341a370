"""The geometry instrument against layers whose geometry is known: mixtures by construction, and trained networks.

Right is fixed beforehand: with the true share s of the target's kernel, "input" for s < 1/3, "target" for s > 2/3,
"between" otherwise, and within 0.05 of a border either side; "neither" when inputs' and targets' kernels explain less
than half (cosine) of the true kernel, and within 0.05 of that, either.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from separatrix.learning.networks import fixed_readout
from separatrix.learning.networks.initialisers import orthogonal
from separatrix.learning.tasks import aligned_conditions
from separatrix.observables import centred_kernel_alignment, feature_kernel
from separatrix.observables.kernel_shares import kernel_shares
from separatrix.probes.calibration import entry
from separatrix.probes.geometry import EXAMPLES, Geometry
from separatrix.probes.instruments.geometry import INPUT_SHARE, LEAST_EXPLAINED, TARGET_SHARE, verdict

BORDER = 0.05
UNITS, POOL, INPUTS, CLASSES = 48, 1024, 20, 4
STEPS, RATE = 400, 0.1


def allowed(share: float, explained: float) -> set[str]:
    """The answers that are right for a layer.

    Args:
        share: true share of the target's kernel.
        explained: true cosine with the mixture.

    Returns:
        One or more kinds.
    """
    low, high = INPUT_SHARE, TARGET_SHARE
    right = {"input"} if share < low else {"target"} if share > high else {"between"}
    if abs(share - low) < BORDER:
        right |= {"input", "between"}
    if abs(share - high) < BORDER:
        right |= {"target", "between"}
    if abs(explained - LEAST_EXPLAINED) < BORDER:
        return right | {"neither"}
    return {"neither"} if explained < LEAST_EXPLAINED else right


def _mixture(seed: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Inputs, targets, a layer made of both and of noise, and the sizes of the three kernels in it."""
    keys = jax.random.split(jax.random.key(seed), 8)
    label = jax.random.randint(keys[0], (POOL,), 0, CLASSES)
    targets = jax.nn.one_hot(label, CLASSES)
    spread = 10.0 ** jax.random.uniform(keys[1], minval=-0.5, maxval=1.0)
    centres = spread * jax.random.normal(keys[2], (CLASSES, INPUTS)) / 2
    stretch = jnp.exp(jax.random.normal(keys[3], (INPUTS,)) / 2)
    inputs = centres[label] + stretch * jax.random.normal(keys[4], (POOL, INPUTS))
    share, loud = jax.random.uniform(keys[5], (2,))
    sizes = jnp.stack([1 - share, share, 2 * loud**2])
    parts = [inputs, targets, jax.random.normal(keys[6], (POOL, UNITS))]
    scaled = [part / jnp.sqrt(_norm(part)) * jnp.sqrt(size) for part, size in zip(parts, sizes, strict=True)]
    frames = jax.random.split(keys[7], 2)
    turned = [s @ orthogonal()(k, (s.shape[1], UNITS)) for s, k in zip(scaled[:2], frames, strict=True)]
    return inputs, targets, turned[0] + turned[1] + scaled[2], sizes


def _norm(rows: jax.Array) -> jax.Array:
    centred = rows - jnp.mean(rows, axis=0)[None, :]
    return jnp.linalg.norm(centred.T @ centred)


def _trained(seed: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """A tanh or ReLU network trained on noisy conditions; its layer on examples, and on the noiseless conditions."""
    keys = jax.random.split(jax.random.key(seed), 6)
    alignment, quiet, length, kind = jax.random.uniform(keys[0], (4,))
    conditions = aligned_conditions(keys[1], 3, 1, 0.7 * alignment, INPUTS)
    data = conditions.sample(keys[2], POOL, 0.05 + 0.45 * quiet)

    def activation(z: jax.Array) -> jax.Array:
        return jnp.where(kind < 0.5, jnp.tanh(z), jax.nn.relu(z))

    network = fixed_readout(keys[3], INPUTS, UNITS, 1, activation)

    def loss(weights: jax.Array) -> jax.Array:
        logits = activation(data.x @ weights.T) @ network.readout.T
        return jnp.mean(optax.losses.sigmoid_binary_cross_entropy(logits, data.y))

    steps = jnp.round(STEPS ** (1.2 * length))

    def step(weights: jax.Array, t: jax.Array) -> tuple[jax.Array, None]:
        return weights - jnp.where(t < steps, 5 * RATE, 0.0) * jax.grad(loss)(weights), None

    weights = jax.lax.scan(step, network.weights, jnp.arange(STEPS))[0]
    clean = activation(conditions.means @ weights.T)
    kernels = [feature_kernel(part) for part in (clean, conditions.means, conditions.labels)]
    pairs = ((0, 1), (0, 2), (1, 2))
    truth = jnp.stack([centred_kernel_alignment(kernels[i], kernels[j]) for i, j in pairs])
    order = jax.random.permutation(keys[5], POOL)[:EXAMPLES]
    return data.x[order], data.y[order], activation(data.x[order] @ weights.T), truth


def _says(inputs: np.ndarray, targets: np.ndarray, layer: np.ndarray) -> str | None:
    geometry = Geometry.of(inputs, targets)
    assert geometry is not None
    found = geometry.measure({"layer": layer}).get("layer")
    return None if found is None else verdict(found["input_alignment"], found["target_alignment"], found["between"])


def score(runs: int, first_seed: int) -> dict[str, list[bool]]:
    """Ask of mixtures and of trained networks.

    Args:
        runs: how many of each.
        first_seed: seeds are consecutive from here.

    Returns:
        For each kind of answer, whether each was right.
    """
    seeds = jnp.arange(first_seed, first_seed + runs)
    mixed = zip(*(np.asarray(part) for part in jax.jit(jax.vmap(_mixture))(seeds)), strict=True)
    learned = list(zip(*(np.asarray(part) for part in jax.jit(jax.vmap(_trained))(seeds)), strict=True))
    found: dict[str, list[bool]] = {}
    asked = [(x, y, layer, _made_of(x, y, sizes)) for x, y, layer, sizes in mixed]
    asked += [(x, y, layer, _seen_whole(truth)) for x, y, layer, truth in learned]
    for x, y, layer, truth in asked:
        says = _says(x[:EXAMPLES], y[:EXAMPLES], layer[:EXAMPLES])
        if says is not None:
            found.setdefault(says, []).append(says in allowed(*truth))
    return found


def _made_of(inputs: np.ndarray, targets: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    """True share and cosine of a mixture; its noise is orthogonal to both kernels but for one part in a hundred."""
    centred = [part - part.mean(axis=0)[None, :] for part in (inputs, targets)]
    norms = [np.linalg.norm(part.T @ part) for part in centred]
    between = np.linalg.norm(centred[0].T @ centred[1]) ** 2 / (norms[0] * norms[1])
    mixed = sizes[0] ** 2 + sizes[1] ** 2 + 2 * sizes[0] * sizes[1] * between
    return float(sizes[1] / (sizes[0] + sizes[1])), float(np.sqrt(mixed / (mixed + sizes[2] ** 2)))


def _seen_whole(cosines: np.ndarray) -> tuple[float, float]:
    share = kernel_shares(*(float(value) for value in cosines))
    return share.target, share.explained


def calibrate(runs_each: int, first_seed: int) -> dict[str, dict]:
    """Counts of right answers.

    Args:
        runs_each: a quarter of the mixtures, and of the trained networks.
        first_seed: of all simulations.

    Returns:
        By kind of answer.
    """
    runs = 4 * runs_each
    sentence = (
        f"{runs} mixtures of inputs, targets and noise, and {runs} tanh and ReLU networks, asked on {EXAMPLES} examples"
    )
    return {kind: entry(right, sentence) for kind, right in score(runs, first_seed).items()}
