"""The event file that TensorBoard shows, written in this thread.

Torch's `SummaryWriter` writes in a thread of its own, which prints a traceback if the disk is full.
"""

from __future__ import annotations

import os
import socket
import time
from itertools import count
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter
from torch.utils.tensorboard.summary import scalar
from typing_extensions import Self

_NUMBERS = count()
"""Numbers of the event files of this process."""


class Curves:
    """An event file in a folder; it is flushed after every figure."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        maker = f"{socket.gethostname()}.{os.getpid()}.{next(_NUMBERS)}"
        self.file = (folder / f"events.out.tfevents.{int(time.time()):010d}.{maker}").open("wb")
        self.records = RecordWriter(self.file)
        self._write(Event(file_version="brain.Event:2"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def add_scalar(self, name: str, value: float, step: int | None = None) -> None:
        """Write a figure of a step."""
        self.add_summary(scalar(name, value), step)

    def add_summary(self, summary: Any, step: int | None = None) -> None:
        """Write a summary of TensorBoard's."""
        self._write(Event(summary=summary, step=step))

    def _write(self, event: Event) -> None:
        event.wall_time = time.time()
        self.records.write(event.SerializeToString())
        self.file.flush()
