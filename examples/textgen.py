"""Write a text, character by character, as Python's own reference is written.

    python examples/textgen.py --seeds 0 1 2

The network predicts the next character. Long texts are learnt in pieces of 64 characters, the state
carried from each to the next. Then it writes, on the events engine and on Lava: the same text.
"""

import json
from dataclasses import replace

from worked import as_command, each_seed, parser

import hardware
from spiking_gru.data import load

SETTINGS = {
    "hidden": 128,
    "emit": "graded",
    "threshold": 0.05,
    "truncate": 64,
    "batch": 32,
    "epochs": 6,
    "quantised_epochs": 4,
    "dropout": 0.0,
}

PROMPT = "The statement "
CHARACTERS = {"events": 300, "lava": 30}


def tables(job):
    dataset = load("python-docs", job.seed)
    table = job.run("python-docs", dataset, SETTINGS, {})
    folder = job.folder / "python-docs"
    report = json.loads((folder / "report.json").read_text())
    metrics = {network["name"]: network["metrics"] for network in report["networks"]}
    for name, row in table.items():
        found = {metric: metrics[name][metric] for metric in ("perplexity", "accuracy")}
        table[name] = replace(row, figures=found | row.figures)
    program = hardware.Program.load(folder / "program.sgru")
    for engine, steps in CHARACTERS.items():
        text = hardware.generate(program, PROMPT, steps, temperature=0.7, seed=1, engine=engine)
        print(f"{engine}: {PROMPT}{text}")
    return {"python-docs": table}


def main(seeds, out, **options):
    return each_seed(tables, seeds, out, **options)


if __name__ == "__main__":
    as_command(main, parser(__doc__, "runs/examples/textgen"))
