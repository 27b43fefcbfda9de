"""The report of a run: as data, as a page, as a table in the terminal; and two runs compared."""

from hardware.reporting.build import make_report
from hardware.reporting.compare import Compared, compare_reports, write_comparison
from hardware.reporting.networks import TrainedNetwork
from hardware.reporting.page import render_page
from hardware.reporting.pair.build import half_reports, make_pair_report
from hardware.reporting.pair.networks import PAIR_METRICS
from hardware.reporting.pair.schema import PairReport
from hardware.reporting.pair.study import PairStudy, pair_study
from hardware.reporting.pair.table import print_pair_report
from hardware.reporting.pair.write import pair_contents_of, report_pair
from hardware.reporting.per_inference import parquet_is_installed
from hardware.reporting.rivals import Skipping
from hardware.reporting.schema import Report
from hardware.reporting.study import Study, study
from hardware.reporting.table import print_comparison, print_report
from hardware.reporting.write import contents_of, report, write_report

__all__ = [
    "PAIR_METRICS",
    "Compared",
    "PairReport",
    "PairStudy",
    "Report",
    "Skipping",
    "Study",
    "TrainedNetwork",
    "compare_reports",
    "contents_of",
    "half_reports",
    "make_pair_report",
    "make_report",
    "pair_contents_of",
    "pair_study",
    "parquet_is_installed",
    "print_comparison",
    "print_pair_report",
    "print_report",
    "render_page",
    "report",
    "report_pair",
    "study",
    "write_comparison",
    "write_report",
]
