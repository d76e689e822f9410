"""What a Nonin oximeter's numbers and pleth samples are worth: which are said, which are missing, and why."""

from drivers._nonin_wire import FRAMES_PER_S, GPRF, HR_MISSING, RPRF, SPO2_MISSING
from drivers.base.observations import Instant, Numeric, Observation, Reading, WaveformChunk
from drivers.base.vocabulary import Parameter, Quality, WaveformName

PR_RANGE = range(18, 322)
SPO2_RANGE = range(101)
SLACK = {Parameter.SPO2: 3, Parameter.PR: 5}  # two packets "agree within a few units"
WITNESSES = 3  # packets before that may bear a number out


class Numbers:
    """Turns what packets hold into readings, and holds a number back until another packet bears it out.

    That is one of the three before that agrees, so that a rate that goes to and fro is shown, or a second step on end the
    same way: a steep fall is not silenced because it is steep.
    """

    __slots__ = ("_before",)

    def __init__(self) -> None:
        self._before: dict[Parameter, tuple[int, ...]] = {}

    def forget(self) -> None:
        """The packet before cannot vouch for the next one: something was lost between them."""
        self._before = {}

    def reading(self, at: Instant, numbers: dict[Parameter, int], quality: tuple[Quality, ...]) -> list[Observation]:
        """The reading of a packet; what cannot be said yet is left out."""
        before, self._before = self._before, {}
        blanked = quality[0] if quality and quality[0] in BLANKING else None
        said = []
        for name, value in numbers.items():
            why = blanked or missing(name, value)
            if why is not None:
                said.append(Numeric(name, None, (why,)))
                continue
            earlier = before.get(name, ())
            self._before[name] = (*earlier[1 - WITNESSES :], value)
            if _is_borne_out(value, earlier, SLACK[name]):
                said.append(Numeric(name, value, quality))
        return [Reading(at, tuple(said))] if said else []


def _is_borne_out(value: int, earlier: tuple[int, ...], slack: int) -> bool:
    if any(abs(value - one) <= slack for one in earlier):
        return True
    if len(earlier) < 2:
        return False
    step, step_before = value - earlier[-1], earlier[-1] - earlier[-2]
    return abs(step_before) > slack and (step > 0) == (step_before > 0)


BLANKING = (Quality.NO_SENSOR, Quality.SENSOR_OFF, Quality.OUT_OF_TRACK)
"""Under these a number, however healthy it looks, is none."""


def missing(name: Parameter, value: int) -> Quality | None:
    """Why ``value`` is no number, or None. What lies outside the sheet's ranges is undefined there."""
    if value == (HR_MISSING if name is Parameter.PR else SPO2_MISSING):
        return Quality.SEARCHING
    return None if value in (PR_RANGE if name is Parameter.PR else SPO2_RANGE) else Quality.INVALID


class Pleth:
    """Gathers the samples of one feed into chunks that have no hole."""

    __slots__ = ("_first", "_index", "_offset", "_run", "_samples")

    def __init__(self) -> None:
        self._run = self._index = self._first = self._offset = 0
        self._samples: list[int] = []

    def add(self, sample: int) -> None:
        self._samples.append(sample)
        self._index += 1

    def chunk(self, at: Instant) -> list[Observation]:
        """What was gathered, its last sample received at ``at``."""
        samples, first = tuple(self._samples), self._first
        self._first = self._index
        if not samples:
            return []
        self._samples.clear()
        start = at - (len(samples) - 1) * 1_000_000 // FRAMES_PER_S
        return [WaveformChunk(WaveformName.PLETH, start, FRAMES_PER_S, self._run, first, samples, offset=self._offset)]

    def skip(self, at: Instant, count: int) -> list[Observation]:
        """``count`` samples were lost."""
        said = self.chunk(at)
        self._index = self._first = self._index + count
        return said

    def restart(self, at: Instant, offset: int | None = None) -> list[Observation]:
        """Nobody knows how many samples were lost: a new run."""
        said = self.chunk(at)
        if self._index:
            self._run += 1
        self._index = self._first = 0
        self._offset = self._offset if offset is None else offset
        return said


def quality_of(no_sensor: int, off: int, out_of_track: int, artefact: int, colour: int) -> tuple[Quality, ...]:
    """The words for a packet; one that blanks its numbers stands alone."""
    if no_sensor or off or out_of_track:
        return (Quality.NO_SENSOR if no_sensor else Quality.SENSOR_OFF if off else Quality.OUT_OF_TRACK,)
    perfusion = {RPRF: (Quality.LOW_PERFUSION,), RPRF | GPRF: (Quality.MARGINAL_PERFUSION,)}.get(colour, ())
    return (Quality.ARTEFACT, *perfusion) if artefact else perfusion
