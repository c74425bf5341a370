"""Claims on whole networks: the lottery's winners after training, training on all pairs, and grokking."""

from collections.abc import Callable

import xarray as xr

from separatrix.studies import Claim, Control, at_least, at_most, between, near
from separatrix.studies.modular_addition.wave_claims import node

LEARNED = 0.9
"""Held-out accuracy that counts as having learned the rule."""
PAPERS_RATE = 1e-4
"""Learning rate in whose epochs memorisation is told."""


def right_share(experiment: str, rule: str) -> Callable[[xr.DataTree], xr.DataArray]:
    """Share of a network's neurons whose last frequency a rule named from the first weights."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        run = node(results, experiment)
        last, named = run["frequency"].isel(time=-1, drop=True), run["named"].sel(rule=rule, drop=True)
        right = (last == named).astype(float).where(last.notnull() & named.notnull())
        return right.mean("neuron", skipna=False)

    return measure


def _weaker(rule: str) -> Callable[[xr.DataTree], xr.DataArray]:
    return lambda r: right_share("sgd_lottery", rule)(r) - right_share("adam_lottery", rule)(r)


TRAINED = (
    Claim(
        "04-trained-network",
        "In a trained quadratic network too (share of neurons that keep the frequency of smallest blow-up time)",
        right_share("sgd_lottery", "blow-up time"),
        at_least(0.7),
        "lottery; gradient descent from small weights, 128 neurons",
        control=Control("the largest (alpha^2 beta)^(1/3) cos D", right_share("sgd_lottery", "product")),
    ),
    Claim(
        "04-adamw-weakens-the-forecast",
        "From the same weights AdamW lets fewer neurons keep it (difference of the shares)",
        _weaker("blow-up time"),
        at_least(0.05),
        "lottery; a twentieth is the least that is called weaker",
        control=Control("the same difference for the largest alpha", _weaker("magnitude")),
    ),
)


def all_pairs(results: xr.DataTree, quadratic: bool = False) -> xr.Dataset:
    """The networks trained on all pairs, ReLU or quadratic."""
    return node(results, "all_pairs").sel(quadratic=quadratic, drop=True)


def _last(name: str, index: int = -1, quadratic: bool = False) -> Callable[[xr.DataTree], xr.DataArray]:
    return lambda r: all_pairs(r, quadratic)[name].isel(time=index, drop=True)


def _concentration(index: int) -> Callable[[xr.DataTree], xr.DataArray]:
    return lambda r: _last("concentration", index)(r).mean("neuron", skipna=False)


def _misaligned(index: int) -> Callable[[xr.DataTree], xr.DataArray]:
    def measure(results: xr.DataTree) -> xr.DataArray:
        norm = _last("norm")(results)
        angle = _last("misaligned", index)(results)
        return angle.where(norm >= norm.median("neuron")).median("neuron")

    return measure


def _uneven(neurons: int | None = None) -> Callable[[xr.DataTree], xr.DataArray]:
    """Largest relative distance of the number of neurons at a frequency from an even share."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        run = all_pairs(results)
        frequency = run["frequency"].isel(time=-1, drop=True).isel(neuron=slice(neurons))
        count = (len(run["number"]) - 1) // 2
        of_each = [(frequency == k).sum("neuron") * count / frequency.sizes["neuron"] for k in range(1, count + 1)]
        uneven = abs(xr.concat(of_each, "frequency") - 1).max("frequency")
        return uneven.where(frequency.notnull().all("neuron"))

    return measure


TRAINING = (
    Claim(
        "07-learns-all-pairs",
        "ReLU networks learn all sums (accuracy)",
        _last("accuracy"),
        at_least(1.0),
        "standard run",
        control=Control("before training", _last("accuracy", 0)),
    ),
    Claim(
        "07-loss",
        "down to a loss of about 0.048",
        _last("loss"),
        between(0.024, 0.096),
        "standard run; a factor of two either way",
        control=Control("quadratic networks", _last("loss", quadratic=True)),
        unit="nats",
    ),
    Claim(
        "07-quadratic-loss",
        "Quadratic networks get 0.17 times as low (ratio of the losses)",
        lambda r: _last("loss", quadratic=True)(r) / _last("loss")(r),
        between(0.087, 0.35),
        "0.0083 over 0.0477; a factor of two either way",
        control=Control("before training", lambda r: _last("loss", 0, quadratic=True)(r) / _last("loss", 0)(r)),
    ),
    Claim(
        "07-starts-without-frequency",
        "At the start a neuron's energy is spread as noise is (mean concentration)",
        _concentration(0),
        near(0.167, absolute=0.01),
        "standard run",
        control=Control("after training", _concentration(-1)),
    ),
    Claim(
        "07-each-neuron-gets-a-frequency",
        "Training gathers it at one frequency (mean concentration)",
        _concentration(-1),
        near(0.65, absolute=0.1),
        "standard run; a tenth either way",
        control=Control("before training", _concentration(0)),
    ),
    Claim(
        "07-phases-align",
        "Output waves answer input waves (median |D| of the stronger half of the neurons)",
        _misaligned(-1),
        at_most(0.1),
        "standard run",
        control=Control("before training", _misaligned(0)),
        unit="rad",
    ),
    Claim(
        "07-every-frequency-is-used",
        "Neurons are spread over all frequencies (largest relative distance from an even share)",
        _uneven(),
        at_most(0.6),
        "standard run",
        control=Control("the first eleven neurons alone", _uneven(11)),
    ),
)


def grokked(results: xr.DataTree, decayed: bool = True) -> xr.Dataset:
    """The grokking run with its weight decay, or without."""
    run = node(results, "grokking")
    return run.isel(decay=0 if decayed else 1, drop=True)


def _first(values: xr.DataArray, level: float) -> xr.DataArray:
    """First observed epoch at which a quantity reaches a level; NaN where it never does."""
    reached = values >= level
    return reached["time"].isel(time=reached.argmax("time")).drop_vars("time").where(reached.any("time"))


def _seen_at(values: xr.DataArray, epoch: xr.DataArray) -> xr.DataArray:
    return values.where(values["time"] == epoch).max("time")


def memorised(run: xr.Dataset) -> xr.DataArray:
    """First epoch at which every training pair is answered rightly."""
    return _first(run["accuracy"].round(5), 1.0)


def plateau(run: xr.Dataset) -> xr.DataArray:
    """Held-out accuracy when the training pairs have been memorised."""
    return _seen_at(run["test_accuracy"], memorised(run))


def _rise(decayed: bool) -> Callable[[xr.DataTree], xr.DataArray]:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = grokked(results, decayed)
        return run["test_accuracy"].isel(time=-1, drop=True) - plateau(run)

    return measure


def _rise_by_then(decayed: bool) -> Callable[[xr.DataTree], xr.DataArray]:
    """Rise above the plateau when the network with weight decay has learned the rule."""

    def measure(results: xr.DataTree) -> xr.DataArray:
        run = grokked(results, decayed)
        return _seen_at(run["test_accuracy"], _first(grokked(results)["test_accuracy"], LEARNED)) - plateau(run)

    return measure


def _half_memorised(name: str) -> Callable[[xr.DataTree], xr.DataArray]:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = grokked(results)
        return _seen_at(run[name], _first(run["accuracy"], 0.5))

    return measure


def _above_mirror(name: str) -> Callable[[xr.DataTree], xr.DataArray]:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = grokked(results)
        return abs(_seen_at(run[name], memorised(run)) - run["mirrored"].isel(time=0, drop=True))

    return measure


def _mirror_images(run: xr.Dataset) -> xr.DataArray:
    """Accuracy on the held-out pairs whose mirror images are trained on."""
    share = run["mirrored"]
    return (run["test_accuracy"] - (1 - share) * run["unseen_accuracy"]) / share


def _delay(of: Callable[[xr.Dataset], xr.DataArray]) -> Callable[[xr.DataTree], xr.DataArray]:
    def measure(results: xr.DataTree) -> xr.DataArray:
        run = grokked(results)
        return _first(of(run), LEARNED) / memorised(run)

    return measure


def _in_papers_epochs(epoch: Callable[[xr.Dataset], xr.DataArray]) -> Callable[[xr.DataTree], xr.DataArray]:
    def measure(results: xr.DataTree) -> xr.DataArray:
        return epoch(grokked(results)) * node(results, "grokking")["rate"].item() / PAPERS_RATE

    return measure


GROKKING = (
    Claim(
        "08-memorises-first",
        "On three quarters of the pairs all of these are known by epoch 2400 of learning rate 1e-4",
        _in_papers_epochs(memorised),
        at_most(2400),
        "grokking run",
        control=Control("the held-out ones", _in_papers_epochs(lambda run: _first(run["test_accuracy"], LEARNED))),
        unit="epochs at rate 1e-4",
    ),
    Claim(
        "08-below-chance-at-first",
        "When half of the training pairs are known, held-out pairs are answered worse than by chance (accuracy)",
        _half_memorised("test_accuracy"),
        at_most(1 / 23),
        "grokking run",
        control=Control("training pairs", _half_memorised("accuracy")),
    ),
    Claim(
        "08-plateau",
        "Then the held-out accuracy waits near 0.737 (when the training pairs are known)",
        lambda r: plateau(grokked(r)),
        near(0.737, absolute=0.05),
        "grokking run; a twentieth either way",
        control=Control("when half of the training pairs are known", _half_memorised("test_accuracy")),
    ),
    Claim(
        "08-plateau-is-mirror-images",
        "which is the share of held-out pairs (a, b) of which (b, a) was trained on (distance)",
        _above_mirror("test_accuracy"),
        at_most(0.03),
        "shared embedding",
        control=Control("accuracy on the others", _above_mirror("unseen_accuracy")),
    ),
    Claim(
        "08-grokking",
        "Weight decay brings it to 0.96",
        lambda r: grokked(r)["test_accuracy"].isel(time=-1, drop=True),
        near(0.962, absolute=0.05),
        "grokking run; a twentieth either way",
        control=Control("the plateau", lambda r: plateau(grokked(r))),
    ),
    Claim(
        "08-long-after-memorising",
        "Held-out accuracy 0.9 comes long after memorisation (ratio of the epochs)",
        _delay(lambda run: run["test_accuracy"]),
        at_least(2.0),
        "grokking run: epoch 8000 against 2400",
        control=Control("held-out pairs whose mirror images were trained on", _delay(_mirror_images)),
    ),
    Claim(
        "08-no-rise-yet-without-decay",
        "By then a network without weight decay is still on the plateau (rise above it)",
        _rise_by_then(False),
        at_most(0.05),
        "grokking run, baseline",
        control=Control("with weight decay", _rise_by_then(True)),
    ),
    Claim(
        "08-no-rise-ever-without-decay",
        "and stays there to the end (rise above it)",
        _rise(False),
        at_most(0.05),
        "grokking run, baseline",
        control=Control("with weight decay", _rise(True)),
    ),
)
