"""The pure middle of the house: entries in, changes out. No I/O, no clock, no tasks, no randomness."""
