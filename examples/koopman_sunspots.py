"""Forecast sunspots and the temperature of the Pacific by a Koopman autoencoder, and by linear regression.

Needs the extra ``data``: pip install "separatrix[data]". About a minute on two cores.
"""

import numpy as np
from statsmodels.datasets import elnino, sunspots

from separatrix.models.koopman import EDMD, KoopmanAutoencoder, Monomials

PAST = 12
"""Values behind one another that make a state."""
TRAINED = 0.8
"""Share of each series that is fitted."""
HORIZON = 12


def states(series):
    """Each value with those before it, the newest first: (times, PAST)."""
    return np.lib.stride_tricks.sliding_window_view(series, PAST)[:, ::-1]


def errors(predict, tested, spread):
    """Root-mean-square error 1 to HORIZON steps ahead, in standard deviations of the series."""
    found = [predict(tested[:-steps], steps)[:, 0] - tested[steps:, 0] for steps in range(1, HORIZON + 1)]
    return np.array([np.sqrt(np.mean(missed**2)) for missed in found]) / spread


def main():
    """Print a table of errors for both series."""
    months = elnino.load_pandas().data.iloc[:, 1:].to_numpy(float).ravel()
    years = sunspots.load_pandas().data["SUNACTIVITY"].to_numpy(float)
    sets = {"sunspots (years)": years, "El Nino (months)": months}
    for name, series in sets.items():
        series = series[np.isfinite(series)]
        rows = states(series)
        cut = int(TRAINED * len(rows))
        fitted, tested, spread = rows[:cut], rows[cut:], series[: cut + PAST].std()
        settings = {"latent": 8, "hidden": (32, 32), "window": 16, "steps": 1500, "patience": 3}
        plain = KoopmanAutoencoder(**settings, contrast=0.0, entropy=0.0).fit(fitted)
        models = {
            "last value": lambda now, steps: now,
            "linear": EDMD(Monomials(1)).fit(fitted).predict,
            "autoencoder, no pressure": plain.predict,
            "autoencoder, light": KoopmanAutoencoder(**settings, contrast=0.1, entropy=0.01).fit(fitted).predict,
            "autoencoder": KoopmanAutoencoder(**settings).fit(fitted).predict,
        }
        print(f"{name}: {cut} states fitted, {len(tested)} tested; error after 1, 3, 6, 12 steps")
        for label, predict in models.items():
            row = errors(predict, tested, spread)
            print(f"  {label:<26}" + "".join(f"{row[steps - 1]:7.2f}" for steps in (1, 3, 6, 12)))
        print("  period, growth a step and residual of the autoencoder's modes without pressure:")
        for rate, residual, word in zip(plain.rates_, plain.residuals_, plain.verdicts_, strict=True):
            if rate.imag >= 0:
                period = 2 * np.pi / rate.imag if rate.imag > 0 else np.inf
                print(f"    {period:8.2f} {np.exp(rate.real):6.3f} {residual:6.2f} {word}")


if __name__ == "__main__":
    main()
