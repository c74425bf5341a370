"""The conditions that every test runs under: checked shapes, double precision, no silent broadcasting of ranks."""

import jax
from hypothesis import settings
from jaxtyping import install_import_hook

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")

_HOOK = install_import_hook("separatrix", "typechecker.checked")

settings.register_profile("same-every-time", derandomize=True, deadline=None)
settings.load_profile("same-every-time")
