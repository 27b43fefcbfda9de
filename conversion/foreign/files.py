"""A foreign GRU from a file, by its kind; nothing is unpickled, so that no file can run code."""

from __future__ import annotations

from pathlib import Path

from conversion.foreign.gru import FILE_LIMIT, ForeignGRU
from conversion.foreign.keras_gru import from_keras_arrays
from conversion.foreign.onnx_gru import from_onnx
from conversion.foreign.torch_gru import from_torch_state
from hardware.errors import InputError
from hardware.files.disk import read_tensors
from spiking_gru.data.npz import read_arrays

PICKLES = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle")
KERAS = (".h5", ".hdf5", ".keras")

SAVE_TORCH = (
    "`from safetensors.torch import save_file` and "
    '`save_file(model.state_dict(), "gru.safetensors")`'
)
SAVE_KERAS = (
    "`kernel, recurrent_kernel, bias = gru.get_weights()` and "
    '`np.savez("gru.npz", kernel=kernel, recurrent_kernel=recurrent_kernel, bias=bias)`'
)


def read_gru(path: Path, reads: str | None = None) -> ForeignGRU:
    """The GRU in an .onnx, .safetensors (torch) or .npz (Keras) file.

    `reads` says what the head looks at, `last` where nothing is said; an ONNX model says it itself.
    """
    kind = path.suffix.lower()
    if kind == ".onnx":
        if reads is not None:
            raise InputError(f"{path}: an ONNX model itself says what its head reads: leave it out")
        return from_onnx(path)
    if kind in PICKLES:
        raise InputError(
            f"{path}: a {kind} file may run code when it is opened, so it is not: save the weights "
            f"where the model is, with {SAVE_TORCH}"
        )
    if kind in KERAS:
        raise InputError(f"{path}: {kind} is not read: save the arrays with {SAVE_KERAS}")
    if kind not in (".safetensors", ".npz"):
        raise InputError(f"{path}: expected an .onnx, .safetensors or .npz file")
    try:
        if kind == ".npz":
            return from_keras_arrays(read_arrays(path), reads or "last")
        return from_torch_state(read_tensors(path, FILE_LIMIT)[0], reads or "last")
    except InputError as error:
        text = str(error)
        raise InputError(text if str(path) in text else f"{path}: {text}") from error
