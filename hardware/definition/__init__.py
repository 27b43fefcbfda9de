"""The integer truth: formulations, arithmetic, cell, encoder, readout. Training imports it too."""
