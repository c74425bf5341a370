"""Hessian and Gauss-Newton of PyTorch modules, among them attention written by hand and fused attention."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from separatrix.analysis import eigenpairs
from separatrix.analysis.operators import NondeterministicLossError, dense
from separatrix.errors import SeparatrixError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from oracles.dense_curvature import dense_gauss_newton, dense_hessian_by_differences  # noqa: E402
from separatrix.analysis import torch_curvature  # noqa: E402


class Attention(torch.nn.Module):
    """One head written by hand, with a parameter that the loss does not reach and a frozen one."""

    def __init__(self, fused=False):
        super().__init__()
        self.fused = fused
        self.qkv = torch.nn.Parameter(torch.randn(3, 3, 3, dtype=torch.float64))
        self.unused = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
        self.frozen = torch.nn.Parameter(torch.ones(3, dtype=torch.float64), requires_grad=False)

    def forward(self, x):
        q, k, v = (x @ w for w in self.qkv)
        if self.fused:
            return torch.nn.functional.scaled_dot_product_attention(q, k, v) * self.frozen
        return torch.softmax(q @ k.transpose(-1, -2) / 3**0.5, -1) @ v * self.frozen


def _task(module):
    x, y = torch.randn(2, 4, 3, dtype=torch.float64), torch.randn(2, 4, 3, dtype=torch.float64)
    return lambda: ((module(x) - y) ** 2).mean(), [p for p in module.parameters() if p.requires_grad]


@pytest.mark.parametrize("fused", [False, True])
def test_hessian_of_attention_agrees_with_differences_of_the_gradient(fused):
    torch.manual_seed(0)
    module = Attention(fused)
    loss, parameters = _task(module)
    operator = torch_curvature.hessian(loss, module.parameters())
    assert operator.size == 29
    exact = dense_hessian_by_differences(loss, parameters)
    # fourth-order differences with step 1e-4 of numbers of order one: about 1e-12 / 1e-4
    np.testing.assert_allclose(dense(operator), exact, atol=1e-8)
    found = eigenpairs(operator, 2, "smallest", tolerance=1e-10)
    np.testing.assert_allclose(found.values, np.linalg.eigvalsh(exact)[:2], atol=1e-8)


def test_torch_and_jax_agree_on_a_small_network():
    rng = np.random.default_rng(0)
    x, y, first, second = (rng.standard_normal(s) for s in ((6, 3), (6, 2), (3, 4), (4, 2)))
    weights = [torch.tensor(w, requires_grad=True) for w in (first, second)]
    tx, ty = torch.tensor(x), torch.tensor(y)
    operator = torch_curvature.gauss_newton(
        lambda: torch.tanh(tx @ weights[0]) @ weights[1], lambda out: ((out - ty) ** 2).sum(), weights
    )
    exact = dense_gauss_newton(
        lambda w: jnp.tanh(x @ w[0]) @ w[1], lambda out: jnp.sum((out - y) ** 2), [jnp.array(first), jnp.array(second)]
    )
    np.testing.assert_allclose(dense(operator), exact, atol=1e-8)
    hessian = dense(
        torch_curvature.hessian(lambda: ((torch.tanh(tx @ weights[0]) @ weights[1] - ty) ** 2).sum(), weights)
    )
    assert np.abs(hessian - exact).max() > 0.1
    jax_loss = jax.hessian(lambda w: jnp.sum((jnp.tanh(x @ w[:12].reshape(3, 4)) @ w[12:].reshape(4, 2) - y) ** 2))
    np.testing.assert_allclose(hessian, jax_loss(jnp.concatenate([first.ravel(), second.ravel()])), atol=1e-8)


def test_neither_gradients_nor_random_numbers_are_touched():
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Dropout(0.0))
    x = torch.randn(4, 3)
    module(x).sum().backward()
    kept = [p.grad.clone() for p in module.parameters()]
    state = torch.get_rng_state()
    operator = torch_curvature.hessian(lambda: module(x).pow(2).mean(), module.parameters())
    eigenpairs(operator)
    assert all(torch.equal(a, p.grad) for a, p in zip(kept, module.parameters(), strict=True))
    assert torch.equal(state, torch.get_rng_state())


def test_dropout_is_named():
    module = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Dropout(0.5))
    x = torch.randn(4, 3)
    with pytest.raises(NondeterministicLossError, match="dropout"):
        torch_curvature.hessian(lambda: module(x).pow(2).mean(), module.parameters())


def test_changed_parameters_are_noticed():
    weights = torch.ones(3, requires_grad=True)
    operator = torch_curvature.hessian(lambda: (weights**4).sum(), [weights])
    with torch.no_grad():
        weights.add_(1.0)
    with pytest.raises(SeparatrixError, match="make a new one"):
        operator @ np.ones(3)


def test_a_linear_loss_has_zero_curvature():
    weights = torch.ones(3, requires_grad=True)
    np.testing.assert_array_equal(torch_curvature.hessian(lambda: weights.sum(), [weights]) @ np.ones(3), np.zeros(3))


@pytest.mark.parametrize(
    "loss",
    [lambda w: w, lambda w: w.detach().sum()],
    ids=["not a scalar", "detached"],
)
def test_bad_losses_are_refused(loss):
    weights = torch.ones(3, requires_grad=True)
    with pytest.raises(SeparatrixError):
        torch_curvature.hessian(lambda: loss(weights), [weights])
    with pytest.raises(SeparatrixError, match="requires a gradient"):
        torch_curvature.hessian(lambda: weights.sum(), [weights.detach()])
