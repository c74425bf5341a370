"""The recorder: attached to a training loop, it probes the run as often as its budget of time allows."""

import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from separatrix.analysis.operators import NonfiniteCurvatureError
from separatrix.errors import SeparatrixError, bad_parameter
from separatrix.probes.budget import FIXED, HEAVY, LIGHT, Budget
from separatrix.probes.density import density_sketch
from separatrix.probes.examples import choose_examples, write_examples
from separatrix.probes.measurements import curvature, slope
from separatrix.probes.point import Point
from separatrix.probes.writer import RecordWriter, as_plain

PENDING = 64
_BLINK = 0.003  # seconds of the loop during which a recorder need not look at the clock
ROWS_PER_DECADE = 200
_HEAVY_PRODUCTS = 60
_BLAS = ThreadpoolController()


class Recorder:
    """Records a training run at a stated cost, without changing it.

    For PyTorch give the module and call ``step(value)`` after ``optimizer.step()``. For JAX give the parameters and
    the optax transformation, and call ``step(value, params, opt_state)``.

    Args:
        model: a ``torch.nn.Module``, or a PyTree of JAX parameters.
        loss: from model (or parameters) and ``data`` to a scalar.
        data: the batch on which probes are made; it is used whole, so give as much as one gradient may cost.
        optimizer: the ``torch.optim`` optimiser, or the ``optax`` transformation.
        out: a new folder for the record.
        overhead: the most that recording may cost, as a share of the loop's own time; opening and closing the record
            count, but not what is compiled for JAX (``setup_seconds`` of the record).
        batch_size: examples per step; seen by itself in PyTorch.
        apply: for JAX, the model's outputs as ``apply(params, data[0])``; without it kernel and modes are not recorded.
        validation: a batch like ``data`` that is not trained on; its loss is recorded beside that on ``data``.
        layers: for PyTorch, names of the modules whose geometry is recorded; by default all that hold no others.
        representations: for JAX, layers' activations by name as ``representations(params, data[0])``, one row each.
        examples: how many examples of ``data`` and of ``validation`` the record keeps a copy of, for questions about
            the data; 0 keeps none.
        about: facts of the task that some questions need, for example ``{"modulus": 97}``; written to ``run.json``.
        overwrite: replace a record that is already there.
        clock: seconds, for tests.

    Raises:
        SeparatrixError: the loss, the data, the optimiser or the folder cannot be used; the message says what to do.
    """

    def __init__(
        self,
        model: Any,
        *,
        loss: Callable,
        data: Any,
        optimizer: Any,
        out: str | Path,
        overhead: float | int = 0.05,
        batch_size: int | None = None,
        apply: Callable | None = None,
        validation: Any = None,
        layers: Sequence[str] | None = None,
        representations: Callable | None = None,
        examples: int = 512,
        about: Mapping[str, Any] | None = None,
        overwrite: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ):
        if batch_size is not None and batch_size < 1:
            raise bad_parameter("batch_size", "Recorder", "a positive integer", batch_size)
        if examples < 0:
            raise bad_parameter("examples", "Recorder", "a number of examples, 0 or more", examples)
        self.budget = Budget(overhead, clock)
        with self.budget.spending(FIXED), _one_thread():
            self.subject = _subject(model, loss, data, optimizer, validation, layers, apply, representations)
            self._examples = choose_examples(data, validation, examples) if examples else {}
        self._about = as_plain("about", about or {})
        self._out, self._overwrite = Path(out), overwrite
        self._batch_size = batch_size
        self._pending: list[Any] = []
        self._warm: dict[str, np.ndarray] = {}
        self._kernel: np.ndarray | None = None
        self._notes = list(self.subject.notes)
        self._steps, self._next, self._flushed, self._saved = 0, 0, 0.0, -1
        self._setup, self._diverged, self._look = 0.0, False, 0
        self._counts = {LIGHT: 0, HEAVY: 0}
        self._opened = datetime.now(UTC).isoformat(timespec="seconds")
        self._stopped: str | None = None

    def __enter__(self) -> "Recorder":
        budget = self.budget
        with budget.spending(FIXED):
            self._writer = RecordWriter(self._out, overwrite=self._overwrite)
            with self._guard():
                self._open()
        if self.subject.compiled:
            budget.spent = dict.fromkeys(budget.spent, 0.0)
        budget.start()
        return self

    def _open(self) -> None:
        write_examples(self._out, self._examples)
        begun = self.budget.clock()
        self._first = self.subject.capture()
        self._start = self.subject.weights(self._first)
        self._first_due: set[str] = {LIGHT, HEAVY}
        self._writer.checkpoint(0, self.subject.checkpoint(self._first))
        self._saved = 0
        self._meta("running")
        self.budget.closing = self.budget.clock() - begun  # closing the record captures, saves and writes the same
        if self.subject.compiled:
            self._compile()
        else:
            self._time_one_gradient()
        self._setup = self.budget.probe_seconds
        self._meta("running")

    def step(self, value: Any, params: Any = None, opt_state: Any = None) -> None:
        """Note the loss of a step, and probe when the budget allows.

        Args:
            value: the loss of this step.
            params: JAX: the parameters after the step.
            opt_state: JAX: the optimiser's state after the step.

        Raises:
            SeparatrixError: the recorder was not opened by ``with``.
        """
        if self._stopped is not None:
            return
        if self.budget.entered is None:
            raise SeparatrixError(
                "The recorder is not open: use it as 'with Recorder(...) as recorder:' around the loop."
            )
        if params is not None:
            self._latest = (params, opt_state)
        elif self.subject.compiled:
            raise SeparatrixError(
                "A recorder of a JAX run needs the parameters: call recorder.step(value, params, opt_state)."
            )
        self._steps += 1
        self._pending.append(value.detach() if hasattr(value, "detach") else value)
        if self._steps < self._look:
            return
        due, begun = (), self.budget.open()
        try:
            with self._guard():
                self._look_around()
                if self._steps >= self._next and not self._diverged:
                    due = tuple(kind for kind in (LIGHT, HEAVY) if self.budget.affordable(kind))
        finally:
            self.budget.close(FIXED, begun)
        if due:
            with self._guard():
                self._probe_all(due)

    def _look_around(self) -> None:
        if not self._look:
            self.subject.stepped()
        now = self.budget.loop_seconds
        if len(self._pending) >= PENDING or now - self._flushed > 1.0:
            self._flush(now)
        blink = int(_BLINK * self._steps / now) if now > 0 else 1
        self._look = self._steps + min(max(1, blink), PENDING - len(self._pending))

    def __exit__(self, kind: type | None, error: BaseException | None, trace: Any) -> None:
        if self._stopped is None:
            with self._guard(), self.budget.spending(FIXED):
                self._close("complete" if kind is None else "interrupted")
        self._writer.close()

    def _close(self, status: str) -> None:
        self.subject.stepped()
        self._flush(self.budget.loop_seconds)
        if status == "complete" and self._steps:
            last = self.subject.capture(*self._latest) if self._latest_known() else None
            for kind in (LIGHT, HEAVY):
                if last is not None and self.budget.affordable(kind, last=True):
                    self._probe(kind, last, self._steps)
            if HEAVY in self._first_due and self.budget.affordable(HEAVY, last=True):
                self._probe(HEAVY, self._first, 0)
            if last is not None and not self._diverged and self.budget.affordable(HEAVY, last=True):
                self._sketch_spectrum(last)
            if last is not None and self._saved < self._steps:
                self._writer.checkpoint(self._steps, self.subject.checkpoint(last))
        if not self._counts[HEAVY]:
            cost, limit = self.budget.costs.get(HEAVY, float("nan")), max(0.0, self.budget.allowance)
            self._notes.append(
                f"no curvature was measured: one probe costs about {cost:.2g} s, the budget was {limit:.2g} s; "
                "raise overhead"
            )
        self._meta(status)

    def _sketch_spectrum(self, last: Any) -> None:
        """The density of the Hessian where the run ended, for about the price of a heavy probe."""
        with self.budget.spending(HEAVY), _one_thread(), self.subject.at(last) as point:
            self._writer.row({"step": self._steps, "density": density_sketch(point.hessian())})

    _latest: tuple = ()

    def _latest_known(self) -> bool:
        return self.subject.framework == "torch" or bool(self._latest)

    def _probe_all(self, due: Sequence[str]) -> None:
        for kind in due:
            if kind in self._first_due:
                self._probe(kind, self._first, 0)
                self._first_due.discard(kind)
            else:
                self._probe(kind, None, self._steps)
                self._next = self._steps + max(1, self._steps // ROWS_PER_DECADE)

    def _probe(self, kind: str, state: Any, step: int) -> None:
        with self.budget.spending(kind, measure=True), _one_thread():
            state = self.subject.capture(*self._latest) if state is None else state
            with self.subject.at(state) as point:
                row = {"step": step, "seconds": self.budget.loop_seconds, "rule": state.rule.to_json()}
                try:
                    measured = self._measure(kind, point, state) if np.isfinite(point.loss()) else None
                except NonfiniteCurvatureError:
                    measured = None
            if measured is None:
                self._diverged = True
                return
            if kind == HEAVY and step > 0 and step >= 2 * self._saved:
                self._writer.checkpoint(step, self.subject.checkpoint(state))
                self._saved = step
            self._writer.row(row | measured)
            self._counts[kind] += 1
            self._meta("running")

    def _measure(self, kind: str, point: Point, state: Any) -> dict[str, Any]:
        if kind == LIGHT:
            return slope(point, self._start)
        found, kernel = curvature(point, state.rule, self._warm, self._kernel)
        self._kernel = kernel if self._kernel is None else self._kernel
        return {"loss": point.loss(), "gradient_norm": float(np.linalg.norm(point.gradient())), **found}

    def _compile(self) -> None:
        """Make the first probes before the loop begins: a compiled program is paid for once, and stated as set-up."""
        for kind in (LIGHT, HEAVY):
            with self.subject.at(self._first) as point:
                self._measure(kind, point, self._first)
            begun = self.budget.clock()
            self._probe(kind, self._first, 0)
            self.budget.costs[kind] = self.budget.clock() - begun
            self._first_due.discard(kind)

    def _time_one_gradient(self) -> None:
        clock, times = self.budget.clock, []
        for _ in range(3):
            with self.subject.at(self._first) as point:
                begun = clock()
                point.loss()
                times.append(clock() - begun)
        seconds = min(times)
        self.budget.expect(LIGHT, 3 * seconds)
        self.budget.expect(HEAVY, 2.5 * _HEAVY_PRODUCTS * seconds)

    def _flush(self, now: float) -> None:
        if self._pending:
            self._writer.losses([float(value) for value in self._pending])
            self._pending.clear()
        self._flushed = now

    def _meta(self, status: str) -> None:
        budget = self.budget
        loop = budget.loop_seconds
        size = self._batch_size or self.subject.seen_batch
        self._writer.meta(
            {
                **self.subject.describe(),
                "batch_size": size,
                "status": status,
                "started": self._opened,
                "steps": self._steps,
                "loop_seconds": loop,
                "probe_seconds": budget.probe_seconds,
                "setup_seconds": self._setup,
                "overhead_budget": float(budget.overhead),
                "overhead_spent": budget.probe_seconds / loop if loop > 0 else None,
                "probes": dict(self._counts),
                "notes": self._notes,
                "about": self._about,
            }
        )

    def _guard(self) -> "_Guard":
        return _Guard(self)


class _Guard:
    """A failure of the recorder ends the recording with a warning, never the user's run."""

    def __init__(self, recorder: Recorder):
        self.recorder = recorder

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type | None, error: BaseException | None, trace: Any) -> bool:
        if (
            error is None
            or not isinstance(error, Exception)
            or (isinstance(error, SeparatrixError) and not self.recorder._steps)
        ):
            return False
        reason = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        self.recorder._stopped = reason
        warnings.warn(
            f"The recording stopped at step {self.recorder._steps} ({reason}); the run goes on.", stacklevel=4
        )
        return True


def _one_thread():
    """NumPy's linear algebra on one thread: its others would spin on for a while against the user's loop."""
    return _BLAS.limit(limits=1, user_api="blas")


def _subject(
    model: Any,
    loss: Callable,
    data: Any,
    optimizer: Any,
    validation: Any,
    layers: Sequence[str] | None,
    apply: Callable | None,
    representations: Callable | None,
) -> Any:
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module):
        from separatrix.probes.torch_subject import TorchSubject

        return TorchSubject(model, loss, data, optimizer, validation, layers)
    from separatrix.probes.jax_subject import JaxSubject

    return JaxSubject(model, loss, data, optimizer, apply, validation, representations)
