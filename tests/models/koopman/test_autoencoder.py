import copy
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.utils.estimator_checks import check_estimator

from separatrix.errors import SeparatrixError
from separatrix.models import as_trajectories
from separatrix.models.koopman.autoencoder import autoencoder
from separatrix.models.koopman.autoencoder_estimator import KoopmanAutoencoder
from separatrix.models.koopman.window_training import hold_back, windows

DECAY, ANGLE = 0.999, 0.3


def spirals(count=6, times=60, seed=0):
    """Linear, so that its two eigenvalues are known."""
    rng = np.random.default_rng(seed)
    turn = DECAY * np.array([[np.cos(ANGLE), np.sin(ANGLE)], [-np.sin(ANGLE), np.cos(ANGLE)]])
    series = []
    for start in rng.normal(size=(count, 2)):
        states = [start]
        for _ in range(times - 1):
            states.append(states[-1] @ turn)
        series.append(np.array(states))
    return series


SETTINGS = {
    "latent": 2,
    "hidden": (16,),
    "window": 10,
    "contrast": 0.0,
    "entropy": 0.001,
    "ridge": 1e-4,
    "batch": 16,
    "learning_rate": 5e-3,
}
DATA = spirals()


@pytest.fixture(scope="module")
def fitted():
    return KoopmanAutoencoder(**SETTINGS, steps=1000).fit(DATA)


def test_finds_the_eigenvalues_of_a_linear_system_and_certifies_them(fitted):
    true = DECAY * np.exp(1j * ANGLE * np.array([-1, 1]))
    found = fitted.eigenvalues_[np.argsort(fitted.eigenvalues_.imag)]
    assert np.abs(found - true).max() < 0.02
    assert fitted.certificate_ == "valid"
    assert fitted.verdicts_.tolist() == ["certified"] * 2
    assert np.abs(fitted.rates_.imag) == pytest.approx([ANGLE, ANGLE], abs=0.02)


def test_no_mode_of_noise_is_certified_but_a_constant():
    noise = list(np.random.default_rng(0).normal(size=(6, 60, 2)))
    model = KoopmanAutoencoder(**SETTINGS, steps=100).fit(noise)
    # latents have a mean, and a constant is an eigenfunction of any system, with eigenvalue 1
    moving = np.abs(model.eigenvalues_ - 1) > 0.1
    assert moving.any()
    assert set(model.verdicts_[moving]) == {"spurious"}


def test_too_few_states_kept_back_make_the_certificate_void(fitted):
    short, states = copy.copy(fitted), DATA[0]
    short._certify(states[:5], states[1:6], states)
    assert short.certificate_.startswith("void: 5 snapshots for 2 functions")
    assert short.verdicts_.tolist() == ["void"] * 2


def test_residuals_are_of_kept_back_pairs(fitted):
    now, after = as_trajectories(DATA[-1:]).pairs()
    ahead, here = fitted.transform(after), fitted.transform(now)
    by_hand = np.linalg.norm(ahead - here * fitted.eigenvalues_[None, :], axis=0) / np.linalg.norm(here, axis=0)
    assert fitted.residuals_ == pytest.approx(by_hand, rel=1e-6)


def test_predicts_better_than_the_last_value(fitted):
    fresh = spirals(seed=9)
    assert fitted.score(fresh) > 0.98
    now, later = as_trajectories(fresh).pairs(5)
    assert np.mean((fitted.predict(now, 5) - later) ** 2) < 0.1 * np.mean((now - later) ** 2)
    assert fitted.forecast(None, 5)[-1] == pytest.approx(fitted.predict(DATA[-1][-1:], 5)[0])
    assert fitted.forecast(DATA[0], 3).shape == (3, 2)


def test_modes_express_the_state(fitted):
    states = np.concatenate(DATA)
    linear = (fitted.transform(states) @ fitted.modes_).real
    residual = states - linear
    assert np.mean((residual - residual.mean(axis=0)[None, :]) ** 2) < 0.1 * states.var()


def test_saved_and_loaded_it_is_the_same(fitted, tmp_path):
    fitted.save(tmp_path / "model.safetensors")
    again = KoopmanAutoencoder.load(tmp_path / "model.safetensors")
    assert again.get_params() == fitted.get_params()
    assert np.array_equal(again.predict(DATA[0], 3), fitted.predict(DATA[0], 3))
    assert np.array_equal(again.eigenvalues_, fitted.eigenvalues_)
    assert again.verdicts_.tolist() == fitted.verdicts_.tolist()
    (tmp_path / "other.safetensors").write_bytes(b"no such thing")
    with pytest.raises(SeparatrixError, match="Cannot read the model"):
        KoopmanAutoencoder.load(tmp_path / "other.safetensors")


def test_same_seed_same_model_and_early_stopping_keeps_the_best(fitted):
    short = {**SETTINGS, "steps": 300, "patience": 1}
    first, second = (KoopmanAutoencoder(**short).fit(DATA) for _ in range(2))
    assert np.array_equal(first.operator_, second.operator_)
    assert first.stopped_ in ("patience", "steps")
    assert len(first.validation_) == len(first.losses_) // 100


@pytest.mark.parametrize(
    ("settings", "data", "message"),
    [
        ({"window": 7}, DATA, "window"),
        ({"latent": 0}, DATA, "latent"),
        ({"ridge": 0.0}, DATA, "ridge"),
        ({"operator": "best"}, DATA, "'pooled' or 'average'"),
        ({"held_out": 1.0}, DATA, "held_out"),
        ({"window": 80}, DATA, "at least 80 states"),
        ({}, [np.ones((40, 2)) * np.arange(40)[:, None] * [1, 0]], "Constant"),
    ],
)
def test_bad_input_is_refused_in_one_line(settings, data, message):
    with pytest.raises(SeparatrixError, match=message) as caught:
        KoopmanAutoencoder(**{**SETTINGS, "steps": 1, **settings}).fit(data)
    assert "\n" not in str(caught.value)


def test_pairs_inputs_and_unequal_steps_are_refused():
    model = KoopmanAutoencoder(**SETTINGS, steps=1)
    with pytest.raises(SeparatrixError, match="no pairs"):
        model.fit(DATA[0][:-1], DATA[0][1:])
    with pytest.raises(SeparatrixError, match="no inputs"):
        model.fit(DATA[0], inputs=DATA[0])
    with pytest.raises(SeparatrixError, match="equal steps"):
        model.fit(DATA[0], times=np.arange(60.0) ** 1.1)


@pytest.mark.slow
def test_scikit_learn_accepts_it():
    model = KoopmanAutoencoder(latent=2, hidden=(4,), window=4, neighbours=1, steps=2, batch=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_estimator(model)


def test_forecast_is_the_power_of_the_operator():
    model = autoencoder(3, 4, (5,), key=jax.random.key(0), dtype=jnp.float64)
    operator = 0.5 * jax.random.normal(jax.random.key(1), (4, 4))
    x = jax.random.normal(jax.random.key(2), (2, 3))
    third = model.decoder(model.encoder(x) @ operator @ operator @ operator)
    assert model.forecast(x, operator, 3)[2] == pytest.approx(np.asarray(third), rel=1e-9)


def test_windows_stay_inside_their_series():
    found = windows((np.arange(5.0)[:, None], 10 + np.arange(4.0)[:, None]), 4)
    assert np.asarray(found.every())[:, :, 0].tolist() == [[0, 1, 2, 3], [1, 2, 3, 4], [10, 11, 12, 13]]


def test_whole_series_are_kept_back_where_there_are_some():
    kept, back = hold_back(as_trajectories(DATA), 0.2)
    assert (len(kept.states), len(back.states)) == (5, 1)
    kept, back = hold_back(as_trajectories(DATA[:2]), 0.25)
    assert [len(states) for states in (*kept.states, *back.states)] == [45, 45, 15, 15]
