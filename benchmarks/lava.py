"""The Lava runtime: both mappings, set-up, a stream; and many sessions one after another.

    python benchmarks/lava.py [--sessions 200]

Compare by the ratios within one run: absolute times vary with the machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import mappings


def many_sessions(sessions: int) -> int:
    tests = Path(__file__).resolve().parents[1] / "tests" / "hardware" / "lava" / "test_session.py"
    print(f"\n{sessions} sessions one after another")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--timeout=0", "-k", "one_after_another", tests],
        env={**os.environ, "LAVA_SESSIONS": str(sessions)},
    ).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=0, help="open so many, one after another")
    asked = parser.parse_args()
    mappings.main()
    return many_sessions(asked.sessions) if asked.sessions else 0


if __name__ == "__main__":
    sys.exit(main())
