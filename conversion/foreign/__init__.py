"""Anyone's GRU: weights of torch, Keras and ONNX become an event-driven program."""

from conversion.foreign.calibrate import Calibration, Point, calibrate
from conversion.foreign.deploy import Deployment, Grids, Thresholds, deploy
from conversion.foreign.from_keras import from_keras_weights
from conversion.foreign.from_onnx import from_onnx
from conversion.foreign.from_torch import from_torch_gru
from conversion.foreign.gru import ForeignGRU

__all__ = [
    "Calibration",
    "Deployment",
    "ForeignGRU",
    "Grids",
    "Point",
    "Thresholds",
    "calibrate",
    "deploy",
    "from_keras_weights",
    "from_onnx",
    "from_torch_gru",
]
