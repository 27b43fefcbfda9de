"""The keywords example: its sounds, its stream of decisions, and a small run of all of it."""

from __future__ import annotations

import csv
import json
import runpy
import shutil
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

import hardware
import spiking_gru as sg
from conversion import convert
from hardware.errors import MissingPackageError
from spiking_gru.data.wav import read_wav

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

Import = Callable[[str], ModuleType]


@pytest.fixture
def sounds(example: Import) -> ModuleType:
    return example("keyword_sounds")


@pytest.fixture
def keywords(example: Import) -> ModuleType:
    return example("keywords")


def tone(word: str, voice: str, rng: np.random.Generator) -> np.ndarray:
    """Return a tone of 0.3 s whose pitch is the word's: it needs no espeak-ng."""
    from keyword_sounds import OTHER_WORDS, RATE, WORDS

    hertz = 200 * 1.3 ** (*WORDS, *OTHER_WORDS).index(word)
    return 0.1 * np.sin(2 * np.pi * hertz * np.arange(round(0.3 * RATE)) / RATE)


@pytest.fixture
def tones(sounds: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "spoken", tone)


# The sounds.


def test_a_word_has_no_silence_around_it_and_a_loudness_within_its_limits(
    sounds: ModuleType,
) -> None:
    whole = np.concatenate([np.zeros(100), 3000 * np.sin(np.arange(1, 500)), np.zeros(70)])
    for seed in range(5):
        word = sounds.trimmed(whole.astype("<i2"), np.random.default_rng(seed))
        assert len(word) == 499
        assert sounds.LOUDNESS[0] <= word.std() <= sounds.LOUDNESS[1]


def test_noise_has_its_level_and_every_colour(sounds: ModuleType) -> None:
    slopes = []
    for seed in range(20):
        sound = sounds.noise(np.random.default_rng(seed), sounds.RATE)
        below = -20 * np.log10(sound.std() / 0.1)
        assert sounds.NOISE_BELOW[0] <= below <= sounds.NOISE_BELOW[1]
        power = np.abs(np.fft.rfft(sound)) ** 2
        slopes.append(round(np.log10(power[99:198].mean() / power[4949:5049].mean())))
    assert {0, 2} < set(slopes)  # white is as loud at 150 Hz as at 5 kHz, pink and brown are not


@pytest.mark.usefixtures("tones")
def test_a_clip_holds_its_whole_word_and_is_the_same_again(sounds: ModuleType) -> None:
    f = np.fft.rfftfreq(round(0.8 * sounds.RATE), 1 / sounds.RATE)
    for seed in range(8):
        clip = sounds.clip("en", "off", 0.8, seed)
        assert (clip.label, clip.voice, len(clip.sound)) == ("off", "en", 17640)
        spectrum = np.abs(np.fft.rfft(clip.sound))
        energy = 2 * (spectrum[np.abs(f - 200 * 1.3**7) < 20] ** 2).sum() / 17640
        assert energy == pytest.approx(0.3 * sounds.RATE * 0.005, rel=0.2)
        assert np.array_equal(clip.sound, sounds.clip("en", "off", 0.8, seed).sound)


@pytest.mark.usefixtures("tones")
def test_other_clips_are_noise_another_word_or_half_a_word(
    sounds: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sounds, "noise", lambda rng, samples: np.zeros(samples))
    kinds = set()
    for seed in range(30):
        sound = sounds.clip("en", sounds.OTHER, 0.8, seed).sound
        heard = np.flatnonzero(sound)
        if not len(heard):
            kinds.add("noise")
        elif len(heard) > 0.2 * sounds.RATE:
            kinds.add("another word")
        else:
            kinds.add("first half" if heard[-1] > len(sound) / 2 else "second half")
            assert heard[0] < 2 or heard[-1] > len(sound) - 3
    assert kinds == {"noise", "another word", "first half", "second half"}


@pytest.mark.usefixtures("tones")
def test_clips_are_wav_files_with_an_index_of_labels_and_voices(
    sounds: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sounds, "VOICES", ("one", "two"))
    sounds.write_clips(tmp_path / "clips", 0.5, takes=2, others=3)
    with (tmp_path / "clips" / "index.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * (2 * 10 + 3)
    assert [row["label"] for row in rows].count("stop") == 4
    assert [row["label"] for row in rows].count(sounds.OTHER) == 6
    assert {row["group"] for row in rows} == {"one", "two"}
    samples, rate = read_wav(tmp_path / "clips" / rows[7]["file"])
    assert (rate, len(samples)) == (sounds.RATE, sounds.RATE // 2)
    expected = sounds.clip("one", rows[7]["label"], 0.5, 7).sound
    assert np.allclose(samples, expected, atol=2**-14)


def test_clips_that_cannot_be_made_leave_no_folder(
    sounds: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def silent(*_: object) -> np.ndarray:
        raise OSError("no sound")

    monkeypatch.setattr(sounds, "spoken", silent)
    with pytest.raises(OSError, match="no sound"):
        sounds.write_clips(tmp_path / "clips", 0.5, 1, 1)
    assert not (tmp_path / "clips").exists()


@pytest.mark.usefixtures("tones")
def test_a_recording_says_where_its_words_are(
    sounds: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sounds, "noise", lambda rng, samples: np.zeros(samples))
    whole, said = sounds.recording(("a", "b"), 12, np.random.default_rng(1))
    assert 0 < len(said) < 12
    for first, last, word in said:
        place = slice(round(first * sounds.RATE), round(last * sounds.RATE))
        assert np.allclose(whole[place], tone(word, "a", np.random.default_rng()))
    assert all(b.first - a.last >= 0.5 for a, b in pairwise(said))


# Decisions.


def test_the_truth_of_a_window_is_its_whole_word_and_nothing_of_half_a_word(
    keywords: ModuleType, sounds: ModuleType
) -> None:
    said = [sounds.Spoken(2.0, 2.4, "yes"), sounds.Spoken(4.0, 4.4, "no")]
    of_windows = {1.9: "other", 2.15: "other", 2.3: None, 2.4: "yes", 2.8: "yes", 2.9: None}
    assert {second: keywords.truth(second, said) for second in of_windows} == of_windows
    assert keywords.truth(3.1, said) == "other"
    assert keywords.truth(4.5, said) == "no"


def test_a_word_is_detected_once_where_three_decisions_agree(keywords: ModuleType) -> None:
    words = ["other", "other", "other", "yes", "no", "no", "no", "no", "up", "up", "no", "no", "no"]
    assert keywords.detections(list(enumerate(words))) == [(6, "no"), (12, "no")]


def test_figures_count_words_found_and_false_alarms(
    keywords: ModuleType, sounds: ModuleType
) -> None:
    said = [sounds.Spoken(2.0, 2.4, "yes"), sounds.Spoken(5.0, 5.4, "no")]
    decisions = [(second, "other") for second in (1.0, 1.2, 2.2)]
    decisions += [(2.4, "yes"), (2.5, "yes"), (2.6, "yes")]
    decisions += [(second, "up") for second in (3.9, 4.0, 4.1, 4.2)]
    decisions += [(second, "yes") for second in (9.0, 9.1, 9.2)]  # too late
    decisions += [(30.0, "other")]
    figures = keywords.figures_of(decisions, said)
    assert figures["words found"] == 0.5
    assert figures["false alarms a minute"] == 4
    assert figures["accuracy"] == 6 / 13  # the window that ends at 2.2 holds half of a word


def test_decisions_of_a_stream_are_those_of_its_windows(keywords: ModuleType) -> None:
    settings = sg.NetworkSettings(channels=20, classes=tuple("abcdefgh"), hidden=16)
    torch.manual_seed(0)
    network = sg.Network.build(settings)
    torch.nn.init.normal_(network.readout.weight, 0.0, 0.5)
    rng = np.random.default_rng(0)
    sound = rng.normal(size=3 * keywords.RATE) * np.repeat(rng.uniform(0, 0.3, 30), 2205)
    frames = keywords.LOG_MEL(sound)
    network.encoder.fit(frames)
    program = convert(network.eval().quantise())
    decisions = list(keywords.listen(program, sound))
    assert 20 < len(decisions) < 24
    ends = [round(second * keywords.RATE) for second, _ in decisions]
    whole = 38 * keywords.LOG_MEL.hop + keywords.LOG_MEL.window  # 39 frames, as many as of a clip
    trace = hardware.run(program, [keywords.LOG_MEL(sound[end - whole : end]) for end in ends])
    assert len({word for _, word in decisions}) > 1
    assert [word for _, word in decisions] == [program.classes[i] for i in trace.predictions]
    assert np.allclose(np.diff([second for second, _ in decisions]), keywords.HOP)


# The whole example.


def shrink(
    keywords: ModuleType, sounds: ModuleType, monkeypatch: pytest.MonkeyPatch, voices: int
) -> None:
    """Make the example small."""
    monkeypatch.setattr("hardware.reporting.write.render_page", lambda *_: "")
    monkeypatch.setattr(sounds, "VOICES", sounds.VOICES[:voices])
    monkeypatch.setattr(sounds, "WORDS", ("yes", "stop"))
    monkeypatch.setattr(keywords, "TAKES", 2)
    monkeypatch.setattr(keywords, "OTHERS", 2)
    monkeypatch.setattr(keywords, "WORDS_OF_RECORDING", 4)
    monkeypatch.setitem(keywords.SETTINGS, "hidden", 16)


@pytest.mark.usefixtures("tones")
def test_the_keywords_example_tells_clips_and_a_recording_of_unseen_voices(
    keywords: ModuleType,
    sounds: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    shrink(keywords, sounds, monkeypatch, 10)
    monkeypatch.setattr(sounds, "require_espeak", lambda: None)
    heard: list[str] = []
    monkeypatch.setattr(sounds, "spoken", lambda w, v, rng: (heard.append(v), tone(w, v, rng))[1])
    made = keywords.clips(tmp_path)
    heard.clear()
    found = keywords.main([1], tmp_path, epochs=1)[1]["tables"]
    assert set(found) == {"keywords", "keywords, long recording"}
    assert set(found["keywords"]) == {"gru", "lstm", "state", "deployed"}
    assert keywords.clips(tmp_path) == made, "clips are made once"

    dataset = sg.Dataset.from_folder(made, validation=0.2, seed=1)
    assert set(heard) <= {*dataset.test.groups}, "the recording has voices of the test part alone"
    assert not {*dataset.test.groups} & {*dataset.training.groups, *dataset.validation.groups}

    folder = tmp_path / "seed-1"
    program = hardware.Program.load(folder / "keywords" / "program.sgru")
    assert program.preprocessing == (("log-mel", keywords.LOG_MEL.settings),)
    with (folder / "decisions.csv").open() as file:
        rows = list(csv.DictReader(file))
    samples, rate = read_wav(folder / "recording.wav")
    assert len(rows) == pytest.approx((len(samples) / rate - 0.8) / keywords.HOP, abs=2)
    assert {row["decision"] for row in rows} <= {*program.classes}
    known = [row for row in rows if row["right"]]
    figures = json.loads((folder / "figures.json").read_text())["tables"]
    streamed = figures["keywords, long recording"]["deployed"]["figures"]
    assert streamed["accuracy"] == pytest.approx(
        np.mean([row["decision"] == row["right"] for row in known])
    )


def test_the_example_says_in_one_line_that_espeak_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], example: Import
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(MissingPackageError, match="apt-get install espeak-ng"):
        example("keywords").main([0], "nowhere")
    monkeypatch.setattr(sys, "argv", ["keywords.py"])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(EXAMPLES / "keywords.py"), run_name="__main__")
    assert end.value.code == 2
    assert capsys.readouterr().err == "espeak-ng is missing: apt-get install espeak-ng\n"


# With espeak-ng.

with_espeak = pytest.mark.skipif(
    shutil.which("espeak-ng") is None, reason="espeak-ng is missing: apt-get install espeak-ng"
)


@with_espeak
def test_no_two_voices_sound_alike(sounds: ModuleType) -> None:
    said = {sounds.spoken("yes", v, np.random.default_rng(0)).tobytes() for v in sounds.VOICES}
    assert len(said) == len(sounds.VOICES)


@with_espeak
def test_every_word_is_shorter_than_a_clip(keywords: ModuleType, sounds: ModuleType) -> None:
    for number, word in enumerate(sounds.WORDS):
        word = sounds.spoken(word, sounds.VOICES[number], np.random.default_rng(number))
        assert 0.1 < len(word) / sounds.RATE < keywords.WINDOW


@with_espeak
def test_the_keywords_example_runs_with_real_voices(
    keywords: ModuleType, sounds: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shrink(keywords, sounds, monkeypatch, 6)
    monkeypatch.setattr("worked.BASELINES", "none")
    found = keywords.main([0], tmp_path, epochs=1, validate=True)[0]["tables"]
    assert set(found["keywords"]) == {"deployed"}
