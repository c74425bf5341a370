"""The machine and the versions behind the numbers."""

import importlib.metadata
import os
import platform
from pathlib import Path

PEERS = "hessian-eigenthings curvlinops-for-pytorch trainscope"
PACKAGES = f"separatrix jax jaxlib equinox optax diffrax numpy scipy torch {PEERS}"


def environment() -> dict[str, object]:
    """What one needs to know to read the numbers.

    Returns:
        Python, processor, cores and load at the start, package versions.
    """
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_average_at_start": round(os.getloadavg()[0], 2),
        "packages": {name: _version(name) for name in PACKAGES.split()},
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
