"""Public names stay: whoever removes one changes this list, and says so in the changelog."""

from __future__ import annotations

from importlib import import_module

import pytest

PUBLIC = {
    "hardware": (
        "Cell Chip Comparison CoreLoads Cost Counts HalvesCost LogMel LogMelStream Measured "
        "Placement Program ProgramPair Sequences Session SparseSequences State Trace Translation "
        "Verification compare core_loads count early_exit_curve estimate estimate_halves generate "
        "generated load_chip place report run stream translate verify_engines"
    ),
    "conversion": (
        "Calibration Conversion Deployment Explanation ForeignGRU Grids Thresholds calibrate "
        "conversion_of convert convert_pair deploy explain export_nir from_keras_weights from_onnx "
        "from_torch_gru network_trace verify verify_pair"
    ),
    "spiking_gru": (
        "BatchReport Callback CrossValidation Dataset EpochReport Network NetworkSettings "
        "PairSettings PhaseReport Seq2Seq SpikingGRU SpikingGRUCell TrainingSettings Vocabulary "
        "cross_validate known_to_snntorch load_network load_pair reset train"
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
