import inspect

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from conformance.cases import DICTIONARIES, ESTIMATORS
from separatrix.errors import SeparatrixError
from separatrix.models import koopman

pytestmark = [
    pytest.mark.filterwarnings("ignore::separatrix.models.koopman.CertificateWarning"),
    pytest.mark.filterwarnings("ignore:.*not checking array_api input:sklearn.exceptions.SkipTestWarning"),
]
QUICK = [case for case in ESTIMATORS + DICTIONARIES if case.name != "TrainedDictionary"]
EXPECTED = {case.name: case.expected for case in QUICK}
MATRIX = np.array([[0.9, 0.3, 0.0], [-0.3, 0.9, 0.0], [0.0, 0.1, 0.7]])
SPECTRUM = np.array([0.9 + 0.3j, 0.9 - 0.3j, 0.7])


def linear_series(count=12, length=40):
    """Series of a linear map without noise, from several starts."""
    starts = np.random.default_rng(0).standard_normal((count, 3))
    powers = [np.linalg.matrix_power(MATRIX, step) for step in range(length)]
    return list(np.stack([starts @ power.T for power in powers], axis=1))


def test_every_public_estimator_has_its_line():
    public = {name: getattr(koopman, name) for name in koopman.__all__}
    bases = koopman.KoopmanModel, koopman.Dictionary
    ours = {name for name, kind in public.items() if inspect.isclass(kind) and issubclass(kind, bases)}
    assert ours - {"KoopmanModel", "Dictionary"} == {case.name for case in ESTIMATORS + DICTIONARIES}


@parametrize_with_checks(
    [case.estimator for case in QUICK], expected_failed_checks=lambda estimator: EXPECTED[type(estimator).__name__]
)
def test_scikit_learn_accepts_it(estimator, check):
    check(estimator)


@pytest.mark.slow
def test_scikit_learn_accepts_the_trained_dictionary():
    case = next(case for case in DICTIONARIES if case.name == "TrainedDictionary")
    check_estimator(clone(case.estimator), expected_failed_checks=case.expected)


@pytest.fixture(params=ESTIMATORS, ids=lambda case: case.name)
def case(request):
    return request.param


@pytest.fixture(
    params=[
        pytest.param(case, marks=[pytest.mark.slow] if case.name == "TrainedDictionary" else [], id=case.name)
        for case in ESTIMATORS + DICTIONARIES
    ]
)
def any_case(request):
    return request.param


def test_the_same_data_give_the_same_model_to_the_bit(any_case):
    series = linear_series()
    one, other = (clone(any_case.estimator).fit(series).transform(series) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_what_was_fitted_is_told_in_full(case):
    model = clone(case.estimator).fit(linear_series())
    count = len(model.eigenvalues_)
    assert model.residuals_.shape == model.verdicts_.shape == model.rates_.shape == (count,)
    assert model.modes_.shape == (count, 3)
    assert set(model.verdicts_) <= {"certified", "spurious", "void"}
    assert model.certificate_ == "valid" or model.certificate_.startswith("void: ")
    assert ("void" in model.verdicts_) == (model.certificate_ != "valid")
    assert (np.diff(model.residuals_) >= 0).all()
    np.testing.assert_allclose(np.exp(model.rates_ * model.step_), model.eigenvalues_, atol=1e-12)
    assert model.n_features_in_ == 3
    assert list(model.feature_names_in_) == ["x0", "x1", "x2"]
    assert len(model.get_feature_names_out()) == count


def test_complex_eigenvalues_come_in_pairs(case):
    values = clone(case.estimator).fit(linear_series()).eigenvalues_
    assert np.abs(values[:, None] - values.conj()[None, :]).min(axis=1).max() < 1e-10


# a driven model says itself what it leaves open, so that no accuracy of its eigenvalues can be asked for
@pytest.mark.parametrize("case", [case for case in ESTIMATORS if case.accuracy is not None], ids=lambda case: case.name)
def test_a_linear_map_is_found_with_its_certificates(case):
    model = clone(case.estimator).set_params(tolerance=0.05).fit(linear_series())
    found = model.eigenvalues_[model.residuals_ <= 0.05]
    gaps = np.abs(found[None, :] - SPECTRUM[:, None]).min(axis=1)
    assert gaps.max() < case.accuracy


def test_the_order_of_the_series_does_not_matter(case):
    # kernels choose centres, and break ties between equals by the order
    series = linear_series()
    one, other = (clone(case.estimator).fit(order).score(series) for order in (series, series[::-1]))
    assert one == pytest.approx(other, abs=1e-5)
    assert one > 0.99


def test_a_forecast_begins_with_the_prediction_of_its_end(case):
    series = linear_series()
    model = clone(case.estimator).fit(series)
    np.testing.assert_allclose(model.forecast(series, 3)[2], model.predict(series[-1], 3)[-1], atol=1e-9)
    np.testing.assert_array_equal(model.forecast(None, 2), model.forecast(series, 2))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.ones((30, 2)) * 1j, "Complex data not supported"),
        (np.where(np.arange(60).reshape(30, 2) == 7, np.nan, 1.0), "NaN or infinite, the first in x1 at row 3"),
        (np.ones((1, 2)), "at least . states; the longest here has 1 sample"),
        (np.stack([np.arange(30.0), np.ones(30)], axis=1), "Constant throughout: x1"),
        (np.array([["a", "b"]] * 30), "must be numbers"),
    ],
)
def test_bad_data_are_refused_in_one_line(case, data, message):
    with pytest.raises(SeparatrixError, match=message) as caught:
        clone(case.estimator).fit(data)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)


def test_bad_settings_are_refused_in_the_one_form(any_case):
    for bad in any_case.bad:
        with pytest.raises(SeparatrixError, match=r"^The '\w+' parameter of [\w.]+ must be .*\. Got .* instead\.$"):
            clone(any_case.estimator).set_params(**bad).fit(linear_series())


def test_the_docstring_tells_settings_and_source(any_case):
    text = inspect.getdoc(type(any_case.estimator)) or ""
    assert "Args:" in text
    assert set(any_case.estimator.get_params(deep=False)) <= {word.strip(" :") for word in text.split()}
