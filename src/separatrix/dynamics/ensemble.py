"""The same run over seeds and a grid of hyperparameters: one compiled program, in chunks that fit memory."""

import hashlib
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array

from separatrix.dynamics.cluster import current_client
from separatrix.dynamics.dispatch import Job, on_cluster, on_devices
from separatrix.dynamics.events import Event, reason
from separatrix.dynamics.evolve import provenance, time_attrs
from separatrix.dynamics.member import Build, Recipe, cost
from separatrix.dynamics.observable import Observe, label
from separatrix.dynamics.progress import track
from separatrix.dynamics.resumption import WORTH_KEEPING, chunk_folder
from separatrix.dynamics.trajectory import Method
from separatrix.errors import SeparatrixError, bad_parameter

if TYPE_CHECKING:
    from separatrix.store import ChunkStore

_FEWEST_A_CHUNK = 16  # smaller chunks cost more a member; larger ones leave devices without work
_MOST_CHUNKS = 8


def ensemble(
    build: Build,
    ts: Any,
    *,
    observe: Observe | None = None,
    seeds: int | Sequence[int] = 5,
    grid: Mapping[str, Any] | None = None,
    key: Any = None,
    method: Method = None,
    stop: tuple[Event, ...] = (),
    chunk: int | None = None,
    memory: int = 2**31,
    store: str | Path | None = None,
) -> xr.Dataset:
    """Run a system for every seed and every point of a grid, as one compiled and vectorised program.

    Members are run in chunks of one fixed size; chunks are spread over all devices, or over the Dask cluster of an
    enclosing ``use_cluster``. A member's result depends on ``key``, its seed and its grid point, and to the bit also
    on the chunk size, but not on devices, workers or interruptions. A member that diverges is NaN from then on and
    touches no other.

    Args:
        build: ``build(key, **point) -> Setup(system, x0, observe)``, traced once: key and point are abstract.
        ts: times to observe at, as for ``evolve``, shape (times,).
        observe: observables, as for ``evolve``; not needed if ``build`` gives them.
        seeds: how many seeds, or which.
        grid: name -> values, shape (n,), of each swept hyperparameter.
        key: PRNG key that the seeds are folded into; ``jax.random.key(0)`` if not given.
        method: how to step, as for ``evolve``.
        stop: events that end a member early; they see the member's own system.
        chunk: members in a chunk; by default what fits ``memory``, and at most 8 chunks of 16 or more otherwise.
        memory: bytes that a chunk may take.
        store: folder to stream finished chunks to; a killed ensemble called again resumes from it.

    Returns:
        A Dataset with dims ``seed``, the grid's names, ``time`` and each observable's own; the variables
        ``stop_reason``, ``stop_time`` and ``steps`` have the dims ``seed`` and the grid's. Attrs record the chunk size.

    Raises:
        SeparatrixError: for seeds, grid, times or a build that do not fit, or a store of another ensemble.

    >>> import jax, jax.numpy as jnp
    >>> from separatrix.dynamics import Flow, Setup
    >>> def build(key, rate):
    ...     return Setup(Flow(lambda t, x: -rate * x), jax.random.normal(key), {"x": lambda x: x})
    >>> dict(ensemble(build, [0.0, 1.0], seeds=3, grid={"rate": [1.0, 2.0]}).sizes)
    {'seed': 3, 'rate': 2, 'time': 2}
    """
    axes = _axes(seeds, grid or {})
    recipe = Recipe(build, np.asarray(ts), observe, method, tuple(stop))
    members = {name: values.ravel() for name, values in _meshed(axes).items()}
    total = len(members["seed"])
    point = {name: jnp.asarray(values[0]) for name, values in members.items() if name != "seed"}
    system, observables = recipe.describe(point)
    bytes_each, program = cost(recipe, point)
    size = _chunk_size(total, bytes_each, memory) if chunk is None else _checked_chunk(chunk)
    job = Job(recipe, jax.random.key(0) if key is None else key, _padded(members, size), size)
    columns = _collect(job, store, _fingerprint(program, job, recipe))
    shape = tuple(len(values) for values in axes.values())
    found = {name: values[:total].reshape(shape + values.shape[1:]) for name, values in columns.items()}
    values = [found[f"value_{index}"] for index in range(len(observables))]
    dataset = label(observables, values, {**axes, "time": np.asarray(ts)})
    dataset["time"].attrs = time_attrs(system)
    codes = found["code"]
    reasons = np.array([reason(int(c), tuple(stop)) for c in codes.ravel()])
    return dataset.assign(
        stop_reason=(tuple(axes), reasons.reshape(shape)),
        stop_time=(tuple(axes), found["stop_time"].astype(float)),
        steps=(tuple(axes), found["steps"]),
    ).assign_attrs(chunk=size, method=repr(method), **provenance())


def _axes(seeds: int | Sequence[int], grid: Mapping[str, Any]) -> dict[str, np.ndarray]:
    numbers = np.arange(seeds) if isinstance(seeds, int) else np.asarray(seeds)
    if numbers.ndim != 1 or numbers.size == 0 or numbers.dtype.kind not in "iu" or np.any(numbers < 0):
        raise bad_parameter("seeds", "ensemble", "a positive integer or a sequence of integers, 0 or more", seeds)
    axes = {"seed": numbers}
    for name, values in grid.items():
        array = np.asarray(values)
        if name in ("seed", "time") or array.ndim != 1 or array.size == 0 or array.dtype.kind not in "biuf":
            raise SeparatrixError(
                f"The grid gives each hyperparameter (not 'seed' or 'time') a one-dimensional, non-empty array of "
                f"numbers. Got {name!r} with shape {array.shape} of {array.dtype}."
            )
        axes[name] = array
    return axes


def _meshed(axes: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return dict(zip(axes, np.meshgrid(*axes.values(), indexing="ij"), strict=True))


def _chunk_size(total: int, bytes_each: int, memory: int) -> int:
    """Independent of the number of devices, so that results are too."""
    fitting = max(1, memory // max(bytes_each, 1))
    chunks = min(max(1, total // _FEWEST_A_CHUNK), _MOST_CHUNKS)
    return min(fitting, math.ceil(total / chunks))


def _checked_chunk(chunk: int) -> int:
    if chunk < 1:
        raise bad_parameter("chunk", "ensemble", "a positive integer", chunk)
    return chunk


def _padded(members: Mapping[str, np.ndarray], size: int) -> dict[str, np.ndarray]:
    missing = -len(members["seed"]) % size
    return {name: np.concatenate([values, np.repeat(values[-1:], missing)]) for name, values in members.items()}


def _fingerprint(program: str, job: Job, recipe: Recipe) -> str:
    digest = hashlib.sha256(program.encode())
    digest.update(np.asarray(jax.random.key_data(_typed(job.key))).tobytes())
    for name, values in sorted(job.members.items()):
        digest.update(name.encode() + values.tobytes())
    digest.update(recipe.ts.tobytes() + f"{job.size} {recipe.method} {provenance()}".encode())
    return digest.hexdigest()[:16]


def _typed(key: Array) -> Array:
    return key if jnp.issubdtype(key.dtype, jax.dtypes.prng_key) else jax.random.wrap_key_data(key)


def _collect(job: Job, store: str | Path | None, fingerprint: str) -> dict[str, np.ndarray]:
    """Every chunk's arrays joined along the members; those that are on disk already are not computed again."""
    folder = chunk_folder(fingerprint) if store is None else Path(store)
    patience = WORTH_KEEPING if store is None else 0.0
    chunks = None if folder is None or (store is None and not folder.exists()) else _open(folder, fingerprint, job)
    kept = {} if chunks is None else {index: chunks.read(index) for index in chunks.done()}
    todo = [index for index in range(job.n_chunks) if index not in kept]
    client = current_client()
    done: Iterator[tuple[int, dict[str, np.ndarray]]] = iter(())
    if todo:
        done = on_devices(job, todo) if client is None else on_cluster(job, todo, client)
    unwritten, since = [], time.monotonic()
    for index, arrays in track(done, total=job.n_chunks, already=len(kept)):
        kept[index] = arrays
        unwritten.append(index)
        if folder is not None and time.monotonic() - since >= patience:
            chunks = chunks or _open(folder, fingerprint, job)
            while unwritten:
                chunks.write(unwritten[-1], kept[unwritten.pop()])
            since = time.monotonic()
    return {name: np.concatenate([kept[i][name] for i in range(job.n_chunks)]) for name in kept[0]}


def _open(folder: Path, fingerprint: str, job: Job) -> "ChunkStore":
    from separatrix.store import ChunkStore

    return ChunkStore(folder, fingerprint, job.n_chunks)
