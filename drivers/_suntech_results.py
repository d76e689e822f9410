"""What a determination came to: its record, its sentence for the nurse, and records overheard in a recording."""

from dataclasses import dataclass
from typing import Protocol

from drivers._suntech_wire import (
    ABORTED,
    ACK_SIZE,
    BUSY,
    CALIBRATION_LOST,
    DONE,
    ERROR,
    HARDWARE,
    LEAK,
    NOT_DEFINED,
    NOT_RECOGNISED,
    OUT_OF_RANGE,
    OVERPRESSURE,
    PERMISSION,
    PRESSURE_SIZE,
    RECEIVED,
    RECORD_SIZE,
    SAFETY_TIME_OUT,
    SLEEPING,
    STOPPED_BY_USER,
    TIME_OUT,
    TRANSDUCER,
    VALID,
)
from drivers.base.observations import DeviceStatus, Instant, LinkFault, Numeric, Observation, Reading
from drivers.base.statuses import Statuses
from drivers.base.vocabulary import FaultKind, Parameter, Quality, StatusCode

SENTENCES = {
    0: "NIBP gave no reading",
    OUT_OF_RANGE: "NIBP failed: pressure out of the module's range",
    STOPPED_BY_USER: "NIBP was stopped by the user",
    LEAK: "NIBP failed: cuff leaks or is loose",
    SAFETY_TIME_OUT: "NIBP safety time-out: check that the cuff is empty",
    OVERPRESSURE: "NIBP cuff overpressure: check the hose and the patient's arm",
    HARDWARE: "NIBP module fault: power out of range or hardware",
    PERMISSION: "NIBP module fault: safety override or autozero",
    TRANSDUCER: "NIBP module fault: pressure transducer out of range",
    CALIBRATION_LOST: "NIBP module out of service: calibration data lost",
}
HARMLESS = (0, OUT_OF_RANGE, STOPPED_BY_USER)  # any other code stops automatic cycling (project's rule)
FAULTS = (HARDWARE, PERMISSION, TRANSDUCER, CALIBRATION_LOST)

NIBP = (Parameter.NIBP_SYS, Parameter.NIBP_DIA, Parameter.NIBP_MEAN)
HIGHEST_MMHG = 300  # no cuff is filled further
HOLD_US = 500_000  # how long an overheard record waits for its second copy


@dataclass(frozen=True, slots=True)
class Record:
    """What a BP data packet tells of the last determination; it has no time and no counter."""

    systolic: int
    diastolic: int
    mean: int
    rate: int
    status: int
    error: int

    @classmethod
    def of(cls, packet: bytes) -> "Record":
        return cls(
            systolic=packet[2] | packet[3] << 8,
            diastolic=packet[4] | packet[5] << 8,
            mean=packet[18] | packet[19] << 8,
            rate=packet[16],
            status=packet[7],
            error=packet[20],
        )

    @property
    def valid(self) -> bool:
        in_order = 0 < self.diastolic < self.mean < self.systolic <= HIGHEST_MMHG
        return self.status == VALID and self.error == 0 and in_order

    def reading(self, at: Instant, quality: tuple[Quality, ...]) -> Reading:
        pressures = zip(NIBP, (self.systolic, self.diastolic, self.mean), strict=True)
        rate = (
            Numeric(Parameter.PR, self.rate, quality) if self.rate else Numeric(Parameter.PR, None, (Quality.INVALID,))
        )
        return Reading(at, (*(Numeric(name, value, quality) for name, value in pressures), rate), spot=True)


def sentence(code: int) -> str:
    """What a nurse reads for an error code of a record."""
    return SENTENCES.get(code, f"NIBP measurement failed (code {code})")


class Results:
    """What a determination came to, as reading or as states."""

    def __init__(self, statuses: Statuses) -> None:
        self._statuses = statuses

    def judge(self, record: Record, at: Instant, quality: tuple[Quality, ...] = ()) -> list[Observation]:
        """Chart a valid record; of any other no value is said."""
        if not record.valid:
            return self.failed(at, record.error, sentence(record.error))
        return [*self.cleared(at), record.reading(at, quality)]

    def failed(self, at: Instant, code: int, text: str) -> list[Observation]:
        """A determination failed; said each time, even when the one before failed alike."""
        statuses, detail = self._statuses, str(code)
        statuses.set(at, StatusCode.MEASUREMENT_FAILED, False, "")
        said: list[Observation] = [*statuses.set(at, StatusCode.MEASUREMENT_FAILED, True, text, (), detail)]
        if code not in HARMLESS:
            said += statuses.set(at, StatusCode.CYCLING_STOPPED, True, f"automatic NIBP stopped: {text}", (), detail)
        if code in FAULTS:
            said += statuses.set(at, StatusCode.DEVICE_FAULT, True, text, NIBP, detail)
        return said

    def cleared(self, at: Instant) -> list[Observation]:
        """A new determination, or a person who starts one, leaves the failures before behind."""
        said: list[Observation] = []
        for code in (StatusCode.MEASUREMENT_FAILED, StatusCode.CYCLING_STOPPED, StatusCode.DEVICE_FAULT):
            before = self._statuses[code]
            said += self._statuses.set(at, code, False, before.text if before else "", before.affects if before else ())
        return said


def pressure_of(packet: bytes) -> int:
    return packet[2] | packet[3] << 8


def cuff(at: Instant, pressure: int) -> Reading:
    return Reading(at, (Numeric(Parameter.CUFF_PRESSURE, pressure),))


class Listener(Protocol):
    """Takes good packets and makes sense of them."""

    def take(self, packet: bytes, at: Instant) -> list[Observation]: ...

    def fault(self) -> None: ...

    def wake(self, at: Instant) -> list[Observation]: ...

    def next_deadline(self) -> Instant | None: ...


ACKS: dict[int, tuple[StatusCode, bool, str]] = {
    RECEIVED: (StatusCode.MEASURING, True, "NIBP module took a command"),
    DONE: (StatusCode.MEASURING, False, "NIBP measurement ended"),
    ABORTED: (StatusCode.MEASURING, False, "NIBP measurement was stopped"),
    BUSY: (StatusCode.MEASURING, True, "NIBP module is busy"),
    ERROR: (StatusCode.MEASUREMENT_FAILED, True, "NIBP module reports an error"),
    NOT_DEFINED: (StatusCode.CONNECTED, True, "NIBP module does not know the command it was given"),
    NOT_RECOGNISED: (StatusCode.CONNECTED, True, "NIBP module could not make out what it was sent"),
    SLEEPING: (StatusCode.STANDBY, True, "NIBP module sleeps"),
    TIME_OUT: (StatusCode.CONNECTED, True, "NIBP module reports a time-out"),
}
"""What an acknowledgement says of the module, to somebody who did not ask."""


class Overheard:
    """Listens to what others asked for. A record is charted once when a second copy bears it out, else marked unconfirmed."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._held: bytes | None = None
        self._until: Instant | None = None
        self._torn = False
        self._charted: bytes | None = None

    def next_deadline(self) -> Instant | None:
        return self._until

    def fault(self) -> None:
        self._torn = True

    def wake(self, at: Instant) -> list[Observation]:
        if self._until is None or at < self._until:
            return []
        charted = None if self._torn else self._held
        said = self._settle(at)
        self._charted = charted
        return said

    def take(self, packet: bytes, at: Instant) -> list[Observation]:
        if len(packet) == RECORD_SIZE:
            return self._record(packet, at)
        if len(packet) == PRESSURE_SIZE and pressure_of(packet) <= HIGHEST_MMHG:
            return [*self._settle(at), cuff(at, pressure_of(packet))]
        if len(packet) == ACK_SIZE and packet[2] in ACKS:
            code, on, text = ACKS[packet[2]]
            return [*self._settle(at), DeviceStatus(at, code, on, text, detail=chr(packet[2]))]
        self.fault()
        return [LinkFault(at, FaultKind.SYNC, len(packet))]

    def _record(self, packet: bytes, at: Instant) -> list[Observation]:
        if packet == self._charted:
            return []
        held, self._held, self._until = self._held, None, None
        if held is None:
            self._held, self._until, self._torn, self._charted = packet, at + HOLD_US, False, None
            return []
        if packet != held:
            return [LinkFault(at, FaultKind.CHECKSUM, 2 * RECORD_SIZE)]
        self._charted = packet
        return self._results.judge(Record.of(packet), at)

    def _settle(self, at: Instant) -> list[Observation]:
        """No second copy will come."""
        held, self._held, self._until, self._charted = self._held, None, None, None
        if held is None:
            return []
        if self._torn:
            return [LinkFault(at, FaultKind.CHECKSUM, RECORD_SIZE)]
        return self._results.judge(Record.of(held), at, (Quality.UNCONFIRMED,))
