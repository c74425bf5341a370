"""The learning of dynamics: models fitted to trajectories, and the data that they are fitted to."""

from separatrix.models.checkpoint import load_checkpoint, save_checkpoint
from separatrix.models.series_files import read_series
from separatrix.models.training import Trained, minibatch, train, train_steps
from separatrix.models.trajectories import Trajectories, as_trajectories, refuse_constant

__all__ = [
    "Trained",
    "Trajectories",
    "as_trajectories",
    "load_checkpoint",
    "minibatch",
    "read_series",
    "refuse_constant",
    "save_checkpoint",
    "train",
    "train_steps",
]
