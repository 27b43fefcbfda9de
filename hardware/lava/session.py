"""A Lava session that stays open: set up once, then run after run, or step after step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import inf
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from hardware.definition.arithmetic import Integers
from hardware.definition.token_rows import Rows, TokenRows
from hardware.errors import InputError, SettingError, choose
from hardware.lava.child import PROGRAM
from hardware.lava.errors import LavaError
from hardware.lava.plan import Plan, changes, one_step, plan, reversed_rows, ticks
from hardware.lava.shared_arrays import FRAMES, FRAMES_REVERSED, HostArrays
from hardware.lava.starts import BEGINS, TALLY_NOW, now, starts, state_of, unpacked
from hardware.lava.supervisor import Supervisor
from hardware.program.model import Program
from hardware.program.start import Carried, Start, carried_at_start, start_of_one

MAPPINGS = ("structural", "fused")
START_UP_SECONDS = 60.0
RUN_SECONDS, SECONDS_PER_TICK = 30.0, 0.05
"""Default deadline of a run: RUN_SECONDS plus SECONDS_PER_TICK a tick. It only has to end hangs."""


class LavaSession:
    """A program as Lava processes, in a supervised child of its own.

    The mapping `structural` runs one Lava Dense for each matrix, as the chip would hold it. `fused`
    runs a process for each layer, which computes `batch` sequences at once. Both give the same
    bits. `record` names the recordings: `emitted` and `membranes` of all layers, or `emitted.0` and
    the like of one. Scores are always recorded.

    One thread at a time may use a session. An error closes it; the next use sets it up again.
    """

    supervisor_type = Supervisor

    def __init__(
        self,
        program: Program,
        mapping: str = "structural",
        batch: int = 1,
        record: Sequence[str] = (),
        deadline: float = START_UP_SECONDS,
    ) -> None:
        choose("mapping", mapping, MAPPINGS)
        if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1:
            raise SettingError(f"batch is {batch!r}, expected a whole number from 1")
        if batch > 1 and mapping != "fused":
            raise SettingError(
                f"batch is {batch}, but the {mapping} mapping runs one sequence at a time: choose "
                f"mapping 'fused'"
            )
        self.program, self.mapping, self.batch = program, mapping, batch
        self.record = _recordings(program, record)
        self.deadline = _seconds(deadline)
        self.clean, self.last = True, program.encoder.initial_state()
        self.carried: Carried | None = None
        self.supervisor: Supervisor | None = None
        self.arrays: HostArrays | None = None

    def open(self) -> LavaSession:
        """Start the child and build the network; an open session stays as it is."""
        if self.supervisor is None:
            self.ticks = 0
            with self._whole("open"):
                self.supervisor = self.supervisor_type(self.deadline)
                self.program.save(self.supervisor.folder / PROGRAM)
                self.arrays = HostArrays(self.supervisor.folder)
                self.supervisor.ask(
                    "open",
                    self.deadline,
                    structural=self.mapping == "structural",
                    batch=None if self.batch == 1 else self.batch,
                    record=self.record,
                )
        return self

    def close(self) -> None:
        """End the child and remove all its files."""
        if self.supervisor is not None:
            self.supervisor.stop()
        self._end()

    def __enter__(self) -> LavaSession:
        return self.open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def reset(self, carried: Carried | None = None) -> None:
        """Let the next step begin from a clean state, or continue from a carried one."""
        self.clean, self.carried = True, carried

    @property
    def state(self) -> Start:
        """The state of every layer after the last step of the stream."""
        if self.clean or self.arrays is None:
            return start_of_one(self.program, self.carried and self.carried.start)
        found = {name: self.arrays.fetch(name) for name in now(self.program, 1)}
        return state_of(found, self.program)

    @property
    def window(self) -> Integers:
        """(words, outputs): the window of the readout after the last step of the stream."""
        if self.clean or self.arrays is None:
            carried = self.carried or carried_at_start(self.program)
            return carried.window
        return unpacked(self.program.readout, self.arrays.fetch(TALLY_NOW)).window[0]

    def run(
        self,
        events: Rows,
        lengths: NDArray[np.int64],
        deadline: float | None = None,
        start: Start | None = None,
    ) -> dict[str, Integers]:
        """Run every sequence from its start; return the scores and the recordings by name.

        `events` are those of all sequences, one after another. Without a `start` each begins from a
        clean state. The next step begins clean, too.
        """
        deadline = None if deadline is None else _seconds(deadline)
        events, lengths = self._require_events(events, "steps"), np.asarray(lengths)
        if not len(lengths):
            raise InputError("no sequence given: expected at least one")
        if lengths.min() < 1:
            raise InputError(f"a length is {lengths.min()}, expected at least 1 step a sequence")
        if lengths.sum() != len(events):
            raise InputError(
                f"lengths add up to {lengths.sum()}, but there are {len(events)} steps of events"
            )
        given = {FRAMES: self._shared(events)}
        if self.program.bidirectional:
            given[FRAMES_REVERSED] = given[FRAMES][reversed_rows(lengths)]
        if self.program.encoder.sends_changes:
            given = {name: changes(frames, lengths) for name, frames in given.items()}
        planned = plan(lengths, self.batch)
        if start is None:
            planned = planned._replace(begins=np.zeros_like(planned.begins))
        given |= starts(self.program, start)
        found = self._execute(given, planned, len(lengths), deadline)
        for i, layer in enumerate(self.program.layers):
            for name in (f"emitted.{i}", f"membranes.{i}"):
                if layer.backward and name in found:
                    found[name] = found[name][reversed_rows(lengths)]
        self.reset()
        return found

    def step(self, events: NDArray[np.integer], deadline: float | None = None) -> Integers:
        """Run one more step of the stream with these events (sources,); return the scores."""
        if self.program.bidirectional:
            raise SettingError(
                "a program with both directions cannot stream: it begins at a sequence's end"
            )
        if self.batch != 1:
            raise SettingError(f"batch is {self.batch}, but a stream is one sequence: open with 1")
        deadline = None if deadline is None else _seconds(deadline)
        sent = frame = np.asarray(self._require_events(events))
        if self.program.encoder.sends_changes and not self.clean:
            sent = frame - self.last
        with self._whole("run"):
            start = tally = None
            if self.carried is not None:
                start, tally = self.carried.start, self.carried.tally
            given = {FRAMES: self._shared(sent[np.newaxis]), **starts(self.program, start, tally)}
            found = self._execute(given, one_step(self.clean), 1, deadline)
            self.clean, self.last = False, frame
        return found["scores"][0]

    def _require_events(self, events: Rows, *lead: str) -> Rows:
        """Return events as integers; refuse those that the program's encoder cannot give."""
        encoder = self.program.encoder
        found = events if isinstance(events, TokenRows) else np.asarray(events)
        if found.ndim != 1 + len(lead) or found.shape[-1] != encoder.sources:
            expected = ", ".join((*lead, str(encoder.sources))) + ("" if lead else ",")
            raise InputError(f"events have shape {found.shape}, expected ({expected})")
        if not np.issubdtype(found.dtype, np.integer):
            raise InputError(f"events are of type {found.dtype}, expected whole numbers")
        if isinstance(found, TokenRows):  # its numbers were checked when it was made
            return found
        low, high = encoder.range
        for value in (found.min(initial=0), found.max(initial=0)):
            if not low <= value <= high:
                raise InputError(
                    f"an event is {value}, but the program's encoder gives {low} to {high}"
                )
        return found.astype(np.int64)

    def _shared(self, events: Rows) -> Integers:
        """Return events (steps, sources) as the processes read them: of tokens their numbers."""
        encoder = self.program.encoder
        if encoder.row.by_token:
            return TokenRows.of(events, encoder.fields).numbers.astype(np.int64)
        return np.asarray(events)

    @contextmanager
    def _whole(self, phase: str) -> Iterator[None]:
        """Close the session if the work is not finished, so that nothing stays half done."""
        try:
            yield
        except BaseException as error:
            self._end()
            if isinstance(error, OSError):
                reason = f"found no room for a session's processes and files: {error}"
                raise LavaError(reason, phase, "parent") from error
            raise

    def _end(self) -> None:
        if self.supervisor is not None:
            self.supervisor.end()
        self.supervisor = self.arrays = None
        self.reset()

    def _execute(
        self, given: dict[str, Integers], plan: Plan, sequences: int, deadline: float | None
    ) -> dict[str, Integers]:
        self.open()
        assert self.supervisor is not None
        assert self.arrays is not None
        frames, readout = len(given[FRAMES]), self.program.readout
        rows = frames if readout.answers_every_step else sequences
        wanted = {"scores": (rows, readout.outputs)}
        for name in self.record:
            wanted[name] = (frames, self.program.layers[int(name.rpartition(".")[2])].neurons)
        wanted |= now(self.program, self.batch)
        tables = {
            "rows": plan.rows, "clock": plan.clock, "ends": plan.ends, BEGINS: plan.begins,
        }  # fmt: skip
        needed = ticks(self.program, plan)
        if deadline is None:
            deadline = RUN_SECONDS + SECONDS_PER_TICK * needed
        with self._whole("run"):
            self.arrays.prepare({**given, **tables}, wanted, self.ticks)
            self.supervisor.ask("run", deadline, ticks=needed)
            self.ticks += needed
            return {name: self.arrays.fetch(name) for name in ("scores", *self.record)}


def _seconds(deadline: float) -> float:
    """Return a deadline; refuse one that never comes."""
    if not isinstance(deadline, (int, float)) or not 0 < deadline < inf:
        raise SettingError(f"deadline is {deadline!r}, expected a number of seconds above 0")
    return deadline


def _recordings(program: Program, record: Sequence[str]) -> list[str]:
    """Return the names of the recordings of single layers; refuse an unknown name."""
    of_each = ("emitted", "membranes")
    known = [f"{name}.{i}" for i in range(len(program.layers)) for name in of_each]
    for name in record:
        choose("recording", name, [*of_each, *known])
    return [name for name in known if name in record or name.partition(".")[0] in record]
