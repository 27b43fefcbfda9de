"""`python -m spiking_gru` is the command `spiking-gru`."""

from spiking_gru.cli import main

main()
