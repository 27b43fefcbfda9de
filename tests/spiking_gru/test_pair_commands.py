"""`run`, `verify` and `report` of an encoder and a decoder."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from datasets import small_file
from pair_runs import PAIRS, WORDS, pair_of, pair_run, table_of
from programs import with_readout

import hardware
from hardware.program.pair import HALVES, ProgramPair
from hardware.runs.trace import Trace
from hardware.runs.translation_files import TEXTS, TRACES, load_translation
from spiking_gru import run_folder
from spiking_gru.run_folder import RunFolder

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A converted pair in `run`, and its data; nobody writes into it."""
    return pair_run(tmp_path_factory.mktemp("pair")).path


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "run")


def test_run_translates_the_test_part_and_writes_texts_and_traces(folder: Path, call: Call) -> None:
    code, out, err = call("run", folder)
    assert code == 0, err
    pair, dataset = pair_of(RunFolder(folder)), RunFolder(folder).dataset()
    found = load_translation(pair, folder)
    assert found.sources is not None
    assert set(found.sources) <= set(WORDS)
    assert found.texts == hardware.translate(pair, list(found.sources)).texts
    with (folder / "translations.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["written"] for row in rows] == list(found.texts)
    right = dict(PAIRS)
    assert [row["expected"] for row in rows] == [right[source] for source in found.sources]
    share = np.mean([row["expected"] == row["written"] for row in rows])
    assert [row["right"] == "True" for row in rows] == found.right(
        [right[source] for source in found.sources]
    ).tolist()
    assert f"exact match {100 * share:.2f} %" in out
    assert f"events: {len(dataset.test)} texts" in out
    for name in (TEXTS, *TRACES.values(), "translations.csv", "translations.parquet"):
        assert f"wrote {folder / name}" in "".join(out.splitlines()) or name in out
        assert (folder / name).is_file()


def test_run_says_as_json_what_it_wrote(folder: Path, call: Call) -> None:
    code, out, _ = call("run", folder, "--json", "--beam", "2", "--most", "1", "--engine", "numpy")
    content = json.loads(out)
    assert code == 0
    assert content["engine"] == "numpy"
    found = load_translation(pair_of(RunFolder(folder)), folder)
    assert (found.beam, found.most) == (2, 1)
    assert content["texts"] == list(found.texts)
    assert content["ended"] == list(found.ended)
    assert all(len(text) <= 1 for text in found.texts)
    code, out, _ = call("run", folder, "--most", "1")
    unended = load_translation(pair_of(RunFolder(folder)), folder).ended.count(False)
    assert (f"{unended} of the texts did not end within 1 tokens" in out) == (unended > 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--deadline", "5"], "--deadline is of one program, but this is an encoder and a decoder"),
        (["--early-exit", "1"], "--early-exit is of one program"),
        (["--early-exit", "1", "--fewest", "2"], "is of one program, but this"),
        (["--threads", "1"], "--threads is of one program"),
        (["--batch", "2", "--engine", "lava"], "--batch is of one program"),
        (["--mapping", "fused"], "option of events: 'mapping'"),
        (["--beam", "0"], "beam is 0, expected 1 or more"),
        (["--engine", "evnts"], "did you mean 'events'"),
        (["--stream"], "it holds an encoder and a decoder"),
        (["--out", "{folder}/program.sgru"], "is a file, expected a folder"),
        (["--data", "{other}"], "has no pairs, but the programs are an encoder and a decoder"),
        (["--data", "{empty}"], "no lines: expected one text a line"),
        (["--data", "{table}"], "line 2, column 'target' is empty"),
    ],
)
def test_what_run_cannot_do_with_a_pair_is_one_line(
    folder: Path, tmp_path: Path, call: Call, options: list[str], message: str
) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    places = {
        "folder": folder,
        "other": small_file(tmp_path),
        "empty": tmp_path / "empty.txt",
        "table": table_of(tmp_path / "table.csv", [("one", "")]),
    }
    before = sorted(folder.rglob("*"))
    code, _, err = call("run", folder, *(option.format(**places) for option in options))
    assert code == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert sorted(folder.rglob("*")) == before


def test_options_of_a_pair_are_refused_for_one_program(
    folder: Path, tmp_path: Path, call: Call
) -> None:
    pair_of(RunFolder(folder)).decoder.save(tmp_path / "one.sgru")
    data = small_file(tmp_path)
    for option in ("--beam", "--most"):
        code, _, err = call("run", tmp_path / "one.sgru", "--data", data, option, 2)
        assert code == 2
        assert f"{option} is of an encoder and a decoder, but this is one program" in err


def test_other_data_are_pairs_or_sources_alone(folder: Path, tmp_path: Path, call: Call) -> None:
    pairs = [("seven", "7"), ("one", "2"), ("nine", "9")]
    lines = tmp_path / "lines.txt"
    lines.write_text("seven\none\nnine\n")
    table = table_of(tmp_path / "pairs.csv", pairs)
    texts = []
    for data in (lines, table):
        code, out, err = call("run", folder, "--data", data)
        assert code == 0, err
        assert ("exact match" in out) == (data == table)
        place = folder / f"{data.stem}.translation"
        texts.append(load_translation(pair_of(RunFolder(folder)), place).texts)
        code, out, err = call("report", folder, "--data", data, "--no-measure")
        assert code == 0, err
        content = json.loads((folder / f"{data.stem}.report" / "report.json").read_text())
        assert [row["name"] for row in content["networks"]] == ["deployed"]
        known = content["networks"][-1]["metrics"]["exact_match"] is not None
        assert known == (data == table)
    assert texts[0] == texts[1]
    assert not (folder / TEXTS).exists(), "that of the run is of its test part"


def test_the_data_of_the_run_by_name_are_its_own(made: Path, folder: Path, call: Call) -> None:
    assert call("run", folder, "--data", made.parent / "words.toml")[0] == 0
    assert (folder / TEXTS).is_file()
    code, _, err = call("report", folder, "--data", made.parent / "words.toml", "--no-measure")
    assert code == 0, err
    networks = json.loads((folder / "report.json").read_text())["networks"]
    assert [row["name"] for row in networks] == ["gru", "float", "quantised", "deployed"]


def test_verify_compares_both_halves_with_their_networks(folder: Path, call: Call) -> None:
    both = ("--engine", "events", "--engine", "numpy", "--trace", folder / "traces")
    code, out, err = call("verify", folder, *both)
    assert code == 0, err
    for engine in ("events", "numpy"):
        read, written = (
            Trace.load(folder / "traces" / half / f"{engine}.safetensors") for half in HALVES
        )
        assert written.initial is not None
        (handed,) = read.final_state.values()
        assert np.array_equal(written.initial[0], handed)
    code, out, err = call("verify", folder, "--engine", "events")
    assert code == 0, err
    assert "encoder, torch ↔ events: 0 of" in out
    assert "decoder, torch ↔ events: 0 of" in out
    content = json.loads((folder / "verification.json").read_text())
    assert sorted(content["halves"]) == sorted(HALVES)
    digests = [content["halves"][half]["program_digest"] for half in HALVES]
    assert digests == pair_of(RunFolder(folder)).digests
    assert content["engines"] == ["torch", "events"]
    assert content["mismatches"] == 0
    assert all(half["spikes_compared"] for half in content["halves"].values())


@pytest.mark.parametrize("half", HALVES)
def test_a_difference_of_a_half_is_exit_code_1(
    folder: Path, tmp_path: Path, call: Call, half: str
) -> None:
    pair = pair_of(RunFolder(folder))
    program = pair.halves[half]
    bias = program.layers[0].gate.bias + 40
    layer = replace(program.layers[0], gate=replace(program.layers[0].gate, bias=bias))
    changed = replace(program, layers=(layer,))
    replace(pair, **{half: changed}).save(folder / "program.sgru")
    traces = tmp_path / "traces"
    code, out, _ = call("verify", folder, "--engine", "events", "--trace", traces)
    assert code == 1
    assert "first at sequence 0" in out
    content = json.loads((folder / "verification.json").read_text())
    differing = {name for name in HALVES if content["halves"][name]["mismatches"]}
    assert half in differing
    assert (traces / half / "events.svg").is_file()
    assert (traces / half / "torch.safetensors").is_file()
    if half == "decoder":
        assert differing == {"decoder"}
        assert not (traces / "encoder" / "events.svg").exists()


def test_a_pair_alone_is_verified_by_its_golden_samples(
    folder: Path, tmp_path: Path, call: Call
) -> None:
    pair = pair_of(RunFolder(folder))
    pair.save(tmp_path / "pair.sgru")
    code, out, err = call("verify", tmp_path / "pair.sgru", "--engine", "events", "--json")
    assert code == 0, err
    content = json.loads(out)
    assert content["differing"] == {
        "events": {"encoder": [], "decoder": [], "decoder after encoder": []}
    }
    assert content["golden_samples"]["encoder"] >= 1
    decoder = pair.decoder
    bias = decoder.readout.bias + 1
    changed = with_readout(decoder, replace(decoder.readout, bias=bias))
    changed = replace(changed, golden=decoder.golden)
    ProgramPair(pair.encoder, changed).save(tmp_path / "pair.sgru")
    code, out, _ = call("verify", tmp_path / "pair.sgru", "--out", tmp_path / "found.json")
    assert code == 1
    assert "decoder, events: 3 of 3 golden samples differ: 0, 1, 2" in out
    assert json.loads((tmp_path / "found.json").read_text())["mismatches"] == 3


def test_sources_alone_verify_no_decoder(folder: Path, tmp_path: Path, call: Call) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("one\n")
    code, _, err = call("verify", folder, "--engine", "events", "--data", lines)
    assert code == 2
    assert "lines has sources without their texts: give a CSV file with the columns" in err


def test_report_shows_both_halves_and_the_baselines(folder: Path, call: Call) -> None:
    for command in (["verify", folder, "--engine", "events"], ["run", folder]):
        assert call(*command)[0] == 0
    code, out, err = call("report", folder)
    assert code == 0, err
    assert max(map(len, out.split("wrote")[0].splitlines())) <= 80
    content = json.loads((folder / "report.json").read_text())
    tested = json.loads((folder / "training.json").read_text())["test"]
    found = {row["name"]: row["metrics"]["exact_match"] for row in content["networks"]}
    assert {name: found[name] for name in tested} == {
        name: metrics["exact_match"] for name, metrics in tested.items()
    }
    assert found["deployed"] == found["quantised"], "the same bits write the same texts"
    assert content["verification"]["mismatches"] == 0
    assert [curve["phase"] for curve in content["curves"]] == ["gru", "float", "quantised"]
    gru, *_, deployed = content["networks"]
    assert gru["operations"] > content["dense_gru"]["multiply_accumulates"]
    halves = [json.loads((folder / half / "report.json").read_text()) for half in HALVES]
    for half, report in zip(HALVES, halves, strict=True):
        assert report["per_inference"] == content[half]["per_inference"]
        assert report["verification"]["engines"] == ["torch", "events"]
        assert report["measured"]
        assert (folder / half / "report.html").is_file()
    total = sum(report["per_inference"]["synaptic_operations"]["mean"] for report in halves)
    assert deployed["operations"] == pytest.approx(total)


def test_a_translation_of_other_data_is_not_reported_as_the_runs(
    folder: Path, tmp_path: Path, call: Call
) -> None:
    code, _, err = call("report", folder)
    assert code == 2
    assert f"{TEXTS} is missing: run `spiking-gru run" in err
    table = table_of(tmp_path / "pairs.csv", PAIRS)
    assert call("run", folder, "--data", table, "--out", tmp_path / "texts")[0] == 0
    assert (tmp_path / "texts" / TEXTS).is_file()
    code, _, err = call("report", folder, "--trace", tmp_path / "texts")
    assert code == 2
    assert "is of other data than words" in err
    data = ("--data", table, "--trace", tmp_path / "texts", "--no-measure")
    assert call("report", folder, *data, "--out", tmp_path / "report")[0] == 0
    assert (tmp_path / "report" / "encoder" / "report.html").is_file()


def test_what_does_not_fit_a_pair_is_one_line(folder: Path, call: Call) -> None:
    assert call("run", folder)[0] == 0
    code, _, err = call("report", folder, folder)
    assert code == 2
    assert "holds an encoder and a decoder, but two programs are compared" in err
    pair = pair_of(RunFolder(folder))
    bias = pair.decoder.readout.bias + 1
    changed = with_readout(pair.decoder, replace(pair.decoder.readout, bias=bias))
    ProgramPair(pair.encoder, changed).save(folder / "program.sgru")
    code, _, err = call("report", folder)
    assert code == 2
    assert "the decoder is another program than the one that was run" in err
    assert len(err.strip().splitlines()) == 1


def test_training_again_forgets_texts_and_reports(folder: Path, call: Call) -> None:
    assert call("run", folder)[0] == 0
    assert call("report", folder, "--no-measure")[0] == 0
    (folder / "encoder" / "mine.txt").write_text("mine")
    RunFolder(folder).forget_results()
    left = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    assert left == ["encoder", "encoder/mine.txt"]


def test_both_rooms_call_the_halves_alike() -> None:
    assert run_folder.HALVES == HALVES
    assert set(run_folder.TRANSLATION) > {TEXTS, *TRACES.values()}
