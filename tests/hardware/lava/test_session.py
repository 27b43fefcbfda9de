"""A session that stays open, many of them, and callers of every kind."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from kernels_first import record
from lava_callers import run_and_compare
from leftovers import open_files
from programs import random_program, random_sequences

from hardware.engines.reference import execute
from hardware.errors import InputError, SettingError
from hardware.lava import supervisor
from hardware.lava.errors import LavaError
from hardware.lava.session import LavaSession
from hardware.lava.shared_arrays import HostArrays
from hardware.runs.session import Session

SUPPORT = Path(__file__).resolve().parents[2] / "support"
SESSIONS = int(os.environ.get("LAVA_SESSIONS", "6"))
"""How many to open one after another; `benchmarks/mappings.py` asks for 200."""


@pytest.fixture(scope="module", autouse=True)
def _compiled_kernels() -> None:
    """Compile before any caller starts: on a busy new machine that takes more than a minute."""
    record()


@pytest.mark.parametrize("mapping", ["structural", "fused"])
def test_an_open_session_runs_and_streams_without_being_set_up_again(mapping: str) -> None:
    program = random_program(2, hidden=(4, 3), formulation="keep", encoder="send-on-delta")
    events, steps = program.encode(random_sequences(2, 3, [5, 3, 1]))
    expected = execute(program, events, steps).scores
    with LavaSession(program, mapping) as session:
        assert session.supervisor is not None
        child = session.supervisor.child.pid
        np.testing.assert_array_equal(session.run(events, steps)["scores"], expected)
        for sequence, scores in zip(np.split(events, [5, 8]), expected, strict=True):
            session.reset()
            for frame in sequence:
                found = session.step(frame)
            np.testing.assert_array_equal(found, scores)
        again = session.run(events[5:], steps[1:])["scores"]  # other shapes than before
        np.testing.assert_array_equal(again, expected[1:])
        assert session.supervisor.child.pid == child


def test_only_what_is_asked_for_is_recorded() -> None:
    program = random_program(1, hidden=(4, 3))
    events, steps = program.encode(random_sequences(1, 3, [3, 2]))
    expected = execute(program, events, steps)
    with LavaSession(program, "fused", record=("membranes.1", "emitted")) as session:
        found = session.run(events, steps)
    assert set(found) == {"scores", "emitted.0", "emitted.1", "membranes.1"}
    np.testing.assert_array_equal(found["membranes.1"], expected.membranes[1])
    with LavaSession(program, "fused") as session:
        assert set(session.run(events, steps)) == {"scores"}


def test_what_cannot_be_run_or_streamed_is_refused_before_anything_is_started() -> None:
    both = random_program(0, bidirectional=True)
    with pytest.raises(SettingError, match="both directions cannot stream"):
        LavaSession(both).step(np.zeros(3, dtype=int))
    with pytest.raises(SettingError, match="batch is 4, but a stream is one sequence"):
        LavaSession(random_program(0), "fused", 4).step(np.zeros(3))
    with pytest.raises(InputError, match=r"events have shape \(2,\), expected \(3,\)"):
        LavaSession(random_program(0)).step(np.zeros(2))
    with pytest.raises(InputError, match="no sequence given"):
        LavaSession(random_program(0)).run(np.zeros((0, 3), dtype=int), np.zeros(0, dtype=int))


@pytest.mark.parametrize(
    ("events", "lengths", "message"),
    [
        (np.zeros((4, 1), dtype=int), [4], r"events have shape \(4, 1\), expected \(steps, 3\)"),
        (np.zeros((4, 3), dtype=int), [3], "lengths add up to 3, but there are 4 steps of events"),
        (
            np.zeros((4, 3), dtype=int),
            [5, -1],
            "a length is -1, expected at least 1 step",
        ),
        (np.full((4, 3), 0.5), [4], "events are of type float64, expected whole numbers"),
        (
            np.full((4, 3), 1000),
            [4],
            "an event is 1000, but the program's encoder gives -127",
        ),
        (np.full((4, 3), -1000), [4], "an event is -1000"),
    ],
)
def test_events_that_no_encoder_gives_are_refused(
    events: np.ndarray, lengths: list[int], message: str
) -> None:
    session = LavaSession(random_program(0))
    with pytest.raises(InputError, match=message):
        session.run(events, np.array(lengths))
    if message.startswith(("events are", "an event")):
        with pytest.raises(InputError, match=message):
            session.step(events[0])
    assert session.supervisor is None


def test_an_interruption_at_any_moment_closes_the_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = random_program(0, hidden=(4,), encoder="send-on-delta")
    events, steps = program.encode(random_sequences(0, 3, [4]))
    expected = execute(program, events, steps).scores[0]

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with LavaSession(program, "fused") as session:
        session.step(events[0])
        for moment in (
            (HostArrays, "prepare"),
            (HostArrays, "fetch"),
            (supervisor.Supervisor, "_tell"),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(*moment, interrupted)
                with pytest.raises(KeyboardInterrupt):
                    session.step(events[1])
            assert session.supervisor is None
            for frame in events:  # set up again, from a clean state
                last = session.step(frame)
            np.testing.assert_array_equal(last, expected)


def test_an_engine_that_streams_starts_again_after_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = random_program(0, hidden=(4,), encoder="send-on-delta")
    frames = np.random.default_rng(0).normal(size=(3, 3)).astype(np.float32)
    with Session(program, "lava") as session:
        fresh = [session.step(frame) for frame in frames]
        with monkeypatch.context() as patch:
            patch.setattr(HostArrays, "fetch", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                session.step(frames[0])
        np.testing.assert_array_equal([session.step(frame) for frame in frames], fresh)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def holdings() -> dict[str, int]:
    gc.collect()
    return {
        "open files": len(open_files()),
        "threads": len(list(Path("/proc/self/task").iterdir())),
        "log handlers": len(logging.getLogger().handlers),
    }


def test_sessions_one_after_another_leave_everything_level(folders: list[Path]) -> None:
    program = random_program(0, hidden=(4,))
    events, steps = program.encode(random_sequences(0, 3, [3, 2]))

    def one() -> None:
        with LavaSession(program, "fused") as session:
            session.run(events, steps)

    for _ in range(3):
        one()
    before, memory = holdings(), resident_bytes()
    for _ in range(SESSIONS):
        one()
    assert holdings() == before
    assert len(folders) == SESSIONS + 3
    assert resident_bytes() < 1.05 * memory


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_processes_started_in_either_way_can_call(how: str) -> None:
    caller = multiprocessing.get_context(how).Process(target=run_and_compare, args=(3,))
    caller.start()
    caller.join(timeout=120)
    assert caller.exitcode == 0
    caller.close()


def test_threads_can_call_in_parallel() -> None:
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(run_and_compare, seed) for seed in (4, 5)]:
            done.result(timeout=60)
    assert threading.current_thread() is threading.main_thread()


def test_a_copy_of_the_caller_cannot_use_or_end_its_session() -> None:
    program = random_program(0, hidden=(4,))
    with LavaSession(program, "fused") as session:
        pid = os.fork()
        if pid == 0:
            try:
                session.step(np.zeros(3, dtype=int))
            except LavaError as error:
                session.close()
                os._exit(0 if "of another process" in str(error) else 1)
            os._exit(2)
        assert os.waitpid(pid, 0)[1] == 0
        session.step(np.zeros(3, dtype=int))


def test_torch_in_the_caller_does_no_harm() -> None:
    pytest.importorskip("torch")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import torch; torch.ones(300, 300) @ torch.ones(300, 300)\n"
        "from lava_callers import run_and_compare; run_and_compare(6)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(SUPPORT)], check=True, timeout=60)


def test_code_without_a_file_can_call_while_an_event_loop_runs() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import asyncio\n"
        "from lava_callers import run_and_compare\n"
        "async def cell(): asyncio.get_running_loop(); run_and_compare(9)\n"
        "assert '__file__' not in globals(); asyncio.run(cell())\n"
    )
    subprocess.run([sys.executable, "-c", code, str(SUPPORT)], check=True, timeout=60)


def test_a_caller_may_end_with_its_session_open() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from programs import random_program\n"
        "from hardware.lava import LavaSession\n"
        "session = LavaSession(random_program(0)).open(); print(session.supervisor.folder)\n"
    )
    command = [sys.executable, "-c", code, str(SUPPORT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    folder = Path(done.stdout.strip())
    assert folder.name.startswith("sgru-")
    assert not folder.exists()


def test_a_caller_without_standard_files_can_call(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from lava_callers import run_and_compare\n"
        "run_and_compare(9)\n"
        "open(sys.argv[2], 'w').close()\n"
    )
    command = [sys.executable, "-c", code, str(SUPPORT), str(tmp_path / "done")]
    subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *command], check=True, timeout=120)
    assert (tmp_path / "done").exists()


def test_tests_in_several_processes_can_call(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    (tmp_path / "test_calls.py").write_text(
        f"import sys; sys.path.insert(0, {str(SUPPORT)!r})\n"
        "from lava_callers import run_and_compare\n"
        "def test_one(): run_and_compare(7)\n"
        "def test_two(): run_and_compare(8)\n"
    )
    run = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path, timeout=100)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
