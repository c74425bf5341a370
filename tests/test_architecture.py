"""The house: arrows between rooms point down only, modules stay small, and importing the package is light."""

import ast
import pathlib
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).parents[1] / "src" / "separatrix"
LEAVES = {"store", "figures"}
ALLOWED = {
    "dynamics": {"store"},  # an ensemble streams its chunks there
    "analysis": {"dynamics"},
    "observables": {"dynamics", "analysis"},
    "theory": {"observables", "analysis", "dynamics"},
    "learning": {"observables", "analysis", "dynamics", "theory"},
    "models": {"observables", "analysis", "dynamics", "theory"},
    "games": {"observables", "analysis", "dynamics", "theory"},
    "control": {"observables", "analysis", "dynamics", "theory", "games"},
    "probes": {"learning", "models", "games", "control", "theory", "observables", "analysis", "dynamics", *LEAVES},
    "studies": {"learning", "models", "games", "control", "theory", "observables", "analysis", "dynamics", *LEAVES},
    "store": set(),
    "figures": set(),
}
MODULES = sorted(SOURCE.rglob("*.py"))


def rooms_imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "separatrix" and len(parts) > 1:
                yield parts[1]


@pytest.mark.parametrize("room", sorted(p.name for p in SOURCE.iterdir() if p.is_dir() and p.name != "__pycache__"))
def test_arrows_point_down(room):
    if room == "app":
        return
    for path in (SOURCE / room).rglob("*.py"):
        beyond = {found for found in rooms_imported(path) if found not in {room, "errors", "__init__"}}
        assert beyond <= ALLOWED[room], f"{path.relative_to(SOURCE)} imports {sorted(beyond - ALLOWED[room])}"


def test_functions_fit_a_screen():
    long = [
        f"{path.relative_to(SOURCE)}:{node.lineno} {node.name} has {lines_of(node)} lines"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and lines_of(node) > 60
    ]
    assert not long, long


def lines_of(function):
    """Lines of a function without its docstring."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.end_lineno - function.lineno - (first.end_lineno - first.lineno if documented else 0)


def test_modules_stay_small():
    lengths = {p: len(p.read_text().splitlines()) for p in MODULES if p.name != "__init__.py"}
    large = {str(path.relative_to(SOURCE)): count for path, count in lengths.items() if count > 350}
    assert not large, large


def test_the_public_names_of_a_room_are_a_list_and_nothing_else():
    """Such a list may be long: it holds no idea but the room's."""
    for path in SOURCE.glob("*/__init__.py"):
        body = ast.parse(path.read_text()).body
        functions = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        assert set(functions) <= {"__getattr__", "__dir__"}, f"{path.relative_to(SOURCE)} defines {functions}"


def test_importing_the_package_imports_nothing_heavy():
    script = "import separatrix, sys; print(*{m.split('.')[0] for m in sys.modules})"
    names = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not set(names) & {"torch", "dask", "distributed", "altair", "fastapi", "jax", "xarray", "zarr"}
