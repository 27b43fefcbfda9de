"""`spiking-gru import` as a user meets it: weights and data in, a program that runs out."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from datasets import small_arrays, small_file
from foreign import fitted, random_gru
from onnx import helper
from onnx_models import model_of
from safetensors.numpy import save_file
from sealing import write_resealed

from conversion.foreign.floating import predictions
from conversion.foreign.gru import GATES, ForeignGRU
from hardware import Program
from spiking_gru.data import load
from spiking_gru.run_folder import RunFolder

Call = Callable[..., tuple[int, str, str]]
KERAS_ORDER = ("update", "reset", "candidate")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_file(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def gru(data: Path) -> ForeignGRU:
    return fitted(random_gru(units=(8,), spread=0.5), load(str(data)))


def rows(array: np.ndarray, order: tuple[str, ...]) -> np.ndarray:
    """Gates one upon another in a framework's order, as float32."""
    ordered = [array[GATES.index(gate)] for gate in order]
    return np.concatenate(ordered).astype(np.float32)


def torch_file(gru: ForeignGRU, folder: Path) -> Path:
    layer = gru.levels[0][0]
    tensors = {
        "gru.weight_ih_l0": rows(layer.input_weights, GATES),
        "gru.weight_hh_l0": rows(layer.recurrent_weights, GATES),
        "gru.bias_ih_l0": rows(layer.input_bias, GATES),
        "gru.bias_hh_l0": rows(layer.recurrent_bias, GATES),
        "head.weight": gru.head.weights.astype(np.float32),
        "head.bias": gru.head.bias.astype(np.float32),
    }
    save_file(
        {name: np.ascontiguousarray(t) for name, t in tensors.items()}, folder / "g.safetensors"
    )
    return folder / "g.safetensors"


def keras_file(gru: ForeignGRU, folder: Path) -> Path:
    layer = gru.levels[0][0]
    np.savez(
        folder / "g.npz",
        kernel=rows(layer.input_weights, KERAS_ORDER).T,
        recurrent_kernel=rows(layer.recurrent_weights, KERAS_ORDER).T,
        bias=np.stack(
            [rows(layer.input_bias, KERAS_ORDER), rows(layer.recurrent_bias, KERAS_ORDER)]
        ),
        head_kernel=gru.head.weights.astype(np.float32).T,
        head_bias=gru.head.bias.astype(np.float32),
    )
    return folder / "g.npz"


def onnx_file(gru: ForeignGRU, folder: Path) -> Path:
    layer = gru.levels[0][0]
    biases = (rows(bias, KERAS_ORDER) for bias in (layer.input_bias, layer.recurrent_bias))
    tensors = {
        "W": rows(layer.input_weights, KERAS_ORDER)[np.newaxis],
        "R": rows(layer.recurrent_weights, KERAS_ORDER)[np.newaxis],
        "B": np.concatenate(list(biases))[np.newaxis],
        "V": gru.head.weights.astype(np.float32),
        "b": gru.head.bias.astype(np.float32),
        "direction": np.array([1]),
        "time": np.array([0]),
    }
    settings = {"hidden_size": layer.units, "linear_before_reset": 1}
    nodes = [
        helper.make_node("GRU", ["frames", "W", "R", "B"], ["Y"], **settings),
        helper.make_node("Squeeze", ["Y", "direction"], ["states"]),
        helper.make_node("ReduceMean", ["states", "time"], ["mean"], keepdims=0),
        helper.make_node("Gemm", ["mean", "V", "b"], ["scores"], transB=1),
    ]
    onnx.save(model_of(nodes, tensors), folder / "g.onnx")
    return folder / "g.onnx"


def test_an_imported_run_can_be_run_verified_and_reported(
    gru: ForeignGRU, data: Path, tmp_path: Path, call: Call
) -> None:
    source, run = torch_file(gru, tmp_path), tmp_path / "run"
    code, out, err = call("import", source, "--calibrate", data, "--reads", "mean", "--out", run)
    assert code == 0, err
    assert "threshold  operations  validation accuracy  lost with noise" in out
    assert "of the dense operations" in out
    assert {file.name for file in run.iterdir()} == {"program.sgru", "import.json"}

    code, out, err = call("run", run, "--json")
    assert code == 0, err
    ran = json.loads(out)
    code, out, err = call("verify", run, "--engine", "events")
    assert code == 0, err
    assert "numpy ↔ events: 0 of" in out
    code, _, err = call("verify", run, "--engine", "torch", "--engine", "events")
    assert code == 2
    assert "holds no network of torch: give the folder of a run that was trained" in err
    code, out, err = call("report", run, "--json")
    assert code == 0, err
    report = json.loads(out)

    test = load(str(data)).test
    own = float((predictions(gru, test.sequences) == test.labels).mean())
    imported, deployed = report["networks"]
    assert (imported["name"], imported["metrics"]["accuracy"]) == ("imported", own)
    assert imported["dense"]
    assert imported["operations"] == pytest.approx(report["dense_gru"]["multiply_accumulates"])
    assert deployed["metrics"]["accuracy"] == ran["accuracy"]
    assert report["verification"]["engines"] == ["numpy", "events"]
    page = (run / "report.html").read_text("utf-8")
    assert "an event-driven GRU on Loihi 2" in page
    assert "values sent per inference" in page
    assert report["provenance"]["imported_from"] == "torch.nn.GRU"
    assert report["provenance"]["file"]["name"] == "g.safetensors"
    assert str(tmp_path) not in json.dumps(report)


def test_the_three_kinds_of_file_give_the_same_program(
    gru: ForeignGRU, data: Path, tmp_path: Path, call: Call
) -> None:
    results = []
    for write in (torch_file, keras_file, onnx_file):
        source, run = write(gru, tmp_path), tmp_path / write.__name__
        reads = [] if write is onnx_file else ["--reads", "mean"]
        code, out, err = call("import", source, "--calibrate", data, *reads, "--out", run, "--json")
        assert code == 0, err
        result = json.loads(out)
        program = Program.load(run / "program.sgru")
        weights = [layer.recurrent_weights.tolist() for layer in program.layers]
        results.append((result["curve"], result["chosen"], result["test"], weights))
    assert results[0] == results[1] == results[2]


def test_frames_standardised_in_training_come_raw_to_the_program(
    gru: ForeignGRU, data: Path, tmp_path: Path, call: Call
) -> None:
    source, run = torch_file(gru, tmp_path), tmp_path / "run"
    options = ("--reads", "mean", "--standardised", "--budget", "100")
    code, _, err = call("import", source, "--calibrate", data, *options, "--out", run)
    assert code == 0, err
    frames = load(str(data)).training.sequences.values
    offset = Program.load(run / "program.sgru").encoder.offset
    np.testing.assert_allclose(offset, frames.mean(axis=0), rtol=1e-5)


def test_a_share_of_the_operations_can_be_asked_for(
    gru: ForeignGRU, data: Path, tmp_path: Path, call: Call
) -> None:
    source, run = torch_file(gru, tmp_path), tmp_path / "run"
    options = ("--reads", "mean", "--operations", "50", "--json")
    code, out, err = call("import", source, "--calibrate", data, *options, "--out", run)
    assert code == 0, err
    assert json.loads(out)["chosen"]["operations"] <= 0.5


@pytest.mark.parametrize(("budget", "said"), [("0", False), ("0.5", True), ("50", False)])
def test_a_budget_below_one_sequence_is_said_to_allow_one(
    budget: str, said: bool, gru: ForeignGRU, data: Path, tmp_path: Path, call: Call
) -> None:
    source, sequences = torch_file(gru, tmp_path), len(load(str(data)).validation)
    assert 0.5 < 100 / sequences < 50
    options = ("--reads", "mean", "--budget", budget, "--out", tmp_path / "run")
    _, out, _ = call("import", source, "--calibrate", data, *options)
    line = (
        f"one of {sequences} validation sequences is {100 / sequences:.1f} points, more than the "
        f"budget: one may be lost"
    )
    assert (line in out) == said


def test_importing_again_leaves_nothing_of_the_run_before(
    gru: ForeignGRU, data: Path, tmp_path: Path, call: Call
) -> None:
    source, run = torch_file(gru, tmp_path), tmp_path / "run"
    run.mkdir()
    for name in ("training.json", "model.json", "trace.safetensors", "verification.json"):
        (run / name).write_text("{}")
    options = ("--reads", "mean", "--out", run, "--force")
    code, _, err = call("import", source, "--calibrate", data, *options)
    assert code == 0, err
    assert {file.name for file in run.iterdir()} == {"program.sgru", "import.json"}
    folder = RunFolder(run)
    assert folder.is_imported
    folder.forget_results()
    assert not list(run.iterdir())


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("--operations", "150"), "150 % of the dense ones: expected more than 0 and at most 100"),
        (("--operations", "0"), "0 % of the dense ones: expected more than 0 and at most 100"),
        (("--operations", "0.001"), "the highest threshold still does"),
        (("--budget", "101"), "expected 0 to 100"),
    ],
)
def test_an_import_that_is_refused_leaves_the_one_before_as_it_was(
    gru: ForeignGRU, data: Path, tmp_path: Path, call: Call, asked: tuple[str, str], message: str
) -> None:
    run = tmp_path / "run"
    arguments = (torch_file(gru, tmp_path), "--calibrate", data, "--reads", "mean", "--out", run)
    code, _, err = call("import", *arguments)
    assert code == 0, err
    before = {file: file.read_bytes() for file in run.iterdir()}
    code, _, err = call("import", *arguments, *asked, "--force")
    assert code == 2
    assert message in err
    assert {file: file.read_bytes() for file in run.iterdir()} == before


def test_data_that_changed_since_the_import_are_refused(
    gru: ForeignGRU, tmp_path: Path, call: Call
) -> None:
    source, run, data = torch_file(gru, tmp_path), tmp_path / "run", small_file(tmp_path)
    code, _, err = call("import", source, "--calibrate", data, "--reads", "mean", "--out", run)
    assert code == 0, err
    np.savez(data, **small_arrays(seed=1))
    code, _, err = call("run", run)
    assert code == 2
    assert "not the one this run was calibrated on: its fingerprint differs" in err


def test_a_damaged_import_file_is_named_with_its_remedy(tmp_path: Path, call: Call) -> None:
    write_resealed(tmp_path / "import.json", {"settings": {"data": 3, "seed": 0}})
    code, _, err = call("run", tmp_path)
    assert code == 2
    assert "import.json: field 'settings.data' is 3" in err
    assert f"import again with `spiking-gru import … --out {tmp_path} --force`" in err
    (tmp_path / "import.json").write_text('{"settings": {}}')
    code, _, err = call("run", tmp_path)
    assert code == 2
    assert "import.json: no checksum" in err


def test_a_pickle_is_never_opened(data: Path, tmp_path: Path, call: Call) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "exploded",)  # type: ignore[return-value]

    for name in ("model.pt", "model.pth", "model.ckpt"):
        (tmp_path / name).write_bytes(pickle.dumps(Bomb()))
        code, _, err = call("import", tmp_path / name, "--calibrate", data)
        assert code == 2
        assert "`from safetensors.torch import save_file` and `save_file(model.state_dict()," in err
    np.savez(tmp_path / "pickled.npz", kernel=np.array([Bomb()], dtype=object))
    code, _, err = call("import", tmp_path / "pickled.npz", "--calibrate", data)
    assert code == 2
    assert "not a readable .npz file of plain numbers" in err
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gru.h5"], "gru.h5: .h5 is not read: save the arrays with"),
        (["gru.txt"], "gru.txt: expected an .onnx, .safetensors or .npz file"),
        (["gru.safetensors"], "cannot read gru.safetensors: No such file"),
        (["gru.onnx", "--reads", "mean"], "an ONNX model itself says what its head reads"),
        (["gru.onnx", "--encoder", "rate"], "unknown encoder 'rate'"),
    ],
)
def test_what_cannot_be_imported_is_one_line_that_says_why(
    arguments: list, message: str, data: Path, call: Call
) -> None:
    code, out, err = call("import", *arguments, "--calibrate", data)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
