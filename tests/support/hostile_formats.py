"""Kinds of files that somebody else may have written: how each is damaged, read and judged.

What a kind needs is imported when it is used: only networks need torch, only models need onnx.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
from mutations import (
    AEDAT_MUTATIONS,
    BIN_MUTATIONS,
    CHIP_MUTATIONS,
    DATA_DAMAGE,
    DATA_MUTATIONS,
    MUTATIONS,
    NETWORK_DAMAGE,
    ONNX_MUTATIONS,
    SEALED_NETWORK_MUTATIONS,
    SEALED_TRACE_MUTATIONS,
    SOUND_MUTATIONS,
    WEIGHTS_MUTATIONS,
    Mutation,
)
from programs import random_program, random_sequences
from sealing import joined, members_of

from hardware.program.file import contents
from hardware.program.model import Program
from hardware.program.stored import stored
from hardware.runs.golden import golden_samples
from hardware.runs.run import run
from hardware.runs.trace import Trace

KINDS: tuple[dict[str, Any], ...] = (
    {},
    {"hidden": (4, 3), "bidirectional": True, "emit": "state", "readout": "last", "outputs": 1,
     "encoder": "population"},
    {"encoder": "rate", "readout": "leaky", "formulation": "forget", "activation": "table"},
    {"encoder": "send-on-delta", "readout": "step", "formulation": "output-gated",
     "emit": "graded", "initial": True, "hidden": (2, 2, 2)},
)  # fmt: skip
NETWORKS: tuple[dict[str, Any], ...] = (
    {},
    {"emit": "state", "layers": 2, "bidirectional": True, "readout": "last"},
    {"formulation": "forget", "learn_initial_state": True, "learn_threshold": True},
)


@dataclass(frozen=True)
class Format:
    """A kind of file. What `load` gives is the sound file's again, or may at least be used."""

    sound: Callable[[], list[bytes]]
    load: Callable[[Path], Any]
    identity: Callable[[Any], object]
    """Equal where two loaded files are the same."""

    mutations: Mapping[str, Mutation]
    use: Callable[[Any], object] | None = None
    """What works with everything sound; None where every other file must be refused."""

    name: str = "mutated"
    put: Callable[[Path, bytes], object] = Path.write_bytes
    remove: Callable[[Path], object] = Path.unlink


def sound_program(kind: int) -> Program:
    made = random_program(kind, **KINDS[kind])
    return golden_samples(made, random_sequences(kind, 3, [4, 2]))


def bytes_of(program: Program) -> bytes:
    return contents(*stored(program))


def traced(program: Program) -> Trace:
    return run(program, [sample.frames for sample in program.golden], "numpy")


def written(save: Callable[[Path], object]) -> bytes:
    """What a writer writes."""
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder) / "file")
        return (Path(folder) / "file").read_bytes()


def programs() -> list[bytes]:
    return [bytes_of(sound_program(kind)) for kind in range(len(KINDS))]


def traces() -> list[bytes]:
    return [written(traced(sound_program(kind)).save) for kind in range(len(KINDS))]


def networks() -> list[bytes]:
    """Folders of two files, each carried as a zip of both."""
    from networks import random_network

    from spiking_gru.saved import save_network
    from spiking_gru.settings import NetworkSettings

    found = []
    for kind, choices in enumerate(NETWORKS):
        settings = NetworkSettings(channels=3, classes=("a", "b"), hidden=5, **choices)
        with tempfile.TemporaryDirectory() as folder:
            save_network(random_network(kind, **choices), settings, Path(folder))
            files = [Path(folder) / name for name in ("model.json", "model.safetensors")]
            found.append(joined(*(file.read_bytes() for file in files)))
    return found


def put_network(folder: Path, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    for name, member in zip(("model.json", "model.safetensors"), members_of(content), strict=True):
        (folder / name).write_bytes(member)


def load_network(folder: Path) -> Any:
    from spiking_gru.saved import load_network

    return load_network(folder)


def network_identity(loaded: Any) -> object:
    network, settings = loaded
    state = network.state_dict()
    return settings, {name: (v.dtype, v.shape, v.numpy().tobytes()) for name, v in state.items()}


def use_network(loaded: Any) -> None:
    import torch

    from conversion import convert

    network, settings = loaded
    with torch.no_grad():
        logits = network(torch.zeros(4, 2, settings.channels), torch.tensor([4, 2]))
    assert logits.isfinite().all()
    assert convert(network).classes == settings.classes


def descriptions(names: Iterable[str]) -> list[bytes]:
    from importlib.resources import files

    folder = files("hardware.cost") / "chips"
    return [(folder / f"{name}.toml").read_bytes() for name in names]


def chips() -> list[bytes]:
    from hardware.cost.chip import CHIPS

    return descriptions([*CHIPS, "template"])


def load_chip(path: Path) -> Any:
    from hardware.cost.chip import load_chip

    return load_chip(path)


def use_chip(chip: Any) -> None:
    from hardware.cost.energy import estimate

    program = sound_program(0)
    assert (estimate(traced(program), program, chip).core_s >= 0).all()


def digital_chips() -> list[bytes]:
    from hardware.cost.chip import DIGITAL_CHIPS

    return descriptions(DIGITAL_CHIPS)


def load_digital(path: Path) -> Any:
    from hardware.cost.digital import load_digital_chip

    return load_digital_chip(path)


def use_digital(chip: Any) -> None:
    from hardware.cost.dense_gru import DenseWork
    from hardware.cost.digital import digital_cost

    for size in (1, 20_000, 2**30):
        work = DenseWork(*(np.array([n]) for n in (900, 900, 40, 30)), stored=size)
        for format in chip.formats:
            low, nominal, high = digital_cost(work, chip, format).total_j[:, 0]
            assert 0 <= low <= nominal <= high < np.inf


def models() -> list[bytes]:
    from onnx_models import gru_model

    return [
        gru_model().SerializeToString(),
        gru_model(1, units=(4, 3), directions=2, reads="mean", gemm=False).SerializeToString(),
        gru_model(2, reads="step", bias=False, linear_before_reset=0).SerializeToString(),
    ]


def load_model(path: Path) -> Any:
    from conversion.foreign.onnx_gru import from_onnx

    return from_onnx(path)


def use_model(gru: Any) -> None:
    from conversion.foreign.floating import scores

    found = scores(gru, random_sequences(0, gru.channels, [3, 1]))
    assert np.isfinite(found).all()


def data_sets() -> list[bytes]:
    from datasets import small_arrays
    from mutations.data_files import archived

    named = {**small_arrays(1), "classes": ["x", "y", "z"]}
    return [archived(small_arrays()), archived(named, packed=True)]


def load_data(path: Path) -> Any:
    from spiking_gru.data import load

    return load(str(path))


def use_data(dataset: Any) -> None:
    for part in (dataset.training, dataset.validation, dataset.test):
        assert part.labels.max() < len(dataset.classes)
        assert np.isfinite(part.sequences.values).all()


def data_identity(dataset: Any) -> object:
    return dataset.fingerprint, dataset.classes


def sound_files() -> list[bytes]:
    from sounds import chunk, floating, format_chunk, riff

    samples = np.random.default_rng(0).normal(0, 0.1, 900)
    whole = np.rint(samples * 2**15).astype("<i2").tobytes()
    return [
        riff(format_chunk(), chunk(b"data", whole)),
        riff(format_chunk(channels=2, bits=24), chunk(b"LIST", b"abc"), chunk(b"data", whole)),
        floating(samples.astype("<f4")),
    ]


def load_sound(path: Path) -> Any:
    from spiking_gru.data.wav import read_wav

    return read_wav(path, mix=True)


def use_sound(loaded: Any) -> None:
    from hardware.sequences.log_mel import LogMel

    samples, rate = loaded
    assert np.isfinite(samples).all()
    assert rate >= 1
    assert np.isfinite(LogMel(8000)(samples)).all()


def aedat_files() -> list[bytes]:
    from event_data import aedat_bytes, some_events

    events = some_events(0, 128, 128, 10**6, 60)
    return [aedat_bytes([events[:20], [], events[20:]]), aedat_bytes([events], overflows=1)]


def bin_files() -> list[bytes]:
    from event_data import bin_bytes, some_events

    return [bin_bytes(some_events(seed, 34, 34, 300_000)) for seed in range(2)]


def load_events(path: Path) -> Any:
    from spiking_gru.data.event_files import read_events

    return read_events(path)


def events_identity(fields: Any) -> object:
    return [(name, field.tolist()) for name, field in fields.items()]


def use_events(fields: Any) -> None:
    from hardware.errors import InputError
    from hardware.sequences.events import EventForm

    form = EventForm((128, 128, 2), 1000, frames=10)
    with suppress(InputError):
        assert form.counts(fields).values.sum() <= len(fields["t"])


def checkpoints() -> list[bytes]:
    from spiking_gru.training.checkpoints import NOW, Checkpoints
    from spiking_gru.training.phase_state import About, PhaseState

    rng, found = np.random.default_rng(0), []
    for notes in (None, ["a note"]):
        arrays: dict[str, Any] = {
            "model:weight": rng.normal(size=(3, 2)).astype(np.float32),
            "optimiser:0:step": np.array(3, np.float32),
            "random:torch": rng.integers(0, 256, 16, dtype=np.uint8),
            "history:training_loss": np.array([0.5, np.nan]),
        }
        about = About(phase="float", epoch=2, best_epoch=1, history=["training_loss"], notes=notes)
        with tempfile.TemporaryDirectory() as folder:
            Checkpoints(Path(folder))._write(NOW, PhaseState(arrays, about))
            found.append((Path(folder) / NOW).read_bytes())
    return found


def load_checkpoint(path: Path) -> Any:
    from spiking_gru.training.checkpoints import _read

    return _read(path)


def checkpoint_identity(state: Any) -> object:
    arrays = {n: (a.dtype, a.shape, a.tobytes()) for n, a in state.arrays.items()}
    return state.about, arrays


FORMATS: dict[str, Format] = {
    "checkpoint": Format(checkpoints, load_checkpoint, checkpoint_identity, WEIGHTS_MUTATIONS),
    "program": Format(programs, Program.load, bytes_of, MUTATIONS),
    "trace": Format(traces, Trace.load, lambda t: written(t.save), WEIGHTS_MUTATIONS),
    "sealed trace": Format(
        traces, Trace.load, lambda t: written(t.save), SEALED_TRACE_MUTATIONS
    ),
    "network": Format(
        networks, load_network, network_identity, NETWORK_DAMAGE, put=put_network, remove=rmtree
    ),
    "sealed network": Format(
        networks, load_network, network_identity, SEALED_NETWORK_MUTATIONS, use_network,
        put=put_network, remove=rmtree,
    ),
    "chip": Format(chips, load_chip, lambda chip: chip, CHIP_MUTATIONS, use_chip, "mutated.toml"),
    "digital chip": Format(
        digital_chips, load_digital, lambda chip: chip, CHIP_MUTATIONS, use_digital,
        "mutated.toml",
    ),
    "model": Format(models, load_model, repr, ONNX_MUTATIONS, use_model, "mutated.onnx"),
    "data": Format(data_sets, load_data, data_identity, DATA_DAMAGE, name="mutated.npz"),
    "sealed data": Format(
        data_sets, load_data, data_identity, DATA_MUTATIONS, use_data, "mutated.npz"
    ),
    "sound": Format(
        sound_files, load_sound, lambda s: (s[0].tobytes(), s[1]), SOUND_MUTATIONS, use_sound,
        "mutated.wav",
    ),
    "aedat": Format(
        aedat_files, load_events, events_identity, AEDAT_MUTATIONS, use_events, "mutated.aedat"
    ),
    "events": Format(
        bin_files, load_events, events_identity, BIN_MUTATIONS, use_events, "mutated.bin"
    ),
}  # fmt: skip
