"""The structured network as a scikit-learn estimator."""

from pathlib import Path

from jaxtyping import PRNGKeyArray

from separatrix.models.structured.network import StNN, structured_network
from separatrix.models.window_networks import TrainedForecaster


class StructuredNetwork(TrainedForecaster):
    """Forecasts windows by products of diagonals and butterflies, with O(n) parameters where a dense layer has O(n^2).

    The window of n = delays x components numbers, standardised and flattened, is mapped to the next.

    Args:
        delays: states of a window.
        horizon: states predicted at once, at most the delays.
        copies: structured blocks in parallel, for more capacity.
        shared: whether the blocks of a butterfly's level share their factors.
        ends: trained 2 x 2 matrices instead of a butterfly's last level (shared factors only).
        reverse: turn windows round first, so that the network without activation contains every Hankel matrix.
        solver: "adam" on batches, or "levenberg-marquardt" on all windows at once, as in the paper's code.
        steps: of the solver; 20 are enough for Levenberg and Marquardt's.
        batch: windows a step of Adam.
        learning_rate: of Adam.
        held_out: share kept back: whole series where there are at least five, else the end of each.
        patience: stop when the kept-back windows are not predicted better for so many blocks of 100 steps.
        checkpoint: a file written during training, from which it resumes.
        random_state: seed of weights and batches.

    Attributes:
        network_: the trained ``StNN``.
        parameters_: how many numbers were trained.
        losses_, validation_: of training steps, and of blocks of them.
        stopped_: why training ended.

    Source:
        Aluvihare, Lingsch, Li & Perera, arXiv 2503.23697.
    """

    def __init__(
        self,
        delays: int = 32,
        horizon: int = 1,
        copies: int = 1,
        shared: bool = True,
        ends: bool = True,
        reverse: bool = True,
        solver: str = "adam",
        steps: int = 4000,
        batch: int = 64,
        learning_rate: float = 1e-3,
        held_out: float = 0.2,
        patience: int | None = 10,
        checkpoint: Path | str | None = None,
        random_state: int = 0,
    ):
        self.delays = delays
        self.horizon = horizon
        self.copies = copies
        self.shared = shared
        self.ends = ends
        self.reverse = reverse
        self.solver = solver
        self.steps = steps
        self.batch = batch
        self.learning_rate = learning_rate
        self.held_out = held_out
        self.patience = patience
        self.checkpoint = checkpoint
        self.random_state = random_state

    def _network(self, window: int, key: PRNGKeyArray) -> StNN:
        settings = {"shared": self.shared, "ends": self.ends, "reverse": self.reverse}
        return structured_network(window, key=key, copies=self.copies, **settings)
