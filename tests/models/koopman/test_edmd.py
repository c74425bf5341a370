import hypothesis
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import strategies as st

from separatrix.errors import SeparatrixError
from separatrix.models import as_trajectories
from separatrix.models.koopman import EDMD, CertificateWarning, Delays, HankelDMD, Monomials, RadialBasis, ResDMD

MATRIX = np.array([[0.9, 0.2], [-0.1, 0.7]])


def series_of(matrix, count=5, length=30, seed=0):
    starts = np.random.default_rng(seed).standard_normal((count, len(matrix)))
    return list(np.stack([starts @ np.linalg.matrix_power(matrix, step).T for step in range(length)], axis=1))


def test_products_of_eigenvalues_are_eigenvalues_of_a_linear_map():
    one, other = np.linalg.eigvals(MATRIX)
    model = EDMD(Monomials(2)).fit(series_of(MATRIX))
    expected = [1.0, one, other, one**2, one * other, other**2]
    np.testing.assert_allclose(np.sort_complex(model.eigenvalues_), np.sort_complex(expected), atol=1e-10)
    assert set(model.verdicts_) == {"certified"}
    assert model.residuals_.max() < 1e-10


def test_it_solves_the_least_squares_problem():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((2, 200, 2))
    dictionary = Monomials(2).fit(x)
    px, py = dictionary.transform(x), dictionary.transform(y)
    found = np.sort_complex(EDMD(Monomials(2)).fit(x, y).eigenvalues_)
    np.testing.assert_allclose(found, np.sort_complex(np.linalg.eigvals(np.linalg.lstsq(px, py)[0])), atol=1e-12)
    swapped = np.sort_complex(np.linalg.eigvals(np.linalg.lstsq(py, px)[0]))
    assert np.abs(found - swapped).max() > 1e-3


def test_modes_and_eigenfunctions_make_the_state():
    series = series_of(MATRIX)
    model = EDMD(Monomials(2)).fit(series)
    rebuilt = model.transform(series) @ model.modes_
    np.testing.assert_allclose(rebuilt, np.concatenate(series), atol=1e-10)
    np.testing.assert_allclose(
        model.eigenfunctions(series[0][1:]), model.transform(series[0][:-1]) * model.eigenvalues_[None, :], atol=1e-10
    )


@pytest.mark.parametrize("matrix", [MATRIX, np.array([[0.8, 1.0], [0.0, 0.8]])], ids=["diagonalisable", "Jordan block"])
def test_forecasts_are_powers_of_the_map(matrix):
    series = series_of(matrix)
    model = EDMD(Monomials(1)).fit(series)
    expected = series[0] @ np.linalg.matrix_power(matrix, 7).T
    np.testing.assert_allclose(model.predict(series[0], 7), expected, atol=1e-9)
    np.testing.assert_allclose(
        model.forecast(series[0][:1], 30)[-1], expected[0] @ np.linalg.matrix_power(matrix, 23).T
    )
    assert model.score(series) == pytest.approx(1.0)


def test_pairs_in_any_order_give_the_model_of_their_series():
    series = series_of(MATRIX, count=1, length=40)[0]
    order = np.random.default_rng(0).permutation(39)
    of_series, of_pairs = EDMD().fit(series), EDMD().fit(series[:-1][order], series[1:][order])
    np.testing.assert_allclose(
        np.sort_complex(of_pairs.eigenvalues_), np.sort_complex(of_series.eigenvalues_), atol=1e-9
    )
    assert of_pairs.score(series[:-1], series[1:]) == pytest.approx(1.0)


def test_series_of_unequal_length_are_not_joined():
    long, short = series_of(MATRIX, count=2)
    model = EDMD(Monomials(1)).fit([long, short[:4]])
    assert model.residuals_.max() < 1e-10
    joined = EDMD(Monomials(1)).fit(np.concatenate([long, short[:4]]))
    assert joined.residuals_.max() > 1e-3


def test_a_lag_takes_powers_of_the_eigenvalues():
    times = 0.1 * np.arange(30)
    model = EDMD(Monomials(1), lag=3).fit(series_of(MATRIX), times=[times] * 5)
    np.testing.assert_allclose(
        np.sort_complex(model.eigenvalues_), np.sort_complex([*(np.linalg.eigvals(MATRIX) ** 3), 1.0]), atol=1e-10
    )
    assert model.step_ == pytest.approx(0.3)


def test_inputs_are_told_from_the_dynamics():
    rng = np.random.default_rng(0)
    gain = np.array([[0.5, 0.0, 1.0], [0.0, -1.0, 0.3]])
    inputs = rng.standard_normal((80, 3))
    states = np.zeros((80, 2))
    states[0] = 1.0
    for step in range(79):
        states[step + 1] = MATRIX @ states[step] + gain @ inputs[step]
    model = EDMD(Monomials(1)).fit(states, inputs=inputs)
    np.testing.assert_allclose(model.control_.on_state.T, gain, atol=1e-10)
    np.testing.assert_allclose(
        np.sort_complex(model.eigenvalues_), np.sort_complex([*np.linalg.eigvals(MATRIX), 1.0]), atol=1e-10
    )
    assert model.residuals_.max() < 1e-9
    assert EDMD(Monomials(1)).fit(states).residuals_.max() > 0.1
    np.testing.assert_allclose(model.forecast(states[:10], 20, inputs[9:29]), states[10:30], atol=1e-9)
    np.testing.assert_allclose(model.predict(states[:5], 1, inputs[:5]), states[1:6], atol=1e-9)
    assert model.score(states, inputs=inputs) == pytest.approx(1.0)
    with pytest.raises(SeparatrixError, match="was fitted with 3 inputs"):
        model.predict(states)


def test_feedback_cannot_be_told_from_dynamics():
    states = series_of(MATRIX, count=1, length=40)[0]
    with pytest.raises(SeparatrixError, match="functions of the state"):
        EDMD(Monomials(1)).fit(states, inputs=states[:, :1] - states[:, 1:])
    with pytest.raises(SeparatrixError, match="input that never changes"):
        EDMD(Monomials(1)).fit(states, inputs=np.ones((40, 1)))


def logistic(length=400, start=0.3):
    states = np.empty(length)
    states[0] = start
    for step in range(length - 1):
        states[step + 1] = 3.9 * states[step] * (1 - states[step])
    return states


def test_a_lower_rank_keeps_the_forecast_of_the_state():
    states = logistic()
    full, reduced = (EDMD(Monomials(8), rank=rank).fit(states) for rank in (None, 3))
    assert len(reduced.eigenvalues_) == 3
    np.testing.assert_allclose(reduced.predict(states), full.predict(states), atol=1e-8)


def test_chaos_has_no_certified_mode_but_the_constant():
    model = EDMD(Monomials(8)).fit(logistic(2000))
    certified = model.eigenvalues_[model.verdicts_ == "certified"]
    np.testing.assert_allclose(certified, [1.0], atol=1e-10)
    cleaned = ResDMD(Monomials(8)).fit(logistic(2000))
    np.testing.assert_allclose(cleaned.eigenvalues_, [1.0], atol=1e-10)
    assert len(cleaned.rejected_eigenvalues_) == 8
    # nothing but the mean is left to forecast with
    np.testing.assert_allclose(cleaned.predict(logistic(2000)[:5], 50), logistic(2000)[1:].mean(), atol=1e-8)


def test_clean_up_keeps_conjugate_pairs_and_their_forecast():
    angles = 0.3 * np.arange(300)
    rng = np.random.default_rng(0)
    states = np.stack([np.cos(angles), np.sin(angles), rng.standard_normal(300)], axis=1)
    model = ResDMD(Monomials(1)).fit(states)
    np.testing.assert_allclose(np.sort(model.rates_.imag), [-0.3, 0.0, 0.3], atol=1e-3)
    assert np.isrealobj(model.matrix_)
    np.testing.assert_allclose(model.predict(states[:50], 40)[:, :2], states[40:90, :2], atol=0.05)


def test_with_as_many_functions_as_snapshots_residuals_vanish_and_are_void():
    x = np.random.default_rng(0).standard_normal((12, 1))
    y = np.random.default_rng(1).standard_normal((12, 1))  # no dynamics at all
    with pytest.warns(CertificateWarning, match="void: 12 snapshots for 12 functions"):
        model = EDMD(Monomials(11)).fit(x, y)
    assert model.residuals_.max() < 1e-3
    assert set(model.verdicts_) == {"void"}


def test_inputs_count_as_functions_of_the_certificate():
    rng = np.random.default_rng(0)
    states, inputs = rng.standard_normal((14, 2)), rng.standard_normal((14, 1))
    assert EDMD(Monomials(1)).fit(states).certificate_ == "valid"
    with pytest.warns(CertificateWarning, match="need 16"):
        EDMD(Monomials(1)).fit(states, inputs=inputs)


def test_unequal_steps_are_refused():
    with pytest.raises(SeparatrixError, match="EDMD needs equal steps between times; these go from 1 to 2"):
        EDMD().fit(logistic(20), times=np.cumsum([0.0, 2.0, *np.ones(18)]))


def test_delays_see_what_one_component_hides():
    waves = np.cos(0.3 * np.arange(200)) + 0.5 * np.cos(1.1 * np.arange(200))
    model = HankelDMD(delays=4).fit(waves)
    np.testing.assert_allclose(np.sort(model.rates_.imag), [-1.1, -0.3, 0.3, 1.1], atol=1e-6)
    np.testing.assert_allclose(model.forecast(waves[:20], 50).ravel(), waves[20:70], atol=1e-6)
    with pytest.raises(SeparatrixError, match=r"pairs .* have no past"):
        EDMD(Delays(2)).fit(waves[:-1, None], waves[1:, None])


def test_any_transformer_is_a_dictionary():
    from sklearn.preprocessing import PolynomialFeatures

    series = series_of(MATRIX)
    foreign = EDMD(PolynomialFeatures(2)).fit(series)
    np.testing.assert_allclose(
        np.sort_complex(foreign.eigenvalues_), np.sort_complex(EDMD(Monomials(2)).fit(series).eigenvalues_), atol=1e-9
    )


KINDS = {
    "float32": lambda x: x.astype(np.float32),
    "Fortran order": np.asfortranarray,
    "nested lists": lambda x: x.tolist(),
    "list of one series": lambda x: [x],
    "frame": lambda x: pd.DataFrame(x, columns=["a", "b"]),
    "xarray": lambda x: xr.DataArray(x, dims=("time", "state")),
    "trajectories": as_trajectories,
}


@hypothesis.settings(max_examples=15)
@hypothesis.given(st.sampled_from(sorted(KINDS)), st.integers(14, 30), st.integers(0, 3))
def test_all_containers_give_one_model(kind, length, seed):
    states = series_of(MATRIX, 1, length, seed)[0].astype(np.float32).astype(float)
    plain, other = EDMD(Monomials(1)).fit(states), EDMD(Monomials(1)).fit(KINDS[kind](states))
    np.testing.assert_allclose(other.eigenvalues_, plain.eigenvalues_, rtol=1e-6)
    assert other.predict(KINDS[kind](states)).shape == states.shape


def test_frames_give_their_names():
    model = EDMD(RadialBasis(3)).fit(pd.DataFrame(series_of(MATRIX, 1)[0], columns=["prey", "predator"]))
    assert list(model.feature_names_in_) == ["prey", "predator"]


@pytest.mark.parametrize(
    ("images", "message"),
    [(np.zeros((5, 2)), "in X's shape"), (np.full((30, 2), np.nan), "NaN")],
)
def test_images_that_do_not_fit_are_refused(images, message):
    with pytest.raises(SeparatrixError, match=message):
        EDMD().fit(series_of(MATRIX, 1)[0], images)
