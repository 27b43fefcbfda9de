"""Truncated backpropagation: the state goes on, the gradients do not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import spiking_gru as sg
from hardware.errors import SettingError
from spiking_gru.batches import Batch
from spiking_gru.encoder import Encoder
from spiking_gru.model import SequenceModel
from spiking_gru.network import Network
from spiking_gru.settings import NetworkSettings, TrainingSettings
from spiking_gru.training.baseline import GRU, LSTM
from spiking_gru.training.truncation import pieces, require_truncatable

ABOUT = NetworkSettings(
    channels=3, hidden=6, layers=2, task="classify-steps", readout="step", classes=("a", "b")
)
MODELS = {
    "binary": lambda: Network.build(ABOUT),
    "graded": lambda: Network.build(ABOUT.model_copy(update={"emit": "graded"})).quantise(),
    "rate": lambda: Network.build(ABOUT.model_copy(update={"encoder": "rate"})),
    "gru": lambda: GRU.build(ABOUT, Encoder(3)),
    "lstm": lambda: LSTM.build(ABOUT, Encoder(3)),
}
LENGTHS = torch.tensor([7, 3, 8, 1])


def batch() -> Batch:
    frames = torch.randn(8, 4, 3, generator=torch.Generator().manual_seed(1))
    targets = torch.arange(32).reshape(8, 4)
    return Batch(frames, LENGTHS, targets)


def model_of(name: str) -> SequenceModel:
    torch.manual_seed(0)
    return MODELS[name]().eval()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("width", [1, 3, 8])
def test_pieces_see_what_the_whole_sequence_sees(name: str, width: int):
    model, whole = model_of(name), batch()
    steps, expected = model.encoder.steps, model.seen(*whole[:2]).emitted
    found = torch.zeros_like(expected)
    for number, piece in enumerate(pieces(model, whole, width, False)):
        rows, first = number * width < LENGTHS, number * width * steps
        found[first : first + len(piece.seen.emitted), rows] = piece.seen.emitted
    torch.testing.assert_close(found, expected)


def test_every_target_is_in_one_piece():
    whole = batch()
    found = [
        int(target)
        for piece in pieces(model_of("binary"), whole, 3, False)
        for row, length in enumerate(piece.lengths.tolist())
        for target in piece.targets[:length, row]
    ]
    expected = [t * 4 + row for row, length in enumerate(LENGTHS.tolist()) for t in range(length)]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("name", MODELS)
def test_gradients_end_at_the_first_frame_of_a_piece(name: str):
    model = model_of(name)
    whole = Batch(batch().frames, torch.tensor([8, 8, 8, 8]), batch().targets)
    first, second = list(pieces(model, whole, 4, False))
    second.seen.emitted.sum().backward()  # frees the graph that it goes through
    first.seen.emitted.sum().backward()  # an error where that was the first piece's as well


def test_a_step_is_taken_for_each_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(0)
    xs = [rng.normal(size=(n, 2)) for n in (12, 12, 9, 12, 12, 9, 5, 12)]
    ys = [(x[:, 0] > 0).tolist() for x in xs]
    dataset = sg.Dataset.from_lists(xs, ys, task="classify-steps")
    counted: dict[int, int] = {}
    step = torch.optim.AdamW.step

    def counting(self: Any, *given: Any) -> Any:
        counted[truncate] = counted.get(truncate, 0) + 1
        return step(self, *given)

    monkeypatch.setattr(torch.optim.AdamW, "step", counting)
    for truncate in (0, 4):
        settings = TrainingSettings(
            hidden=4, epochs=0, quantised_epochs=1, batch=32, truncate=truncate, baseline="none"
        )
        sg.train(settings, dataset, tmp_path, force=True)
    assert counted == {0: 1, 4: 3}


@pytest.mark.parametrize(
    ("changes", "task", "reason"),
    [
        ({}, "classify", "one target of a whole sequence"),
        ({"bidirectional": True}, "classify-steps", "from its end"),
        ({"distil": 0.5}, "classify-steps", "teacher"),
        ({}, "translate", "a decoder starts where its source ends"),
    ],
)
def test_what_needs_whole_sequences_is_not_truncated(
    changes: dict[str, Any], task: str, reason: str
):
    with pytest.raises(SettingError, match=f"truncate is 5, but .*{reason}.*set it to 0"):
        require_truncatable(TrainingSettings(truncate=5, **changes), task)
