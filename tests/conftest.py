"""Few examples for a second version of Python; and kernels that one worker compiles for all."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import settings
from kernels_first import compile_together

FEW = settings(settings.get_profile("ci"), max_examples=10)

settings.register_profile("few", FEW)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Lower the number of examples of tests that state one, which no profile does."""
    if config.getoption("--hypothesis-profile") != "few":
        return
    for item in items:
        test = getattr(item, "obj", None)
        own = getattr(test, "_hypothesis_internal_use_settings", None)
        if own is not None and own.max_examples > FEW.max_examples:
            fewer = settings(own, max_examples=FEW.max_examples)
            test._hypothesis_internal_use_settings = fewer


def pytest_collection_finish() -> None:
    """Compile in several workers at once, outside of any test's time limit.

    A single process compiles when a test needs a kernel.
    """
    worker = re.fullmatch(r"gw(\d+)", os.environ.get("PYTEST_XDIST_WORKER", ""))
    if worker:
        compile_together(int(worker[1]))
