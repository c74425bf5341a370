"""Exact solutions to the nonlinear dynamics of learning in deep linear networks, made executable."""

from separatrix.studies.deep_linear.claims import CLAIMS
from separatrix.studies.deep_linear.config import Config
from separatrix.studies.deep_linear.depth import best_rates, learning_times
from separatrix.studies.deep_linear.figures import FIGURES
from separatrix.studies.deep_linear.hierarchy import hierarchy
from separatrix.studies.deep_linear.spectra import edge_of_chaos, products
from separatrix.studies.deep_linear.training import trained
from separatrix.studies.deep_linear.two_matrices import aligned_start, random_start, unbalanced_start, undercomplete
from separatrix.studies.study import Paper, Study

__all__ = ["STUDY"]

STUDY = Study(
    slug="deep-linear",
    paper=Paper(
        "1312.6120",
        "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks",
        ("Andrew M. Saxe", "James L. McClelland", "Surya Ganguli"),
        "2013-12",
    ),
    world="dynamics of learning",
    question="In what order, and how fast, does a deep network learn, and what does depth cost?",
    parts=(
        "separatrix.theory.mode_dynamics",
        "separatrix.theory.unbalanced_time",
        "separatrix.theory.effective_start",
        "separatrix.theory.depth_strength",
        "separatrix.theory.jacobian_scale",
        "separatrix.learning.networks.aligned",
        "separatrix.observables.mode_strengths",
    ),
    config=Config,
    experiments={
        "aligned_start": aligned_start,
        "random_start": random_start,
        "hierarchy": hierarchy,
        "unbalanced_start": unbalanced_start,
        "undercomplete": undercomplete,
        "learning_times": learning_times,
        "best_rates": best_rates,
        "trained": trained,
        "products": products,
        "edge_of_chaos": edge_of_chaos,
    },
    claims=CLAIMS,
    figures=FIGURES,
)
