"""The report of a run: as data, as a page, as a table in the terminal."""

from hardware.reporting.build import make_report
from hardware.reporting.page import render_page
from hardware.reporting.schema import Report
from hardware.reporting.table import print_report
from hardware.reporting.write import write_report

__all__ = ["Report", "make_report", "print_report", "render_page", "write_report"]
