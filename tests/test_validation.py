"""The page of published measurements is what its command makes, and keeps its promises."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def validation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("validation", ROOT / "benchmarks/validation.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["validation"] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_its_command_writes(validation: ModuleType) -> None:
    assert (ROOT / "docs/validation.md").read_text("utf-8") == validation.page()


def test_the_lsnn_is_met_within_a_factor_of_two(validation: ModuleType) -> None:
    found = {line.quantity: line.ratio for line in validation.lsnn()}
    assert 0.5 < found["core dynamic energy"] < 2
    assert 0.5 < found["time of a step on the cores"] < 2
    assert 0.5 < found["time of a step with the host"] < 2


def test_pilotnet_is_met_within_a_factor_of_two_and_marked(validation: ModuleType) -> None:
    energy, by_layer, even = validation.pilotnet()
    assert 0.5 < energy.ratio < 2
    assert 0.5 < by_layer.ratio < 2
    assert "mJ* |" in str(energy)
    assert "µs* |" in str(by_layer)
    # An even share of the work is the least time that it can take.
    assert even.ratio < 0.5


def test_pilotnets_layers_are_the_whole_that_was_published(validation: ModuleType) -> None:
    whole = validation.together(*validation.PILOTNET.values())
    assert whole.cores == 74
    assert whole.neuron_updates == 158_509
    assert whole.synaptic_operations == pytest.approx(2.29e6, rel=0.01)
    assert whole.messages_in == whole.messages_out


def test_keyword_spotting_without_its_host_is_off_by_a_hundred(validation: ModuleType) -> None:
    operations, everything, _, board = (line.ratio for line in validation.keyword_spotting())
    assert operations < 1 / 100
    assert everything < 1 / 5
    assert board == pytest.approx(1, abs=0.02)
