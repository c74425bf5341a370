"""Whether a series keeps, loses or is given energy, from its certified modes and the growth of phase volume."""

from dataclasses import dataclass, replace

import numpy as np

from separatrix.errors import SeparatrixError
from separatrix.models.koopman.delay_model import windows
from separatrix.models.polynomial_map import PolynomialMap
from separatrix.probes.series import Series

LEADING = 0.5
"""Share of the variance that certified modes must make up to speak for the whole."""
FADED = 0.5
"""By how many factors e a mode must fall (or grow) over a series to count as fading (growing)."""
DETERMINISTIC, RANDOM = 0.3, 0.5
"""Share unexplained one step ahead, over what noise would have to bring to keep the modes up: below, above."""
LEAST_FADING = 0.01
KEPT, LOST = 0.2, 0.5
"""Logarithm of the volume's change over the time that a mode lasts: kept below, lost (or won) above."""
SPREAD = 0.2
"""Relative spread of series' amplitudes from which they count as different orbits."""


@dataclass(frozen=True)
class Balance:
    """What was found.

    Args:
        kind: "conservative", "dissipative", "driven", "steady" or "unsaid".
        why: as the rest of a sentence.
        evidence: sentences with numbers.
    """

    kind: str
    why: str
    evidence: tuple[str, ...] = ()


def judge_balance(series: Series) -> Balance:
    """Judge one file of series.

    Certified modes speak first: moduli below 1 over the length of a series mean loss, moduli of 1 none. Where modes
    are only real on average, something keeps them up: noise, if no map of the state foretells the next one any better;
    else chaos, whose map says what becomes of volumes.

    Args:
        series: the series.

    Returns:
        The judgement with its evidence.
    """
    table = series.modes
    certified = [k for k, kind in enumerate(table.kinds) if kind == "certified"]
    covered = float(sum(table.share[k] for k in certified))
    first = f"Certified modes make up {min(covered, 1.0):.0%} of the variance."
    if certified and covered >= LEADING and table.kinds[0] == "certified":
        found = _by_modes(series, certified)
    else:
        found = _by_volume(series)
    return replace(found, evidence=(first, *found.evidence))


def _by_modes(series: Series, certified: list[int]) -> Balance:
    table, length = series.modes, float(np.median([len(states) for states in series.data.states]))
    weights = table.share[certified] / table.share[certified].sum()
    falls = float(-length * np.sum(weights * np.log(np.abs(table.eigenvalues[certified]))))
    said = (f"Weighted by their share, they {'fall' if falls > 0 else 'grow'} by e^{abs(falls):.2g} over a series.",)
    if falls > FADED:
        return Balance("dissipative", "its certified modes die out", said)
    if falls < -FADED:
        return Balance("driven", "its certified modes grow, for which something must pay", said)
    sizes = np.array([np.sqrt(np.mean(np.var(states / series.model.scale_, axis=0))) for states in series.data.states])
    if len(sizes) > 2 and sizes.std() > SPREAD * sizes.mean():
        more = f"Amplitudes of the series differ by {sizes.std() / sizes.mean():.0%}, and each keeps its own."
        return Balance("conservative", "orbits of different amplitude each keep their own", (*said, more))
    return Balance("steady", "its certified modes neither fade nor grow", said)


def _by_volume(series: Series) -> Balance:
    data, table = series.data, series.modes
    scalar = data.dimension == 1
    if scalar:
        data = replace(data, states=tuple(windows(states, 3) for states in data.states), names=("now", "ago", "before"))
        data = replace(data, times=tuple(times[2:] for times in data.times))
    real = [k for k, kind in enumerate(table.kinds) if kind in ("certified", "noisy") and table.share[k] > 0.02]
    try:
        volume = PolynomialMap().fit(data)
    except SeparatrixError as error:
        return Balance("unsaid", str(error).rstrip("."))
    said = [
        f"A polynomial map of degree {volume.degree_} leaves {volume.unexplained_:.2g} of the next state's variance "
        f"unexplained (a linear one {volume.linear_:.2g})."
    ]
    leading = abs(table.eigenvalues[real[0]]) if real else 0.0
    fading = max(1 - leading**2, LEAST_FADING)
    if scalar:
        return _scalar(series, volume, leading, bool(real), said)
    if volume.unexplained_ <= DETERMINISTIC * fading:
        return _by_growth(volume.volume_growth(data), fading, said)
    if real and volume.unexplained_ >= RANDOM * fading and _fades(series, real[0]):
        said.append(f"The strongest mode keeps {leading:.3g} of itself a step, and noise makes up for the rest.")
        return Balance(
            "driven", "its modes fade, and noise that no map of the state foretells keeps them up", tuple(said)
        )
    why = "its modes are not certified, and neither a map of the state nor noise explains how it goes on"
    return Balance("unsaid", why, tuple(said))


def _by_growth(growth: float, fading: float, said: list[str]) -> Balance:
    change = growth / fading
    said.append(
        f"By its Jacobian phase volume changes by a factor of {np.exp(max(growth, -700)):.3g} a step "
        f"(sum of log moduli {growth:.3g})."
    )
    if abs(change) <= KEPT or abs(growth) <= KEPT * LEAST_FADING:
        return Balance("conservative", "the next state follows from this one, and phase volume is kept", tuple(said))
    if change <= -LOST:
        return Balance("dissipative", "the next state follows from this one, and phase volume shrinks", tuple(said))
    if change >= LOST:
        return Balance("driven", "the next state follows from this one, and phase volume grows", tuple(said))
    return Balance("unsaid", "the change of phase volume is too small to be told from none", tuple(said))


def _scalar(series: Series, volume: PolynomialMap, leading: float, real: bool, said: list[str]) -> Balance:
    if volume.unexplained_ < DETERMINISTIC * volume.linear_:
        why = "one component of a nonlinear system does not show what becomes of its volume; record the whole state"
        return Balance("unsaid", why, tuple(said))
    if real and _fades(series, int(np.argmax([kind in ("certified", "noisy") for kind in series.modes.kinds]))):
        said.append(f"The strongest mode keeps {leading:.3g} of itself a step, yet the series does not come to rest.")
        return Balance("driven", "its modes fade, and what it can't foretell keeps them up", tuple(said))
    return Balance("unsaid", "no mode is certified, and none fades for certain", tuple(said))


def _fades(series: Series, k: int) -> bool:
    """Whether the 95 % interval of a mode's modulus lies below 1."""
    if series.intervals is None:
        return bool(abs(series.modes.eigenvalues[k]) < 0.97)
    return bool(series.intervals.modulus[series.modes.index[k], 1] < 1)
