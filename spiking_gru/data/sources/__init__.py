"""Data sets by source: each module returns arrays in the `.npz` form. Needs no torch."""
