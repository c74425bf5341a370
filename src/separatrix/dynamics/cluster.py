"""The cluster that ensembles compute on, where the caller asked for one; dask is imported only then."""

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

from separatrix.errors import SeparatrixError

_CLIENT: contextvars.ContextVar[Any] = contextvars.ContextVar("separatrix_cluster_client", default=None)


def current_client() -> Any | None:
    """The ``dask.distributed.Client`` of the enclosing ``use_cluster``, or None outside of one."""
    return _CLIENT.get()


@contextlib.contextmanager
def use_cluster(address: str, *, timeout: float | int = 10.0) -> Iterator[Any]:
    """Within the block, ensembles send their chunks to a Dask cluster.

    Args:
        address: the scheduler, as ``"tcp://10.0.0.1:8786"``.
        timeout: seconds to wait for the scheduler.

    Yields:
        The ``dask.distributed.Client``.

    Raises:
        SeparatrixError: if the ``cluster`` extra is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise SeparatrixError(
            "A cluster needs the 'cluster' extra. Install it with: pip install 'separatrix[cluster]'"
        ) from error
    try:
        client = Client(address, timeout=timeout, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise SeparatrixError(
            f"No Dask scheduler answers at {address!r}. Start one with 'dask scheduler' and give the address it prints."
        ) from error
    token = _CLIENT.set(client)
    try:
        yield client
    finally:
        _CLIENT.reset(token)
        client.close()
