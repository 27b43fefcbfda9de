"""The quick start in a notebook: each object shows one line as text, and a small table as HTML."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")
pytest.importorskip("torch")

CELLS = {
    "import": "import numpy as np\nimport spiking_gru as sg\nsg.__version__",
    "data": """
rng = np.random.default_rng(0)
noises = [rng.normal(size=(12, 2)) for _ in range(40)]
dataset = sg.Dataset.from_lists(noises, [noise.mean() > 0 for noise in noises])
settings = sg.TrainingSettings(hidden=4, epochs=1, quantised_epochs=1, baseline="none")
sg.train(settings, dataset, "run", progress=False)
dataset""",
    "part": "dataset.test",
    "sequences": "dataset.test.sequences",
    "program": "program = sg.convert('run', samples=dataset.training.sequences)\nprogram",
    "verification": "sg.verify(program, 'run', dataset.test.sequences, engines=['events'])",
    "trace": "trace = sg.run(program, dataset.test.sequences)\ntrace",
    "accuracy": "trace.accuracy(dataset.test.labels)",
    "counts": "sg.count(trace, program)",
    "cost": "cost = sg.estimate(trace, program)\ncost",
    "energy": "cost.core_dynamic.nominal",
    "report": "sg.report(program, trace, targets=dataset.test.labels)",
    "session": "sg.Session(program)",
}
"""Code of each cell, whose last line is shown."""

NUMBER = re.compile(r"\d+(,\d{3})*(\.\d+)?(e-\d+)?")

SNAPSHOT = {
    "import": "'N.N'",
    "data": "Dataset('data': N + N + N sequences, N channels, classify, N classes of each "
    "sequence)",
    "part": "Part(N sequences, N frames, N channels, a target of each sequence)",
    "sequences": "Sequences(N sequences, N frames, N channels)",
    "program": "Program(N channels, layers of N neurons, N classes)",
    "verification": "Verification(torch, events: N differing values in N sequences)",
    "trace": "Trace('events': N sequences, N steps, layers of N neurons, N scores of each "
    "sequence)",
    "accuracy": "N",
    "counts": "Counts(N sequences, mean of each: N spikes, N synaptic operations, N neuron "
    "updates)",
    "cost": "Cost('Loihi N': N inferences on N cores, mean of each N µJ core dynamic, N µs on the "
    "cores)",
    "energy": "N",
    "report": "Report('a run': N inferences on Loihi N, 'events' engine)",
    "session": "Session('events': N frames of Program(N channels, layers of N neurons, N classes))",
}
"""Text of each cell, every number as N."""

HTML = ("program", "verification", "trace", "counts", "cost", "report")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The data that each cell shows, by type."""
    folder = tmp_path_factory.mktemp("notebook")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code) for code in CELLS.values()]
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("IPYTHONDIR", str(folder / "ipython"))
        environment.setenv("JUPYTER_PLATFORM_DIRS", "1")
        paths = [str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
        environment.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
        client = nbclient.NotebookClient(
            notebook, timeout=240, resources={"metadata": {"path": str(folder)}}
        )
        client.execute()
    outputs = {}
    for name, cell in zip(CELLS, notebook.cells, strict=True):
        results = [output for output in cell.outputs if output.output_type == "execute_result"]
        assert len(results) == 1, name
        outputs[name] = results[0].data
    return outputs


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_shows_one_line_with_shapes_and_figures(cell: str, shown: dict[str, Any]) -> None:
    text = shown[cell]["text/plain"]
    assert NUMBER.sub("N", text) == SNAPSHOT[cell]
    assert len(text) < 160


@pytest.mark.parametrize("cell", HTML)
def test_a_cell_shows_a_small_table_as_well(cell: str, shown: dict[str, Any]) -> None:
    html = shown[cell]["text/html"]
    assert html.startswith("<table>")
    assert len(html) < 10_000
