"""Published measurements of chips, counted again and priced by the chip files of this project."""
