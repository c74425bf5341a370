"""Chunks of an ensemble sent to where they are computed: the devices of this process, or a Dask cluster."""

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec

from separatrix.dynamics.member import Recipe
from separatrix.dynamics.trajectory import Trajectory


@dataclasses.dataclass(frozen=True, eq=False)
class Job:
    """An ensemble cut into chunks of one size.

    Attributes:
        recipe: what every member computes.
        key: the ensemble's PRNG key.
        members: ``seed`` and every swept hyperparameter of each member, padded to whole chunks.
        size: members in a chunk.
    """

    recipe: Recipe
    key: Any
    members: Mapping[str, np.ndarray]
    size: int

    @property
    def n_chunks(self) -> int:
        """Number of chunks."""
        return len(self.members["seed"]) // self.size

    def chunk(self, index: int) -> dict[str, np.ndarray]:
        """Seed and hyperparameters of the members of one chunk."""
        return {name: values[index * self.size : (index + 1) * self.size] for name, values in self.members.items()}


def on_devices(job: Job, todo: Sequence[int]) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Compute chunks on all devices that JAX sees, one chunk a device at a time.

    Each device runs the program of exactly one chunk, so that a chunk's bits do not depend on how many there are.

    Args:
        job: the ensemble.
        todo: which chunks.

    Yields:
        A chunk's number and its arrays, first axis the members.
    """
    devices = jax.devices()[: len(todo)]
    program = compile_chunks(job.recipe, devices)
    for start in range(0, len(todo), len(devices)):
        batch = list(todo[start : start + len(devices)])
        filled = batch + batch[-1:] * (len(devices) - len(batch))
        members = [job.chunk(index) for index in filled]
        stacked = {name: jnp.asarray(np.concatenate([m[name] for m in members])) for name in members[0]}
        run = _arrays(program(job.key, stacked))
        for position, index in enumerate(batch):
            yield index, {name: v[position * job.size : (position + 1) * job.size] for name, v in run.items()}


def compile_chunks(recipe: Recipe, devices: Sequence[Any]) -> Any:
    """The program of as many chunks as there are devices, one on each.

    Args:
        recipe: what every member computes.
        devices: where.

    Returns:
        A jitted function of the ensemble's key and the members' seeds and hyperparameters, to their trajectories.
    """

    def chunk(key: Any, members: Mapping[str, Any]) -> Trajectory:
        points = {name: values for name, values in members.items() if name != "seed"}
        return jax.vmap(recipe.member, in_axes=(None, 0, 0))(key, members["seed"], points)

    mesh = Mesh(np.array(devices), ("chunk",))
    everywhere, split = PartitionSpec(), PartitionSpec("chunk")
    return jax.jit(jax.shard_map(chunk, mesh=mesh, in_specs=(everywhere, split), out_specs=split, check_vma=False))


def _arrays(run: Trajectory) -> dict[str, np.ndarray]:
    named = {"code": run.code, "stop_time": run.stop_time, "steps": run.steps}
    named |= {f"value_{index}": value for index, value in enumerate(run.values)}
    return {name: np.asarray(value) for name, value in named.items()}


def on_cluster(job: Job, todo: Sequence[int], client: Any) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Compute chunks on the workers of a Dask cluster, in the order in which they finish.

    Args:
        job: the ensemble; its functions must be ones that cloudpickle can send.
        todo: which chunks.
        client: a ``dask.distributed.Client``.

    Yields:
        A chunk's number and its arrays, first axis the members.
    """
    import cloudpickle
    from distributed import as_completed

    payload = client.scatter([cloudpickle.dumps(job.recipe)], broadcast=True)[0]
    key_data = np.asarray(jax.random.key_data(job.key))
    x64 = bool(jax.config.read("jax_enable_x64"))
    futures = {client.submit(_on_worker, payload, key_data, job.chunk(i), x64, pure=False): i for i in todo}
    try:
        for future in as_completed(list(futures), loop=client.loop):
            yield futures[future], future.result()
    finally:
        client.cancel(list(futures))


def _on_worker(
    payload: bytes, key_data: np.ndarray, members: dict[str, np.ndarray], x64: bool
) -> dict[str, np.ndarray]:
    with jax.enable_x64(x64):
        key = jax.random.wrap_key_data(jnp.asarray(key_data))
        return _arrays(_program_of_worker(payload, x64)(key, jax.tree.map(jnp.asarray, members)))


@functools.lru_cache(maxsize=32)
def _program_of_worker(payload: bytes, x64: bool) -> Any:
    """Compiled once a recipe, which is read here, within ``enable_x64``: outside, its arrays would lose precision."""
    import cloudpickle

    return compile_chunks(cloudpickle.loads(payload), jax.devices()[:1])
