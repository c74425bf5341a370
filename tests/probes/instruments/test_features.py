"""Which features have emerged: on checkpoints with planted content, and on groups that are none."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from separatrix.learning.tasks import dihedral
from separatrix.observables import real_irreps
from separatrix.probes import diagnose
from separatrix.probes.calibration.features_score import planted
from separatrix.probes.group_weights import node_irreps

TABLE = dihedral(7)
IRREPS = real_irreps(TABLE)


def folder_of(path, about, *weights):
    for step, array in enumerate(weights):
        save_file({"hidden.weight": np.ascontiguousarray(array)}, path / f"step-{100 * step:06d}.safetensors")
    (path / "run.json").write_text(json.dumps({"about": about}))
    return path


def ask(folder):
    (answer,) = diagnose(folder, ask="features")
    return answer


def layer(kept, seed=0):
    """Thirty nodes of Gaussian weights; four for each irrep that is kept are pure but for a little noise."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(30, 2, 14))
    for place, k in enumerate(kept):
        basis = IRREPS.basis[IRREPS.label == k]
        weights[4 * place : 4 * place + 4] = rng.normal(size=(4, 2, len(basis))) @ basis + 0.05 * weights[:4]
    return weights.reshape(30, 28)


def test_names_what_is_there_what_is_missing_and_since_when(tmp_path):
    assert IRREPS.dimension.tolist() == [1, 1, 2, 2, 2]
    folder = folder_of(tmp_path, {"group": TABLE.tolist()}, layer([]), layer([2]), layer([2, 4]))
    answer = ask(folder)
    said = "2 of the 4 possible features have emerged; missing: sign character 1, 2-dimensional irrep 2."
    assert answer.answer == said
    assert "2-dimensional irrep 1 (real dimension 2): 4 nodes, since step 100" in answer.evidence[1]
    assert "2-dimensional irrep 3 (real dimension 2): 4 nodes, since step 200" in answer.evidence[1]
    assert 0 < answer.confidence < 1


def test_noise_is_said_to_be_noise_and_all_to_be_all(tmp_path):
    (tmp_path / "noise").mkdir()
    (tmp_path / "all").mkdir()
    about = {"group": TABLE.tolist()}
    assert ask(folder_of(tmp_path / "noise", about, layer([]))).answer.startswith("None yet")
    assert ask(folder_of(tmp_path / "all", about, layer([1, 2, 3, 4]))).answer.startswith("All have emerged")


def test_features_of_a_cyclic_group_are_frequencies(tmp_path):
    wave = np.cos(2 * np.pi * 3 * np.arange(11) / 11)
    weights = np.random.default_rng(0).normal(size=(16, 11))
    weights[:5] = wave[None, :] + 0.02 * weights[:5]
    answer = ask(folder_of(tmp_path, {"modulus": 11}, weights))
    assert answer.answer.startswith(
        "1 of the 5 possible features have emerged; missing: frequency 1, frequency 2, freq"
    )


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({}, "the group is not known"),
        ({"modulus": 2.5}, "must be a whole number from 3 to 512, not 2.5"),
        ({"modulus": 9}, "no array of weights has one axis of length 9, 10 or 18"),
        ({"group": [[0, 1, 2], [1, 2, 0]]}, "square array of integers"),
        ({"group": [[0, 1], [1]]}, "does not do"),
        ({"group": [[0, 1, 2], [1, 2, 0], [2, 0, 3]]}, "not closed: 2 * 2 = 3"),
        ({"group": [[0, 1, 2], [1, 1, 1], [2, 1, 0]]}, "not endowed with inverses: 1 has none"),
        ({"group": [[1, 1, 1], [2, 2, 2], [0, 0, 0]]}, "not endowed with an identity"),
    ],
)
def test_what_it_lacks_is_told_in_one_line(tmp_path, about, said):
    answer = ask(folder_of(tmp_path, about, layer([])))
    assert said in answer.missing
    assert "\n" not in answer.answer
    assert answer.confidence is None


def test_planted_layers_are_read_rightly_and_a_looser_test_is_not():
    rng = np.random.default_rng(3)
    right, loose = [], []
    for kinds in (0, 2, 4) * 4:
        vectors, there = planted(rng, IRREPS, kinds)
        found = node_irreps(vectors, IRREPS)
        right.append((found.emerged & ~there).any())
        loose.append((np.bincount(found.irrep[found.share > 0.5], minlength=5) > 0)[~there].any())
    assert sum(right) <= 1  # false alarms in about one of a hundred layers
    assert sum(loose) >= 6  # where any node with most of its energy in an irrep counted
