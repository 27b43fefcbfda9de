"""Augmentation changes training sequences as it says, and keeps their answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from networks import random_network

from spiking_gru.batches import Batch
from spiking_gru.data.tasks import TASKS
from spiking_gru.network import Network
from spiking_gru.training.augmentation import (
    AUGMENTATIONS,
    augmented,
    channel_mask,
    noise,
    shift,
    time_mask,
    warp,
)

LENGTHS = torch.tensor([20, 7, 1, 13, 20] * 40)
CHANNELS = 3
OFF = dict.fromkeys(AUGMENTATIONS, 0.0)


def model(task: str = "classify") -> Network:
    row = TASKS[task]
    target = (
        {"classes": ("a", "b")}
        if row.names_classes
        else {"classes": (), "scale": (1.0,), "offset": (0.0,)}
    )
    return random_network(0, CHANNELS, task=task, readout=row.readout, **target)


def ramps(task: str = "classify") -> Batch:
    """Frames that hold 1 + their own number, as the targets of frames do; padding holds 0."""
    row = TASKS[task]
    times = torch.arange(int(LENGTHS.max())).unsqueeze(-1)
    numbers = torch.where(times < LENGTHS, times + 1, 0)
    frames = numbers.unsqueeze(-1).expand(-1, -1, CHANNELS).float().clone()
    targets = numbers if row.per_step else torch.zeros(len(LENGTHS), dtype=torch.int64)
    if not row.names_classes:
        targets = targets.double().unsqueeze(-1)
    return Batch(frames, LENGTHS, targets.clone())


def random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def silent(network: Network, frames: torch.Tensor) -> np.ndarray:
    """Where the encoder sends nothing, as (frames, sequences, channels)."""
    return network.encoder(frames).numpy() == 0


def test_what_is_off_changes_nothing_and_draws_no_random_number() -> None:
    generator = random()
    before = generator.get_state()
    batch = ramps()
    assert augmented(batch, model(), OFF, generator) is batch
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_each_is_as_strong_as_its_own_setting_says(name: str) -> None:
    batch, network = ramps(), model()
    found = augmented(batch, network, {**OFF, name: 0.4}, random())
    expected = AUGMENTATIONS[name](batch, network, 0.4, random())
    assert torch.equal(found.frames, expected.frames)
    assert not torch.equal(found.frames, batch.frames)
    assert torch.equal(batch.frames, ramps().frames), "the data set itself is left as it is"


@pytest.mark.parametrize("name", AUGMENTATIONS)
@pytest.mark.parametrize("task", ["classify", "regress"])
def test_targets_of_sequences_stay(name: str, task: str) -> None:
    batch = ramps(task)
    found = AUGMENTATIONS[name](batch, model(task), 0.5, random())
    assert torch.equal(found.targets, batch.targets)
    assert torch.equal(found.lengths, batch.lengths)


@pytest.mark.parametrize("change", [warp, shift, time_mask], ids=lambda row: row.__name__)
def test_padding_stays(change: object) -> None:
    batch = ramps("classify-steps")
    found = change(batch, model("classify-steps"), 0.9, random())  # type: ignore[operator]
    padding = torch.arange(20).unsqueeze(-1) >= LENGTHS
    assert not found.frames[padding].any()
    assert not found.targets[padding].any()


def test_noise_is_measured_in_standard_deviations_of_each_channel() -> None:
    network = model()
    network.encoder.gain = torch.tensor([1.0, 0.1, 10.0], dtype=torch.float64)
    batch = Batch(torch.zeros(100, 40, 3), torch.full((40,), 100), torch.zeros(40))
    found = noise(batch, network, 0.5, random()).frames
    assert found.std((0, 1)).tolist() == pytest.approx([0.5, 5.0, 0.05], rel=0.1)


@pytest.mark.parametrize("task", ["classify-steps", "regress-steps"])
def test_a_shift_moves_frames_with_their_targets_and_silences_what_it_vacates(task: str) -> None:
    network, strength = model(task), 0.3
    found = shift(ramps(task), network, strength, random())
    quiet, moves = silent(network, found.frames), []
    targets = found.targets.reshape(20, -1)
    for sequence, length in enumerate(LENGTHS.tolist()):
        numbers = found.frames[:length, sequence, 0]
        vacated = quiet[:length, sequence].all(-1)
        kept = numbers[~vacated]
        by = {int(place) + 1 - int(value) for place, value in
              zip(np.flatnonzero(~vacated), kept, strict=True)}  # fmt: skip
        assert len(by) == 1, "all frames of a sequence move by as many"
        moves.append(by.pop())
        assert abs(moves[-1]) <= strength * length
        assert int(vacated.sum()) == abs(moves[-1])
        labels = targets[:length, sequence]
        assert torch.equal(labels[~vacated].float(), kept)
        missing = labels[vacated]
        assert bool((missing.isnan() if missing.is_floating_point() else missing == -1).all())
    assert min(moves) == -6
    assert max(moves) == 6
    assert {moves[i] for i in range(2, len(moves), 5)} == {0}


@pytest.mark.parametrize("task", ["classify-steps", "regress-steps"])
def test_a_warp_stretches_one_part_and_presses_the_other(task: str) -> None:
    found = warp(ramps(task), model(task), 0.8, random())
    targets, kinks = found.targets.reshape(20, -1), 0
    for sequence, length in enumerate(LENGTHS.tolist()):
        source = found.frames[:length, sequence, 0].double() - 1
        assert float(source[0]) == 0
        assert float(source[-1]) == pytest.approx(length - 1, abs=1e-5)
        assert bool((source.diff() >= 0).all()), "no frame comes before one that it follows"
        nearest = (source + 0.5).floor() + 1
        # A frame half-way between two is near both, within float32's rounding.
        clear = (source % 1 - 0.5).abs() > 1e-4
        assert torch.equal(targets[:length, sequence].double()[clear], nearest[clear])
        bends = source.diff().diff().abs() > 1e-4
        places = bends.nonzero().flatten().tolist()
        assert len(places) <= 2, "time is linear before and after one frame"
        assert places == list(range(*(places[:1] or [0]), (places[-1:] or [-1])[0] + 1))
        kinks += len(places) > 0
    assert kinks > 100


def test_a_stronger_warp_moves_frames_farther_and_never_by_more_than_it_says() -> None:
    moved = []
    for strength in (0.2, 0.8):
        found = warp(ramps(), model(), strength, random())
        by = (found.frames - ramps().frames)[..., 0].abs()
        moved.append(float(by.mean()))
        assert bool((by.amax(0) <= strength * (LENGTHS - 1) / 2 + 1e-5).all())
    assert moved[1] > 2 * moved[0] > 0


def test_a_time_mask_silences_one_stretch() -> None:
    network, batch, strength = model(), ramps(), 0.4
    found = time_mask(batch, network, strength, random())
    changed = (found.frames != batch.frames).all(-1)
    assert silent(network, found.frames)[changed].all()
    assert torch.equal(found.frames[~changed], batch.frames[~changed])
    widths = changed.sum(0)
    assert bool((widths <= strength * LENGTHS).all())
    assert set(widths[LENGTHS == 20].tolist()) == set(range(9))
    starts = changed.long().argmax(0)
    for sequence, (start, width) in enumerate(zip(starts, widths, strict=True)):
        assert bool(changed[start : start + width, sequence].all())
    assert set(starts[(LENGTHS == 20) & (widths > 0)].tolist()) >= {0, 5, 10}


def test_a_channel_mask_silences_whole_channels_as_often_as_it_says() -> None:
    network, batch = model(), ramps()
    found = channel_mask(batch, network, 0.25, random())
    changed = (found.frames != batch.frames).any(0)
    assert silent(network, found.frames)[:, changed].all()
    assert torch.equal(found.frames[:, ~changed], batch.frames[:, ~changed])
    assert float(changed.double().mean()) == pytest.approx(0.25, abs=0.05)


def test_masks_silence_noisy_frames_too() -> None:
    network = model()
    strengths = {**OFF, "noise": 1.0, "channel_mask": 0.999}
    found = augmented(ramps(), network, strengths, random())
    assert silent(network, found.frames).mean() > 0.95


@pytest.mark.parametrize("kind", ["tokens", "events"])
def test_counts_and_tokens_stay_whole_and_get_no_noise(kind: str) -> None:
    network, batch = random_network(0, CHANNELS, encoder=kind, tokens=30), ramps()
    generator = random()
    before = generator.get_state()
    assert augmented(batch, network, {**OFF, "noise": 0.4}, generator) is batch
    assert torch.equal(generator.get_state(), before)
    every = dict.fromkeys(AUGMENTATIONS, 0.4)
    found = augmented(batch, network, every, random())
    assert not torch.equal(found.frames, batch.frames)
    assert torch.equal(found.frames, found.frames.round())
    assert (found.frames == 0).sum() > (batch.frames == 0).sum(), "0 is silence and padding"
    network(found.frames, found.lengths)
