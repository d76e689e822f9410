"""The monitor: a pure core, the shells around it, and what they are made of."""

__version__ = "0.1.0"
