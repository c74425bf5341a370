"""The learning of dynamics: models fitted to trajectories, and the data that they are fitted to."""

from separatrix.models.checkpoint import load_checkpoint, save_checkpoint
from separatrix.models.delay_windows import LinearDelays
from separatrix.models.environments import SharedAndOwn
from separatrix.models.koopman_vae import KoopmanVAE, discriminative_score, predictive_score
from separatrix.models.least_squares import levenberg_marquardt
from separatrix.models.series_files import read_series
from separatrix.models.sparse_regression import SINDy
from separatrix.models.structured import StructuredNetwork
from separatrix.models.training import Trained, minibatch, train, train_steps
from separatrix.models.trajectories import Trajectories, as_trajectories, refuse_constant
from separatrix.models.window_networks import DenseNetwork

__all__ = [
    "DenseNetwork",
    "KoopmanVAE",
    "LinearDelays",
    "SINDy",
    "SharedAndOwn",
    "StructuredNetwork",
    "Trained",
    "Trajectories",
    "as_trajectories",
    "discriminative_score",
    "levenberg_marquardt",
    "load_checkpoint",
    "minibatch",
    "predictive_score",
    "read_series",
    "refuse_constant",
    "save_checkpoint",
    "train",
    "train_steps",
]
