"""The report of a run: as data, as a page, as a table in the terminal; and two runs compared."""

from hardware.reporting.build import make_report
from hardware.reporting.compare import Compared, compare_reports, write_comparison
from hardware.reporting.networks import TrainedNetwork
from hardware.reporting.page import render_page
from hardware.reporting.per_inference import parquet_is_installed
from hardware.reporting.schema import Report
from hardware.reporting.study import Study, study
from hardware.reporting.table import print_comparison, print_report
from hardware.reporting.write import report, write_report

__all__ = [
    "Compared",
    "Report",
    "Study",
    "TrainedNetwork",
    "compare_reports",
    "make_report",
    "parquet_is_installed",
    "print_comparison",
    "print_report",
    "render_page",
    "report",
    "study",
    "write_comparison",
    "write_report",
]
