"""Blow-up times of the waves of modular addition in closed form, beside solving their equations."""

import jax
import numpy as np
from scipy.integrate import solve_ivp

from benchmarks.clock import by_turns
from benchmarks.row import Row, version
from separatrix.theory import blow_up_time

P, WAVES, SOLVED = 23, 100_000, 20
GROWN = 100.0
"""Size of the output wave, over the larger initial one, at which the solver stops."""


def run() -> list[Row]:
    """Time both on Gaussian waves, the solver on a few of them.

    Returns:
        One row.
    """
    jax.config.update("jax_enable_x64", True)
    rng = np.random.default_rng(0)
    alpha, beta = np.hypot(*rng.standard_normal((2, 2, WAVES))) * 0.01
    misaligned = rng.uniform(-np.pi, np.pi, WAVES)
    until = GROWN * np.maximum(alpha, beta)

    def ours() -> np.ndarray:
        return np.asarray(blow_up_time(alpha, beta, misaligned, P, until))

    def theirs() -> np.ndarray:
        few = zip(alpha[:SOLVED], beta[:SOLVED], misaligned[:SOLVED], until[:SOLVED], strict=True)
        return np.array([_solved(*wave) for wave in few])

    off = float(np.max(np.abs(theirs() / ours()[:SOLVED] - 1)))
    times = by_turns({"ours": ours, "theirs": theirs}, 3)
    each = float(np.median(times["ours"])) / WAVES, float(np.median(times["theirs"])) / SOLVED
    return [
        Row(
            f"blow-up times of {WAVES:,} waves (a lottery of {WAVES // (P // 2):,} neurons, p = {P})",
            f"solve_ivp with an event, rtol 1e-10, {version('scipy')}",
            "times faster a wave",
            each[1] / each[0],
            at_least=100,
            ours=f"{each[0] * 1e6:.2f} µs a wave",
            theirs=f"{each[1] * 1e3:.1f} ms a wave ({SOLVED} waves)",
            accuracy=f"both agree to {off:.0e}",
        )
    ]


def _solved(alpha: float, beta: float, misaligned: float, until: float) -> float:
    def law(t: float, state: np.ndarray) -> list[float]:
        x, y, u, v = state
        return [2 / P * (u * x + v * y), 2 / P * (v * x - u * y), (x * x - y * y) / P, 2 * x * y / P]

    def reached(t: float, state: np.ndarray) -> float:
        return float(np.hypot(state[2], state[3]) - until)

    reached.terminal, reached.direction = True, 1  # type: ignore[attr-defined]
    start = [alpha, 0.0, beta * np.cos(misaligned), -beta * np.sin(misaligned)]
    return float(solve_ivp(law, [0, 1e7], start, rtol=1e-10, atol=1e-14, events=reached).t_events[0][0])
