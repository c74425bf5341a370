"""The estimator: shapes, repeatability, files, bad input; and the scores on series that are known."""

import jax
import numpy as np
import pytest
from sklearn.base import clone

from separatrix.errors import SeparatrixError
from separatrix.models.koopman_vae import KoopmanVAE, discriminative_score, predictive_score

pytestmark = pytest.mark.xdist_group("koopman-vae")  # one worker, so that the model is fitted once
RNG = np.random.default_rng(2)
CLOCK = np.linspace(0, 6, 8)[None, :, None]
SERIES = 3 * np.sin(CLOCK + RNG.uniform(-3, 3, (20, 1, 2)))
SMALL = {"latent": 2, "hidden": 3, "layers": 1, "steps": 4, "batch": 4, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def fitted():
    return KoopmanVAE(**SMALL).fit(SERIES)


def test_it_makes_series_in_the_unit_of_the_data(fitted):
    made = fitted.sample(5, 1)
    assert made.shape == (5, 8, 2)
    assert SERIES.min() <= made.min() <= made.max() <= SERIES.max()
    np.testing.assert_array_equal(made, fitted.sample(5, jax.random.key(1)))
    assert not np.array_equal(made, fitted.sample(5, 2))
    assert fitted.sample(5, 1, linear=True).shape == made.shape
    latent = fitted.transform(SERIES)
    assert latent.shape == (20, 8, 2)
    assert fitted.inverse_transform(latent).shape == SERIES.shape
    assert np.isfinite(fitted.score(SERIES))
    assert np.all(np.diff(np.abs(fitted.eigenvalues_)) <= 0)


def test_a_saved_model_is_the_same_model(fitted, tmp_path):
    fitted.save(tmp_path / "model.safetensors")
    again = KoopmanVAE.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.sample(3, 0), fitted.sample(3, 0))
    np.testing.assert_array_equal(again.operator_, fitted.operator_)
    assert again.get_params() == fitted.get_params()
    (tmp_path / "other.safetensors").write_bytes(b"nothing")
    with pytest.raises(SeparatrixError, match="Cannot read"):
        KoopmanVAE.load(tmp_path / "other.safetensors")


@pytest.mark.slow
def test_irregular_series_for_known_conditions():
    holes = np.where((RNG.uniform(size=SERIES.shape) < 0.4) & (np.arange(8)[None, :, None] != 3), np.nan, SERIES)
    times = np.cumsum(RNG.uniform(0.5, 1.5, 8))
    model = KoopmanVAE(**SMALL).fit(holes, times=times, conditions=np.arange(20.0))
    assert model.irregular_
    assert model.sample(3, conditions=[0.0, 1.0, 2.0]).shape == (3, 8, 2)
    assert np.isfinite(model.transform(holes, conditions=np.arange(20.0))).all()
    with pytest.raises(SeparatrixError, match="conditions"):
        model.sample(3, conditions=[0.0])


def test_parameters_are_scikit_learns():
    model = KoopmanVAE(latent=3, constraint="half")
    assert clone(model).get_params() == model.get_params()
    assert model.set_params(linear=0.5).linear == 0.5


@pytest.mark.parametrize(
    ("series", "parameters", "message"),
    [
        ([SERIES[0], SERIES[1][:5]], {}, "equal length"),
        (SERIES[:1], {}, "at least 2"),
        (SERIES * 0 + 1, {}, "constant"),
        (SERIES + 1j, {}, "real numbers"),
        (np.where(SERIES > 2.9, np.inf, SERIES), {}, "infinite"),
        (np.where(np.arange(20)[:, None, None] == 0, np.nan, SERIES), {}, "no value"),
        (SERIES, {"latent": 0}, "latent"),
        (SERIES, {"validation": 1.0}, "validation"),
    ],
)
def test_bad_input_is_refused_in_one_line(series, parameters, message):
    with pytest.raises(SeparatrixError, match=message) as caught:
        KoopmanVAE(**{**SMALL, **parameters}).fit(series)
    assert "\n" not in str(caught.value)


def test_other_series_than_fitted_are_refused(fitted):
    with pytest.raises(SeparatrixError, match="8 times"):
        fitted.transform(SERIES[:, :5])
    with pytest.raises(SeparatrixError, match="NaN"):
        fitted.transform(np.where(SERIES > 2, np.nan, SERIES))


@pytest.mark.slow
def test_scores_tell_noise_from_series_and_series_not_from_themselves():
    scaled = (SERIES + 3) / 6
    real = np.concatenate([scaled] * 5)
    noise = RNG.uniform(size=real.shape)
    options = {"key": jax.random.key(0), "repeats": 2, "hidden": 6, "steps": 150, "batch": 16, "rate": 0.02}
    apart, alike = (discriminative_score(real, other, **options) for other in (noise, real))
    assert apart.shape == (2,)
    assert np.mean(apart) > 0.35 > 0.2 > np.mean(alike)
    useless, useful = (predictive_score(real, other, **options) for other in (noise, real))
    assert np.mean(useful) < 0.8 * np.mean(useless)
    with pytest.raises(SeparatrixError, match="one length"):
        discriminative_score(real, noise[:, :4], **options)
