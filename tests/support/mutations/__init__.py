"""Mutations of program files: damage, and what somebody who means harm would write."""

from mutations import damage, manifests, safetensors_files, tensors, zips
from mutations.registry import MUTATIONS, WEIGHTS_MUTATIONS, Mutation

__all__ = [
    "MUTATIONS",
    "WEIGHTS_MUTATIONS",
    "Mutation",
    "damage",
    "manifests",
    "safetensors_files",
    "tensors",
    "zips",
]
