"""Tables in the pages of worked examples, written from the figures of finished seeds."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from typing import Any
from unittest.mock import patch

from figures import Row, print_table

TABLE = re.compile(r"^(?P<task>.+), seed (?P<seed>\d+)\n┏[^`]*?┘\n", re.MULTILINE)
"""A table of a page: its title with task and seed, and its lines down to the last corner."""

COLUMNS = "80"
"""Width of the terminal that a page shows."""


def with_tables(page: str, finished: Mapping[int, Mapping[str, Any]]) -> str:
    """Return a page with each table of a finished seed written again from the seed's figures."""

    def written(match: re.Match[str]) -> str:
        figures = finished.get(int(match["seed"]))
        if figures is None:
            return match[0]
        table = {name: Row(**row) for name, row in figures["tables"][match["task"]].items()}
        return table_text(f"{match['task']}, seed {match['seed']}", table)

    return TABLE.sub(written, page)


def table_text(title: str, table: Mapping[str, Row]) -> str:
    """Return a table as an example prints it on a terminal."""
    with patch.dict(os.environ, COLUMNS=COLUMNS), redirect_stdout(StringIO()) as printed:
        print_table(title, dict(table))
    return "".join(f"{line.rstrip()}\n" for line in printed.getvalue().splitlines())
