"""Thresholds of optimisers against what they do on a quadratic, just below and just above."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from separatrix.probes.jax_rule import optax_rule

torch = pytest.importorskip("torch")
optimizer_rule = pytest.importorskip("separatrix.probes.torch_rule").optimizer_rule

pytestmark = pytest.mark.torch

_TORCH = {
    "plain": lambda p: torch.optim.SGD(p, lr=0.1),
    "heavy ball": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "dampened": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.5, dampening=0.3),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "decay": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1.0),
}


def _growth(curvature, make, steps=600, begin=1.0):
    x = torch.tensor([begin, begin], dtype=torch.float64, requires_grad=True)
    optimizer = make([x])
    sizes = []
    for _ in range(steps):
        optimizer.zero_grad()
        (curvature * x**2 / 2).sum().backward()
        optimizer.step()
        sizes.append(float(x.detach().abs().max()))
    return sizes[-1] / sizes[steps // 2]


@pytest.mark.parametrize("name", list(_TORCH))
def test_descent_is_stable_below_its_threshold_and_not_above(name):
    x = torch.nn.Parameter(torch.ones(2))
    model = torch.nn.Module()
    model.x = x
    threshold = optimizer_rule(model, _TORCH[name]([x])).threshold
    assert _growth(0.98 * threshold, _TORCH[name]) < 1
    assert _growth(1.02 * threshold, _TORCH[name]) > 1


@pytest.mark.parametrize("name", ["heavy ball", "nesterov"])
def test_the_plain_threshold_is_wrong_for_momentum(name):
    plain = 2 / 0.1
    assert (_growth(1.05 * plain, _TORCH[name]) < 1) or (_growth(0.95 * plain, _TORCH[name]) > 1)


def _frozen_adam(learning_rate, b1, decay=0.0):
    """Adam whose second moment is as good as constant: b2 is almost 1 and v was set by hand."""

    def make(parameters):
        optimizer = torch.optim.AdamW(parameters, lr=learning_rate, betas=(b1, 1 - 1e-15), eps=0.0, weight_decay=decay)
        for p in parameters:
            optimizer.state[p] = {
                "step": torch.tensor(1e18, dtype=torch.float64),
                "exp_avg": torch.zeros_like(p),
                "exp_avg_sq": torch.full_like(p, 4.0),
            }
        return optimizer

    return make


@pytest.mark.parametrize(("b1", "decay"), [(0.9, 0.0), (0.5, 0.0), (0.9, 2.0)])
def test_adam_is_stable_up_to_its_threshold_on_the_preconditioned_curvature(b1, decay):
    x = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
    model = torch.nn.Module()
    model.x = x
    rule = optimizer_rule(model, _frozen_adam(0.1, b1, decay)([x]))
    np.testing.assert_allclose(rule.preconditioner, 2.0)
    curvature = rule.threshold * 2.0
    assert _growth(0.98 * curvature, _frozen_adam(0.1, b1, decay), begin=1e-20, steps=100) < 1
    assert _growth(1.02 * curvature, _frozen_adam(0.1, b1, decay), begin=1e-20, steps=100) > 1


def test_groups_with_other_rates_are_folded_into_the_hessian():
    a, b = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(3))
    model = torch.nn.Module()
    model.a, model.b = a, b
    rule = optimizer_rule(model, torch.optim.SGD([{"params": [a], "lr": 0.1}, {"params": [b], "lr": 0.02}], lr=1.0))
    assert rule.threshold == pytest.approx(20.0)
    np.testing.assert_allclose(rule.preconditioner, [1, 1, 5, 5, 5])
    assert "different learning rates" in rule.notes[0]


_PAIRS = {
    "plain": (optax.sgd(0.1), _TORCH["plain"]),
    "heavy ball": (optax.sgd(0.1, momentum=0.9), _TORCH["heavy ball"]),
    "nesterov": (optax.sgd(0.1, momentum=0.9, nesterov=True), _TORCH["nesterov"]),
    "clipped": (optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.1, momentum=0.9)), _TORCH["heavy ball"]),
    "decay": (optax.chain(optax.add_decayed_weights(1.0), optax.sgd(0.1, momentum=0.9)), _TORCH["decay"]),
}


@pytest.mark.parametrize("name", list(_PAIRS))
def test_optax_transformations_are_recognised_by_what_they_do(name):
    transformation, make = _PAIRS[name]
    x = torch.nn.Parameter(torch.ones(2))
    model = torch.nn.Module()
    model.x = x
    params = {"x": jnp.ones(2)}
    ours, theirs = optax_rule(transformation, params, transformation.init(params)), optimizer_rule(model, make([x]))
    # pulses of 1e-4 in a chain whose state may be in single precision
    assert ours.threshold == pytest.approx(theirs.threshold, rel=1e-4)
    assert ours.pace == pytest.approx(theirs.pace, rel=1e-4)


def test_adam_of_optax_agrees_with_that_of_torch():
    x = torch.nn.Parameter(torch.ones(2, dtype=torch.float64))
    model = torch.nn.Module()
    model.x = x
    theirs = torch.optim.AdamW([x], lr=0.05, betas=(0.8, 0.99), weight_decay=0.1)
    transformation = optax.adamw(0.05, b1=0.8, b2=0.99, weight_decay=0.1)
    params = {"x": jnp.ones(2)}
    state = transformation.init(params)
    for _ in range(5):
        theirs.zero_grad()
        (x**2).sum().backward()
        theirs.step()
        updates, state = transformation.update({"x": 2 * params["x"]}, state, params)
        params = optax.apply_updates(params, updates)
    expected, found = optimizer_rule(model, theirs), optax_rule(transformation, params, state)
    assert found.threshold == pytest.approx(expected.threshold, rel=1e-6)
    np.testing.assert_allclose(found.preconditioner, expected.preconditioner, rtol=1e-6)


def test_an_unknown_optimiser_has_no_threshold():
    x = torch.nn.Parameter(torch.ones(2))
    model = torch.nn.Module()
    model.x = x
    assert optimizer_rule(model, torch.optim.Adagrad([x])).threshold is None
    params = {"x": jnp.ones(3)}
    transformation = optax.adagrad(0.1)
    assert optax_rule(transformation, params, transformation.init(params)).threshold is None
