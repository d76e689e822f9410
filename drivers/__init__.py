"""Drivers: one module a device protocol. ``ls drivers/`` is the list of supported devices."""
