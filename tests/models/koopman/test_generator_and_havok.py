import numpy as np
import pytest
from scipy.integrate import solve_ivp

from separatrix.errors import SeparatrixError
from separatrix.models.koopman import EDMD, HAVOK, Delays, GeneratorEDMD, Monomials


def damped(times):
    """A spiral: it turns by two radians and shrinks by a tenth in a unit of time."""
    return np.stack([np.cos(2 * np.asarray(times)), -np.sin(2 * np.asarray(times))], axis=1) * np.exp(
        -0.1 * np.asarray(times)[:, None]
    )


def uneven(count, seed=0):
    return np.sort(np.random.default_rng(seed).uniform(0, 6, count))


def test_rates_are_found_at_unequal_times():
    times = uneven(400)
    model = GeneratorEDMD(Monomials(1), step=0.1).fit(damped(times), times=times)
    np.testing.assert_allclose(np.sort_complex(model.rates_), [-0.1 - 2j, -0.1 + 2j, 0.0], atol=2e-3)
    assert set(model.verdicts_) == {"certified"}
    start = damped([0.7])
    np.testing.assert_allclose(model.predict(start, 5), damped([1.2]), atol=5e-3)
    assert model.score(damped(times), times=times) > 0.999
    with pytest.raises(SeparatrixError, match="EDMD needs equal steps"):
        EDMD(Monomials(1)).fit(damped(times), times=times)


def test_the_error_falls_with_the_cube_of_the_step():
    def error(count):
        times = np.linspace(0, 6, count) + 0.2 * (6 / count) * np.sin(np.arange(count))
        model = GeneratorEDMD(Monomials(1)).fit(damped(times), times=times)
        return np.abs(np.sort_complex(model.rates_) - np.array([-0.1 - 2j, -0.1 + 2j, 0.0])).max()

    order = np.log(error(50) / error(400)) / np.log(8)
    assert order > 2.7


def test_the_generator_takes_no_delays_and_no_pairs():
    times = uneven(50)
    with pytest.raises(SeparatrixError, match="takes no delays"):
        GeneratorEDMD(Delays(2)).fit(damped(times), times=times)
    with pytest.raises(SeparatrixError, match="not pairs"):
        GeneratorEDMD().fit(damped(times), damped(times))


@pytest.fixture(scope="module")
def lorenz():
    def law(t, s):
        return [10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - 8 / 3 * s[2]]

    times = np.arange(0, 30, 0.01)
    return times, solve_ivp(law, [0, 30], [-8.0, 8.0, 27.0], t_eval=times, rtol=1e-8, atol=1e-8).y[0]


def test_havok_is_the_regression_of_delay_coordinates(lorenz):
    times, x = lorenz
    model = HAVOK(delays=40, rank=8).fit(x, times=times)
    windows = np.lib.stride_tricks.sliding_window_view(x, 40)[:, ::-1]
    u, sizes, _ = np.linalg.svd(windows, full_matrices=False)
    np.testing.assert_allclose(model.singular_values_[:8], sizes[:8], rtol=1e-9)
    v = u[:, :8] * np.sqrt(len(u))
    np.testing.assert_allclose(np.abs(model.forcing(x)), np.abs(v[:, 7]), atol=1e-6)
    # fourth-order differences stand in for the spline; the ends differ
    changes = (v[:-4] - 8 * v[1:-3] + 8 * v[3:-1] - v[4:])[:, :7] / (12 * 0.01)
    regression = np.linalg.lstsq(v[2:-2], changes)[0]
    found = np.sort_complex(np.linalg.eigvals(regression[:7].T))
    np.testing.assert_allclose(np.sort_complex(model.rates_), found, atol=0.05 * np.abs(found).max())


def test_the_linear_model_driven_by_its_forcing_follows_chaos(lorenz):
    times, x = lorenz
    model = HAVOK(delays=20, rank=8).fit(x, times=times)
    rebuilt = model.reconstruct(x[:1000])[:, 0]
    assert np.corrcoef(rebuilt, x[20:1000])[0, 1] > 0.95
    undriven = model.forecast(x[:20], 980, inputs=np.zeros((980, 1)))[:, 0]
    assert np.corrcoef(undriven, x[20:1000])[0, 1] < 0.7
    burst = np.abs(model.forcing(x))
    assert np.mean(burst**4) > 4.5 * np.mean(burst**2) ** 2  # long tails: 3 for a Gaussian
    assert model.score(x) > 0.99


def test_havok_needs_two_coordinates():
    with pytest.raises(SeparatrixError, match="two independent coordinates"):
        HAVOK(delays=1).fit(np.arange(20.0) + 1)
