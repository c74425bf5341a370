"""A loss is evaluated a second time when it is new, and whenever it might have become random."""

import itertools

import numpy as np
import pytest

from separatrix.analysis.operators import NondeterministicLossError

torch = pytest.importorskip("torch")
checked = pytest.importorskip("separatrix.analysis.torch_determinism").checked

pytestmark = pytest.mark.torch
_COUNTER = itertools.count(1)


class _Counted(torch.nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner, self.calls = inner, 0

    def forward(self, x):
        self.calls += 1
        return self.inner(x)


def _case():
    torch.manual_seed(0)
    model = _Counted(torch.nn.Sequential(torch.nn.Linear(3, 40), torch.nn.Dropout(0.5)).eval())
    x = torch.randn(5, 3)
    return model, x


def _loss(model, x):
    return lambda: model(x).square().mean()


def test_the_second_evaluation_is_made_once_for_the_same_function_and_objects():
    model, x = _case()
    calls = []
    for _ in range(3):
        checked(_loss(model, x))
        calls.append(model.calls)
    assert calls == [2, 3, 4]
    checked(_loss(model, x.clone()))  # other data of equal values: looked at anew
    assert model.calls == 6


def test_a_loss_that_passed_is_caught_when_dropout_comes_on():
    model, x = _case()
    checked(_loss(model, x))
    model.train()
    with pytest.raises(NondeterministicLossError):
        checked(_loss(model, x))


@pytest.mark.parametrize(
    "noise",
    [
        lambda: float(np.random.default_rng().random()),
        lambda: float(next(_COUNTER)),
        lambda: float(np.random.rand()),  # noqa: NPY002
    ],
)
def test_a_loss_with_a_source_of_its_own_is_caught_at_first(noise):
    weights = torch.ones(2, requires_grad=True)
    with pytest.raises(NondeterministicLossError):
        checked(lambda: weights.sum() * noise())


def test_what_is_closed_over_but_cannot_be_followed_is_checked_every_time():
    model, x = _case()
    batches = [x]  # a list can be changed in place
    for _ in range(2):
        checked(lambda: model(batches[0]).square().mean())
    assert model.calls == 4
