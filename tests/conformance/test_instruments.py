import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from separatrix.probes import diagnose, list_instruments

INSTRUMENTS = list_instruments()
KEYS = {"question", "answer", "evidence", "confidence", "paper"}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """The least that can be diagnosed: weights at two steps, and nothing else."""
    folder = tmp_path_factory.mktemp("checkpoints")
    noise = np.random.default_rng(0)
    for step, size in ((0, 0.1), (100, 1.0)):
        weights = {"0.weight": size * noise.normal(size=(6, 4)), "2.weight": size * noise.normal(size=(3, 6))}
        save_file(weights, folder / f"step-{step:06d}.safetensors")
    return folder


@pytest.fixture(params=INSTRUMENTS, ids=lambda instrument: instrument.name)
def instrument(request):
    return request.param


def test_names_questions_and_order_tell_instruments_apart():
    assert len({i.name for i in INSTRUMENTS}) == len({i.question for i in INSTRUMENTS}) == len(INSTRUMENTS) >= 5
    assert [i.order for i in INSTRUMENTS] == sorted(i.order for i in INSTRUMENTS)


def test_what_an_instrument_says_of_itself(instrument):
    assert instrument.question.endswith("?")
    assert instrument.name.isidentifier()
    assert instrument.paper == instrument.paper.lower()


def test_it_answers_or_says_what_it_lacks(instrument, checkpoints):
    (answer,) = diagnose(checkpoints, ask=instrument.name)
    assert answer.question == instrument.question
    assert answer.answer.strip()
    if answer.missing:
        assert answer.confidence is None
    else:
        assert answer.evidence
        assert answer.confidence is None or 0 <= answer.confidence <= 1
    document = json.loads(json.dumps(answer.to_json(), allow_nan=False))
    assert set(document) >= KEYS


def test_the_same_record_gives_the_same_answer(instrument, checkpoints):
    assert diagnose(checkpoints, ask=instrument.name) == diagnose(checkpoints, ask=instrument.name)
