"""The errors of the simulated house; each message is one sentence for a person: what, where, and what would be right."""


class SimulatorError(Exception):
    """Root of the errors of the simulators."""


class ScenarioError(SimulatorError):
    """A scenario cannot be used (exit status 2)."""


class RecordingError(SimulatorError):
    """A recording cannot be played (exit status 2)."""


class UnknownSimulator(SimulatorError):
    """No simulator bears this name (exit status 2)."""
