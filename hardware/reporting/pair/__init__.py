"""The report of a translation: of an encoder, of a decoder, and of both."""
