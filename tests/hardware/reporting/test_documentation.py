"""docs/report.md describes what is written, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hardware.reporting import Compared, Report, Study, compare_reports
from hardware.reporting import schema as report_schema
from hardware.reporting.compare import SCHEMA as COMPARE_SCHEMA
from hardware.reporting.per_inference import COSTS, per_inference

TEXT = (Path(__file__).parents[3] / "docs" / "report.md").read_text("utf-8")


def fields(heading: str) -> set[str]:
    """What stands in the first column of the table below a heading."""
    part = re.split(r"^#+ ", TEXT.split(f" {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    return set(re.findall(r"^\| `(\w+)`", part, re.MULTILINE))


def described(model: type[Report] | type[Compared]) -> dict[str, set[str]]:
    """The fields of a model and of all models in it, by name, as JSON has them."""
    whole = model.model_json_schema()
    models = {model.__name__: whole, **whole["$defs"]}
    names = {"schema_number": "schema"}
    return {
        name: {names.get(field, field) for field in content["properties"]}
        for name, content in models.items()
    }


MODELS = {**described(Report), **described(Compared)}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_field_is_described(name: str) -> None:
    assert fields(name) == MODELS[name]


def test_no_model_is_described_that_is_not_written() -> None:
    headings = set(re.findall(r"^### (\w+)$", TEXT, re.MULTILINE))
    assert headings == set(MODELS)


def test_what_is_written_has_these_fields_and_numbers(report: Report) -> None:
    content, compared = report.as_json(), compare_reports(report, report, ("a", "b")).as_json()
    assert set(content) == fields("Report")
    assert set(content["networks"][0]) == fields("NetworkFigures")
    assert set(compared) == fields("Compared")
    assert f"`schema` is {report_schema.SCHEMA};" in TEXT
    assert content["schema"] == report_schema.SCHEMA
    assert compared["schema"] == COMPARE_SCHEMA == 3


def test_every_column_is_described(measured: Study) -> None:
    columns = {re.sub("_(low|nominal|high)$", "", name) for name in per_inference(measured)}
    assert set(COSTS) < columns
    assert fields("per_inference") == columns | {"value_0", "target_0"}
    of_frames = {"sample", "frame", "predicted", "actual", "value_0", "target_0"}
    assert fields("predictions") == of_frames
