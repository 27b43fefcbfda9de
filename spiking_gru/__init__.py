"""Spiking GRUs in torch: cells, layers, networks, encoders, data and training.

The functions that convert, verify, run and report a network are here as well, so that one import
is enough. Names are imported when they are first used, so that the command line, the data sets and
programs work without torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conversion import (
        calibrate,
        convert,
        convert_pair,
        deploy,
        from_keras_weights,
        from_onnx,
        from_torch_gru,
        verify,
        verify_pair,
    )
    from hardware import (
        BatchSession,
        Demand,
        LogMel,
        LogMelStream,
        Program,
        ProgramPair,
        Session,
        SparseSequences,
        State,
        Trace,
        answers,
        count,
        early_exit_curve,
        estimate,
        generate,
        generated,
        report,
        run,
        stream,
        translate,
    )
    from hardware.definition.vocabulary import Vocabulary
    from spiking_gru.cell import SpikingGRUCell
    from spiking_gru.data import Dataset
    from spiking_gru.data import load as load_data
    from spiking_gru.encoder import Encoder
    from spiking_gru.layer import SpikingGRU
    from spiking_gru.network import Network
    from spiking_gru.readout import Readout
    from spiking_gru.saved import load_network, load_pair
    from spiking_gru.seq2seq import Seq2Seq
    from spiking_gru.settings import NetworkSettings, PairSettings, TrainingSettings
    from spiking_gru.snntorch_bridge import known_to_snntorch, reset
    from spiking_gru.training.callbacks import BatchReport, Callback, EpochReport, PhaseReport
    from spiking_gru.training.folds import CrossValidation, cross_validate
    from spiking_gru.workflows.search import search as search
    from spiking_gru.workflows.train import train as train

_HOMES = {
    "BatchReport": "spiking_gru.training",
    "Callback": "spiking_gru.training",
    "CrossValidation": "spiking_gru.training",
    "Dataset": "spiking_gru.data",
    "Demand": "hardware",
    "Encoder": "spiking_gru.encoder",
    "EpochReport": "spiking_gru.training",
    "LogMel": "hardware",
    "LogMelStream": "hardware",
    "Network": "spiking_gru.network",
    "NetworkSettings": "spiking_gru.settings",
    "PairSettings": "spiking_gru.settings",
    "PhaseReport": "spiking_gru.training",
    "Program": "hardware",
    "ProgramPair": "hardware",
    "Readout": "spiking_gru.readout",
    "Seq2Seq": "spiking_gru.seq2seq",
    "BatchSession": "hardware",
    "Session": "hardware",
    "SparseSequences": "hardware",
    "SpikingGRU": "spiking_gru.layer",
    "SpikingGRUCell": "spiking_gru.cell",
    "State": "hardware",
    "Trace": "hardware",
    "TrainingSettings": "spiking_gru.settings",
    "Vocabulary": "hardware.definition.vocabulary",
    "answers": "hardware",
    "calibrate": "conversion",
    "convert": "conversion",
    "convert_pair": "conversion",
    "count": "hardware",
    "cross_validate": "spiking_gru.training",
    "deploy": "conversion",
    "early_exit_curve": "hardware",
    "estimate": "hardware",
    "from_keras_weights": "conversion",
    "from_onnx": "conversion",
    "from_torch_gru": "conversion",
    "generate": "hardware",
    "generated": "hardware",
    "known_to_snntorch": "spiking_gru.snntorch_bridge",
    "load_data": "spiking_gru.data",
    "load_network": "spiking_gru.saved",
    "load_pair": "spiking_gru.saved",
    "report": "hardware",
    "reset": "spiking_gru.snntorch_bridge",
    "run": "hardware",
    "search": "spiking_gru.workflows.search",
    "stream": "hardware",
    "train": "spiking_gru.workflows.train",
    "translate": "hardware",
    "verify": "conversion",
    "verify_pair": "conversion",
}

_NAMES_AT_HOME = {"load_data": "load"}
"""Names of objects in their modules, where they differ from the public ones."""

_MODULES = ("data",)
"""Modules that are attributes of this one without an import of their own."""

__all__ = [
    "BatchReport",
    "BatchSession",
    "Callback",
    "CrossValidation",
    "Dataset",
    "Demand",
    "Encoder",
    "EpochReport",
    "LogMel",
    "LogMelStream",
    "Network",
    "NetworkSettings",
    "PairSettings",
    "PhaseReport",
    "Program",
    "ProgramPair",
    "Readout",
    "Seq2Seq",
    "Session",
    "SparseSequences",
    "SpikingGRU",
    "SpikingGRUCell",
    "State",
    "Trace",
    "TrainingSettings",
    "Vocabulary",
    "answers",
    "calibrate",
    "convert",
    "convert_pair",
    "count",
    "cross_validate",
    "deploy",
    "early_exit_curve",
    "estimate",
    "from_keras_weights",
    "from_onnx",
    "from_torch_gru",
    "generate",
    "generated",
    "known_to_snntorch",
    "load_data",
    "load_network",
    "load_pair",
    "report",
    "reset",
    "run",
    "search",
    "stream",
    "train",
    "translate",
    "verify",
    "verify_pair",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("spiking-gru")
    if name in _MODULES:
        return import_module(f"spiking_gru.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'spiking_gru' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), _NAMES_AT_HOME.get(name, name))


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES, "__version__"})
