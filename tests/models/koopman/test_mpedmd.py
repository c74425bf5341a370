import numpy as np
import pytest

from separatrix.models.koopman import EDMD, Fourier, MpEDMD


def rotation(count=256):
    angles = 2 * np.pi * np.arange(count) / count
    return angles[:, None], angles[:, None] + np.sqrt(2)


def test_all_eigenvalues_lie_on_the_circle_where_those_of_edmd_do_not():
    x, _ = rotation()
    # an observable and its next three images: not invariant, so that the compression shrinks
    krylov = np.stack([1 / (1.25 - np.cos(x[:, 0] + k * np.sqrt(2))) for k in range(5)], axis=1)
    unitary = MpEDMD(Fourier(1, period=50.0)).fit(krylov[:, :4], krylov[:, 1:])
    np.testing.assert_allclose(np.abs(unitary.eigenvalues_), 1.0, atol=1e-12)
    compressed = EDMD(Fourier(1, period=50.0)).fit(krylov[:, :4], krylov[:, 1:])
    assert np.abs(compressed.eigenvalues_).min() < 0.95
    assert unitary.residuals_.max() > 0.1  # on the circle is not yet in the spectrum of the data


def test_on_an_invariant_dictionary_it_is_edmd():
    x, y = rotation()
    one, other = MpEDMD(Fourier(4)).fit(x, y), EDMD(Fourier(4)).fit(x, y)
    np.testing.assert_allclose(np.sort(np.angle(one.eigenvalues_)), np.sort(np.angle(other.eigenvalues_)), atol=1e-10)
    assert set(one.verdicts_) == {"certified"}
    np.testing.assert_allclose(one.transform(x) @ one.modes_, other.transform(x) @ other.modes_, atol=1e-9)


def test_the_spectral_measure_holds_the_squared_norm():
    x, y = rotation()
    model = MpEDMD(Fourier(3)).fit(x, y)
    weights = model.spectral_weights(np.cos(2 * x[:, 0]))
    assert weights.sum() == pytest.approx(0.5)
    heavy = np.sort(np.angle(model.eigenvalues_[weights > 0.1]))
    turned = np.angle(np.exp(2j * np.sqrt(2)))
    np.testing.assert_allclose(heavy, np.sort([turned, -turned]), atol=1e-10)


def test_forecasts_neither_grow_nor_die_out():
    angles = 0.7 * np.arange(400)
    noisy = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    noisy += 0.3 * np.random.default_rng(0).standard_normal(noisy.shape)
    kept, lost = (kind(Fourier(1, period=20.0)).fit(noisy).forecast(None, 500) for kind in (MpEDMD, EDMD))
    assert np.std(kept[-50:], axis=0).min() > 0.5 * np.std(kept[:50], axis=0).max()
    assert np.std(lost[-50:], axis=0).max() < 0.1 * np.std(lost[:50], axis=0).max()
