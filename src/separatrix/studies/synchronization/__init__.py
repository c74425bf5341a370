"""Bouvrie and Slotine 2010: what coupling gives to redundant learners, and what redundancy does."""

from separatrix.studies import Paper, Study
from separatrix.studies.synchronization.config import Config
from separatrix.studies.synchronization.curved import curved
from separatrix.studies.synchronization.figures import FIGURES
from separatrix.studies.synchronization.floor_claims import FLOORS, TOPOLOGY
from separatrix.studies.synchronization.gain_claims import CURVED, DISCRIMINATING, REDUNDANCY
from separatrix.studies.synchronization.learned import measurements, networks
from separatrix.studies.synchronization.quadratic import graphs, redundancy, wrong_sign

__all__ = ["STUDY"]

STUDY = Study(
    slug="synchronization",
    paper=Paper(
        "1010.4517",
        "Synchronization and Redundancy: Implications for Robustness of Neural Learning and Decision Making",
        ("Jake Bouvrie", "Jean-Jacques Slotine"),
        "2010-10",
    ),
    world="learning in dynamics",
    question="What does it help to run several noisy copies of a learner, tied to one another?",
    parts=(
        "separatrix.dynamics.coupled",
        "separatrix.dynamics.coupled_each",
        "separatrix.dynamics.laplacian",
        "separatrix.observables.synchronisation_error",
        "separatrix.theory.expected_synchronisation_error",
        "separatrix.theory.synchronisation_bound",
        "separatrix.theory.bias_of_centre",
    ),
    config=Config,
    experiments={
        "graphs": graphs,
        "redundancy": redundancy,
        "wrong_sign": wrong_sign,
        "curved": curved,
        "measurements": measurements,
        "networks": networks,
    },
    claims=(*FLOORS, *REDUNDANCY, *CURVED, *TOPOLOGY, *DISCRIMINATING),
    figures=FIGURES,
)
