"""Frequencies in weights that were put there, in noise, and in folders that lack what is needed."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from separatrix.probes import diagnose
from separatrix.probes.modular_weights import carried, forecast, number_weights, plausible_modulus, two_layers

P, NEURONS = 23, 40
RNG = np.random.default_rng(0)
NOISE = {"0.weight": RNG.normal(size=(NEURONS, P)), "2.weight": RNG.normal(size=(P, NEURONS))}


def waves(frequencies, phases, p=P):
    return np.cos(2 * np.pi * np.outer(frequencies, np.arange(p)) / p + np.asarray(phases)[:, None])


FREQUENCIES = RNG.integers(1, 8, NEURONS)
PHASES = RNG.uniform(-3, 3, NEURONS)
TRAINED = {
    "0.weight": waves(FREQUENCIES, PHASES) + 0.1 * RNG.normal(size=(NEURONS, P)),
    "2.weight": waves(FREQUENCIES, 2 * PHASES).T + 0.1 * RNG.normal(size=(P, NEURONS)),
}


def folder(path, about=None, **steps):
    path.mkdir()
    for step, weights in steps.items():
        save_file({name: np.ascontiguousarray(array) for name, array in weights.items()}, path / step_name(step))
    if about is not None:
        (path / "run.json").write_text(json.dumps({"about": about}))
    return path


def step_name(step):
    return f"step-{int(step[1:]):06d}.safetensors"


def answer(path):
    (found,) = diagnose(path, ask="frequencies")
    return found


def test_waves_that_were_put_in_are_counted(tmp_path):
    said = answer(folder(tmp_path / "run", {"modulus": P}, s0=NOISE, s100=TRAINED))
    assert said.answer.startswith("Most carry one frequency: 40 of 40 neurons in 0.weight do, 7 different ones")
    counts = np.bincount(FREQUENCIES)
    assert f"k = {counts.argmax()} ({counts.max()})" in said.evidence[1]
    assert "2.weight: 40 of 40" in said.evidence[2]
    assert "step 0 foretold" in said.evidence[-1]
    assert said.confidence is not None and said.confidence > 0.9


def test_noise_carries_none_and_winners_are_foretold(tmp_path):
    said = answer(folder(tmp_path / "run", {"modulus": P}, s0=NOISE))
    assert said.answer.startswith("None yet")
    assert "k = " in said.evidence[-3]
    assert "clear lead" in said.evidence[-2] and "close lead" in said.evidence[-1]
    ahead = forecast(NOISE["0.weight"], NOISE["2.weight"].T)
    assert f"{int((ahead.lead >= 1.2).sum())} of {NEURONS} neurons" in said.answer
    # a wave in noise of its size wins where the output wave answers it, and less often where it opposes
    incoming = NOISE["0.weight"] + waves(FREQUENCIES, PHASES)
    shares = [
        np.mean(forecast(incoming, NOISE["2.weight"].T + waves(FREQUENCIES, 2 * PHASES + turn)).winner == FREQUENCIES)
        for turn in (0.0, np.pi)
    ]
    assert shares[0] > 0.95 and shares[1] < 0.5


def test_one_layer_alone_is_not_foretold(tmp_path):
    said = answer(folder(tmp_path / "run", {"modulus": P}, s0={"embed.weight": NOISE["2.weight"]}))
    assert said.answer.startswith("None yet") and "only for two layers" in said.answer


def test_the_modulus_is_read_off_trained_weights_only(tmp_path):
    assert plausible_modulus(TRAINED) == P
    assert plausible_modulus(NOISE) is None
    assert "read off" in answer(folder(tmp_path / "trained", s0=TRAINED)).evidence[0]
    assert "modulus" in (answer(folder(tmp_path / "noise", s0=NOISE)).missing or "")


@pytest.mark.parametrize(
    ("about", "what"),
    [
        ({"modulus": 97}, "no array of weights has one axis of length 97, 98 or 194"),
        ({"modulus": "23"}, "whole number"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path, about, what):
    assert what in (answer(folder(tmp_path / "run", about, s0=NOISE)).missing or "")


def test_axes_of_tokens_and_of_two_numbers_are_found():
    embedding = np.concatenate([waves([3] * 6, np.arange(6)).T, np.ones((1, 6))])
    side_by_side = np.concatenate([waves([2] * 8, np.arange(8)), waves([2] * 8, np.zeros(8))], axis=1)
    found = number_weights({"a": embedding, "b": side_by_side, "square": np.ones((P, P)), "bias": np.ones(P)}, P)
    assert [one.name for one in found] == ["a", "b"]
    assert found[0].vectors.shape == (6, 1, P) and found[1].vectors.shape == (8, 2, P)
    assert set(carried(found[0].vectors).frequency.tolist()) == {3}
    assert set(carried(found[1].vectors).frequency.tolist()) == {2}
    assert two_layers(found) is None


def test_noise_is_called_carried_as_rarely_as_it_says():
    many = np.random.default_rng(1).normal(size=(20_000, 1, P))
    # 20 expected, standard deviation 4.5
    assert 5 < int(carried(many).certain.sum()) < 40
