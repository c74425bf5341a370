import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from conformance.cases import NOT_OF_ARRAYS, OBSERVABLES
from separatrix import observables


def test_every_public_observable_has_its_line():
    factories = {name for name in observables.__all__ if name.startswith("observe_")}
    assert set(observables.__all__) - NOT_OF_ARRAYS - factories == set(OBSERVABLES)


@pytest.fixture(params=sorted(OBSERVABLES))
def name(request):
    return request.param


def test_compiled_equals_eager(name):
    function, arguments = getattr(observables, name), OBSERVABLES[name]
    eager, compiled = function(*arguments), jax.jit(function)(*arguments)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12), eager, compiled)


def test_vectorised_equals_a_loop(name):
    function, arguments = getattr(observables, name), OBSERVABLES[name]
    batch = jax.tree.map(lambda leaf: jnp.stack([leaf, 1.5 * leaf + 0.1]), arguments)
    together = jax.vmap(function)(*batch)
    alone = function(*jax.tree.map(lambda leaf: leaf[1], batch))
    # singular vectors may come with either sign
    jax.tree.map(lambda a, b: np.testing.assert_allclose(abs(a[1]), abs(b), rtol=1e-6, atol=1e-9), together, alone)


def test_single_precision_is_kept(name):
    function = getattr(observables, name)
    arguments = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), OBSERVABLES[name])
    for leaf in jax.tree.leaves(function(*arguments)):
        assert leaf.dtype == jnp.float32


def test_the_docstring_gives_shapes_and_the_result(name):
    text = inspect.getdoc(getattr(observables, name)) or ""
    assert "Args:" in text
    assert "Returns:" in text
    assert "shape" in text or "PyTree" in text
