"""Fuzzing of the decoders: one target, tried shortly with hypothesis in the suite and at length by ``make fuzz``."""
