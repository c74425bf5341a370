import numpy as np
import pytest
from scipy import linalg
from sklearn.metrics.pairwise import laplacian_kernel, rbf_kernel

from separatrix.errors import SeparatrixError
from separatrix.models.koopman import EDMD, CertificateWarning, KernelEDMD, Monomials, NystroemEDMD, RadialBasis
from separatrix.models.koopman.kernels import kernel_for
from separatrix.models.koopman.radial_basis import spread_centres

pytestmark = pytest.mark.filterwarnings("ignore::separatrix.models.koopman.CertificateWarning")


def pairs(count=60, seed=0):
    x = np.random.default_rng(seed).uniform(-1, 1, (count, 2))
    return x, np.stack([0.8 * x[:, 0], 0.6 * x[:, 1] + 0.2 * x[:, 0] ** 2], axis=1)


def scaled(x, states):
    return (x - states.mean(axis=0)) / states.std(axis=0)


def test_kernels_are_those_of_scikit_learn():
    x, y = pairs()
    z, w = scaled(x, x), scaled(y, x)
    np.testing.assert_allclose(
        kernel_for(x, "gaussian", 1.5, 3, "")(x, y), rbf_kernel(z, w, gamma=0.5 / 1.5**2), atol=1e-13
    )
    line = x[:, :1]
    np.testing.assert_allclose(
        kernel_for(line, "laplace", 2.0, 3, "")(line, y[:, :1]),
        laplacian_kernel(scaled(line, line), scaled(y[:, :1], line), gamma=0.5),
        atol=1e-7,  # a distance is the root of a difference of squares
    )
    np.testing.assert_allclose(kernel_for(x, "polynomial", 1.0, 2, "")(x, y), (1 + z @ w.T) ** 2, atol=1e-12)
    own = kernel_for(x, lambda one, other: one @ other.T, None, 3, "")
    np.testing.assert_allclose(own(x, y), z @ w.T, atol=1e-12)
    np.testing.assert_allclose(own.diagonal(x), np.sum(z**2, axis=1), atol=1e-12)


def test_spread_centres_factorise_the_gram_matrix():
    x, _ = pairs()
    kernel = kernel_for(x, "gaussian", 1.0, 3, "")
    chosen, factor = spread_centres(kernel, x, 60)
    assert len(set(chosen.tolist())) == len(chosen)
    np.testing.assert_allclose(factor @ factor.T, kernel(x, x), atol=1e-12)
    few, short = spread_centres(kernel, x, 10)
    nystroem = kernel(x, x[few]) @ np.linalg.solve(kernel(x[few], x[few]), kernel(x[few], x))
    np.testing.assert_allclose(short @ short.T, nystroem, atol=1e-9)


def test_a_polynomial_kernel_is_the_dictionary_of_monomials():
    x, y = pairs()
    of_kernel = KernelEDMD("polynomial", degree=3, held_back=0.0).fit(x, y)
    of_monomials = EDMD(Monomials(3)).fit(x, y)
    np.testing.assert_allclose(
        np.sort_complex(of_kernel.eigenvalues_), np.sort_complex(of_monomials.eigenvalues_), atol=1e-7
    )
    np.testing.assert_allclose(of_kernel.predict(x, 4), of_monomials.predict(x, 4), atol=1e-7)


def test_it_is_the_published_formula():
    x, y = pairs(25)
    kernel = kernel_for(x, "gaussian", 0.5, 3, "")
    squares, u = linalg.eigh(kernel(x, x))
    root = np.sqrt(squares)
    published = (u / root).T @ kernel(y, x) @ (u / root)
    found = KernelEDMD("gaussian", length_scale=0.5, held_back=0.0).fit(x, y)
    assert len(found.eigenvalues_) == 25
    np.testing.assert_allclose(
        np.sort(np.abs(found.eigenvalues_)), np.sort(np.abs(np.linalg.eigvals(published))), atol=1e-6
    )


def test_with_all_states_as_centres_nystroem_is_exact():
    x, y = pairs(30)
    exact = KernelEDMD("gaussian", length_scale=1.0, held_back=0.0).fit(x, y)
    nystroem = NystroemEDMD("gaussian", length_scale=1.0, centres=30).fit(x, y)
    np.testing.assert_allclose(nystroem.predict(x), exact.predict(x), atol=1e-5)
    fresh = pairs(30, seed=5)[0]
    np.testing.assert_allclose(nystroem.predict(fresh), exact.predict(fresh), atol=1e-4)
    assert nystroem.certificate_.startswith("void")


def test_few_centres_find_the_modes_of_a_smooth_map():
    x, y = pairs(400)
    model = NystroemEDMD(centres=40, tolerance=1e-3).fit(x, y)
    assert model.certificate_ == "valid"
    found = model.eigenvalues_[model.verdicts_ == "certified"]
    for value in (1.0, 0.8, 0.6, 0.64):
        assert np.abs(found - value).min() < 1e-3
    drawn = NystroemEDMD(centres=40, placement="random").fit(x, y)
    np.testing.assert_allclose(drawn.predict(x), y, atol=1e-3)


def test_residuals_at_the_snapshots_of_the_fit_deceive():
    # a rotation, whose spectrum is the unit circle, and a kernel narrower than the gaps between snapshots: its
    # functions are large at them alone, and at their images near 0
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 400)
    x, y = (np.stack([np.cos(a), np.sin(a)], axis=1) for a in (angles, angles + 1.0))
    with pytest.warns(CertificateWarning, match="held_back"):
        inside = KernelEDMD(length_scale=3e-4, rank=5, held_back=0.0).fit(x, y)
    assert (np.abs(inside.eigenvalues_) < 0.5).any()
    assert inside.residuals_.min() < 0.1
    assert set(inside.verdicts_) == {"void"}
    # snapshots beside those of the fit hardly see such functions either, and the certificate says so
    for narrow in (KernelEDMD(length_scale=3e-3, rank=5), NystroemEDMD(length_scale=3e-3, centres=20)):
        assert "seen by" in narrow.fit(x, y).certificate_
    with pytest.warns(CertificateWarning, match="seen by"):
        assert set(EDMD(RadialBasis(20, length_scale=3e-3)).fit(x, y).verdicts_) == {"void"}
    for honest in (KernelEDMD(rank=9), NystroemEDMD(centres=20)):
        honest.fit(x, y)
        assert honest.certificate_ == "valid"
        certified = honest.eigenvalues_[honest.verdicts_ == "certified"]
        assert len(certified) >= 3
        assert np.abs(np.abs(certified) - 1).max() < 0.1


def test_held_back_residuals_certify_what_is_there():
    x, y = pairs(300)
    model = KernelEDMD("polynomial", degree=2, tolerance=1e-6).fit(x, y)
    assert model.certificate_ == "valid"
    found = model.eigenvalues_[model.verdicts_ == "certified"]
    for value in (1.0, 0.8, 0.6, 0.64):
        assert np.abs(found - value).min() < 1e-6
    at_eigenvalue, away = model.pseudospectrum(np.array([0.8, 2.0]))
    assert at_eigenvalue < 1e-6
    assert away > 0.5


def test_a_kernel_model_says_when_too_little_was_held_back():
    x, y = pairs(60)
    model = KernelEDMD(rank=10, held_back=0.2).fit(x, y)
    assert model.certificate_ == "void: 12 snapshots held back for 10 functions, which need 40"
    with pytest.raises(SeparatrixError, match="Use NystroemEDMD"):
        KernelEDMD().fit(x, inputs=x[:, :1])


def test_centres_beyond_the_states_are_refused():
    with pytest.raises(SeparatrixError, match="asked for 31 centres and has 30 states"):
        NystroemEDMD(centres=31).fit(pairs(30)[0])
