"""Mutations of files: damage, and what somebody who means harm would write."""

from mutations import damage, manifests, safetensors_files, tensors, zips
from mutations.chips import CHIP_MUTATIONS
from mutations.data_files import DATA_DAMAGE, DATA_MUTATIONS
from mutations.event_files import AEDAT_MUTATIONS, BIN_MUTATIONS
from mutations.networks import NETWORK_DAMAGE, SEALED_NETWORK_MUTATIONS
from mutations.onnx_files import ONNX_MUTATIONS
from mutations.registry import MUTATIONS, WEIGHTS_MUTATIONS, Mutation
from mutations.sounds import SOUND_MUTATIONS
from mutations.traces import SEALED_TRACE_MUTATIONS

__all__ = [
    "AEDAT_MUTATIONS",
    "BIN_MUTATIONS",
    "CHIP_MUTATIONS",
    "DATA_DAMAGE",
    "DATA_MUTATIONS",
    "MUTATIONS",
    "NETWORK_DAMAGE",
    "ONNX_MUTATIONS",
    "SEALED_NETWORK_MUTATIONS",
    "SEALED_TRACE_MUTATIONS",
    "SOUND_MUTATIONS",
    "WEIGHTS_MUTATIONS",
    "Mutation",
    "damage",
    "manifests",
    "safetensors_files",
    "tensors",
    "zips",
]
