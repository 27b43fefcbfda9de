"""Public names stay: whoever removes one changes this list, and says so in the changelog."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.metadata import version

import pytest

PUBLIC = {
    "hardware": (
        "BatchSession Cell Chip Comparison CoreLoads Cost Counts Demand HalvesCost LogMel "
        "LogMelStream Measured Placement Program ProgramPair Sequences Session SparseSequences "
        "State Trace Translation Verification answers compare core_loads count early_exit_curve "
        "estimate estimate_halves generate generated load_chip place report report_pair run stream "
        "translate verify_engines"
    ),
    "conversion": (
        "Calibration Conversion Deployment Explanation ForeignGRU Grids Thresholds calibrate "
        "conversion_of convert convert_pair deploy explain export_nir from_keras_weights from_onnx "
        "from_torch_gru network_trace verify verify_pair"
    ),
    "spiking_gru": (
        "BatchReport BatchSession Callback CrossValidation Dataset Demand Encoder EpochReport "
        "LogMel LogMelStream Network NetworkSettings PairSettings PhaseReport Program ProgramPair "
        "Readout Seq2Seq Session SparseSequences SpikingGRU SpikingGRUCell State Trace "
        "TrainingSettings Vocabulary answers calibrate convert convert_pair count "
        "cross_validate deploy early_exit_curve estimate from_keras_weights from_onnx "
        "from_torch_gru generate generated known_to_snntorch load_data load_network load_pair "
        "report reset run search stream train translate verify verify_pair"
    ),
    "spiking_gru.data": "DATASETS Dataset Part load",
    "hardware.lava": "LavaSession ReadoutLayer SpikingGRULayer",
}


@pytest.mark.parametrize("package", PUBLIC)
def test_every_public_name_is_there(package: str) -> None:
    module = import_module(package)
    names = PUBLIC[package].split()
    assert set(names) <= set(module.__all__)
    for name in names:
        assert getattr(module, name) is not None


@pytest.mark.parametrize("package", PUBLIC)
def test_every_public_name_is_in_the_list(package: str) -> None:
    assert set(import_module(package).__all__) <= set(PUBLIC[package].split())


@pytest.mark.parametrize("package", PUBLIC)
def test_dir_lists_every_public_name(package: str) -> None:
    assert set(PUBLIC[package].split()) <= set(dir(import_module(package)))


@pytest.mark.parametrize("package", ["hardware", "conversion", "spiking_gru"])
def test_dir_lists_public_names_only(package: str) -> None:
    known = {*PUBLIC[package].split(), "data", "__version__"}
    assert set(dir(import_module(package))) <= known


def test_the_version_is_that_of_the_installed_package() -> None:
    assert import_module("spiking_gru").__version__ == version("spiking-gru")


NEEDS_TORCH = (
    "BatchReport Callback CrossValidation Encoder EpochReport Network PhaseReport Readout "
    "Seq2Seq SpikingGRU SpikingGRUCell cross_validate known_to_snntorch load_network "
    "load_pair reset search train convert convert_pair verify verify_pair calibrate deploy "
    "from_keras_weights from_onnx from_torch_gru"
)


def python(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_one_import_loads_neither_numpy_nor_torch() -> None:
    python(
        "import sys, spiking_gru as sg\n"
        "assert 'run' in dir(sg)\n"
        "assert not {'numpy', 'torch', 'numba'} & set(sys.modules)\n"
    )


def test_the_module_of_data_needs_no_import_of_its_own() -> None:
    python(
        "import sys, spiking_gru as sg\n"
        "sys.modules['torch'] = None\n"
        "assert 'data' in dir(sg)\n"
        "assert sg.data.load is sg.load_data\n"
    )


def test_names_that_need_no_torch_do_not_load_it() -> None:
    names = sorted(set(PUBLIC["spiking_gru"].split()) - set(NEEDS_TORCH.split()))
    python(
        "import sys, spiking_gru as sg\n"
        "sys.modules['torch'] = None\n"
        f"for name in {names!r}:\n"
        "    assert getattr(sg, name) is not None\n"
    )


@pytest.mark.parametrize(
    ("name", "home", "at_home"),
    [
        ("load_data", "spiking_gru.data.registry", "load"),
        ("Program", "hardware", "Program"),
        ("answers", "hardware", "answers"),
        ("convert", "conversion", "convert"),
        ("Readout", "spiking_gru.readout", "Readout"),
    ],
)
def test_a_name_of_the_one_import_is_that_of_its_home(name: str, home: str, at_home: str) -> None:
    assert getattr(import_module("spiking_gru"), name) is getattr(import_module(home), at_home)
