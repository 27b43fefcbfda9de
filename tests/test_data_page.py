"""The snippets of docs/data.md run, one after another."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "data.md").read_text()


def test_the_snippets_of_the_data_page_run(tmp_path: Path) -> None:
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "classify ('False', 'True') 144 40",
        "True 10 100",
        "('loud', 'quiet') 2 50",
        "regress 2 24 1345 377",
        "True",
    ]
