"""Published measurements of chips next to predictions, on docs/validation.md.

`python benchmarks/validation.py` writes the page. What was done in each step is taken from the
publication; the energies and times are this project's own chip files and closed form. A module of
`published/` has each group of networks. Errors that change are changed in
`hardware/cost/held_out.py` too.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from published.page import page

PAGE = Path(__file__).parent.parent / "docs" / "validation.md"


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    PAGE.write_text(page(), "utf-8")
    print(f"wrote {PAGE.name}")


if __name__ == "__main__":
    main()
