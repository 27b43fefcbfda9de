"""Tag a wheel with its platform where it has libraries of kernels."""

from __future__ import annotations

from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel


class WithKernels(Distribution):
    """A distribution that may have libraries, which every Python can load."""

    def has_ext_modules(self) -> bool:
        return any(Path(__file__).parent.glob("hardware/kernels/built/*.so"))


class AnyPython(bdist_wheel):
    """A wheel for every Python, and for one platform if it has libraries."""

    def get_tag(self) -> tuple[str, str, str]:
        platform = super().get_tag()[2]
        return "py3", "none", platform


setup(distclass=WithKernels, cmdclass={"bdist_wheel": AnyPython})
