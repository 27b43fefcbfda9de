"""Parts of a run's folder and of this machine that reports of a program and of a pair need."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from rich.console import Console

    from hardware.reporting import Skipping, TrainedNetwork
    from hardware.reporting.demand import Demand
    from hardware.reporting.files import Contents
    from spiking_gru.cli.console import Voice
    from spiking_gru.run_folder import RunFolder


class Asked(NamedTuple):
    """Options of `report`."""

    chip: str = "loihi2"
    measure: bool = True
    data: str | None = None
    trace: Path | None = None
    out: Path | None = None
    cost_model: str = "0.2"
    rival: str = "digital-45nm"
    demand: Demand | None = None
    objective: str | None = None

    @property
    def of_use(self) -> Demand:
        """The use of the program that was asked for."""
        from hardware.reporting.demand import NO_DEMAND

        return self.demand or NO_DEMAND


class Made(NamedTuple):
    """A report that is to be written and shown."""

    content: dict[str, Any]
    """That of `report.json`."""

    files: Contents
    show: Callable[[Console], None]
    is_own: bool
    """Whether it is of the run's own test part."""


def say_without_parquet(voice: Voice, name: str) -> None:
    """Say that a Parquet file was not written, where pyarrow is missing."""
    from hardware.reporting import parquet_is_installed

    if not parquet_is_installed():
        voice.say(f'no {name}.parquet: it needs pip install "spiking-gru[parquet]"')


def verification_of(folder: RunFolder) -> dict[str, Any] | None:
    """Return what `verify` has written, if it has."""
    from hardware.files.sealed import read_sealed

    if not folder.verification.is_file():
        return None
    return read_sealed(folder.verification, f"run `spiking-gru verify {folder.path}` again")


def skipping_of(origin: dict[str, Any]) -> Skipping | None:
    """Return the GRU that skips of a run with a `state` baseline; None of any other run.

    Of several baselines it is the first, which has the hidden size of the network where one does.
    """
    from hardware.cost.dense_gru import Size
    from hardware.reporting import Skipping

    name, found = next(iter(origin.get("skipping", {}).items()), (None, None))
    if found is None:
        return None
    (row,) = (network for network in origin["networks"] if network["name"] == name)
    size = Size(row["hidden"], row["layer_weights"] + row["readout_weights"])
    return Skipping(**found, size=size)


def trained_networks(origin: dict[str, Any], shown: Collection[str]) -> dict[str, TrainedNetwork]:
    """Return the networks of a run that a report compares with the program."""
    from hardware.reporting import TrainedNetwork

    return {
        row["name"]: TrainedNetwork(
            metrics={
                name: value
                for name, value in origin["test"][row["name"]].items()
                if name in shown and value is not None
            },
            **{field: value for field, value in row.items() if field != "name"},
        )
        for row in origin["networks"]
    }
