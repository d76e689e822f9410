"""Alarm records of CARESCAPE monitors: up to five texts with their colours, and what of the sound is silenced.

A message is always the whole of it, so what it does not hold has ended. Texts are of the monitor's language: they are
handed on, and nothing is read out of them.
"""

from drivers._datex_frames import Record
from drivers._datex_wire import Colour, Silence
from drivers.base.observations import DeviceAlarm, Instant
from drivers.base.vocabulary import Priority

TEXTS, ENTRY, TEXT_SIZE = 5, 98, 80
_PRIORITIES = {Colour.RED: Priority.HIGH, Colour.YELLOW: Priority.MEDIUM}
_SILENCED = {
    Silence.APNEA: "The monitor's apnoea alarm is silenced",
    Silence.ASYSTOLE: "The monitor's asystole alarm is silenced",
    Silence.APNEA_AND_ASYSTOLE: "The monitor's apnoea and asystole alarms are silenced",
    Silence.ALL: "All alarms of the monitor are silenced",
    Silence.TWO_MINUTES: "The monitor's alarms are silenced for 2 minutes",
    Silence.FIVE_MINUTES: "The monitor's alarms are silenced for 5 minutes",
    Silence.TWENTY_SECONDS: "The monitor's alarms are silenced for 20 seconds",
}


class Alarms:
    """The alarms that one monitor shows."""

    def __init__(self) -> None:
        self._active: dict[str, DeviceAlarm] = {}

    def take(self, record: Record, at: Instant) -> list[DeviceAlarm]:
        """Return what began, changed and ended."""
        now: dict[str, DeviceAlarm] = {}
        for _, part in record.parts:
            for alarm in (*_sound(part, at), *_texts(part, at)):
                now.setdefault(alarm.code, alarm)
        return self._become(now, at)

    def forget(self, at: Instant) -> list[DeviceAlarm]:
        """The monitor is not heard any more: what it showed is not known."""
        return self._become({}, at)

    def _become(self, now: dict[str, DeviceAlarm], at: Instant) -> list[DeviceAlarm]:
        before, self._active = self._active, now
        said = [
            DeviceAlarm(at, old.code, False, old.priority, old.physiological, old.text)
            for code, old in before.items()
            if code not in now
        ]
        return said + [alarm for code, alarm in now.items() if _differs(alarm, before.get(code))]


def _differs(alarm: DeviceAlarm, before: DeviceAlarm | None) -> bool:
    return before is None or (alarm.priority, alarm.text) != (before.priority, before.text)


def _sound(part: bytes, at: Instant) -> list[DeviceAlarm]:
    said = []
    if not int.from_bytes(part[2:4], "little"):
        said.append(_alarm(at, "sound off", "The monitor's alarm sound is off"))
    silence = int.from_bytes(part[8:10], "little")
    if silence != Silence.NONE:
        words = _SILENCED[Silence(silence)] if silence in set(Silence) else "Alarms of the monitor are silenced"
        said.append(_alarm(at, "silenced", words))
    return said


def _texts(part: bytes, at: Instant) -> list[DeviceAlarm]:
    said = []
    for begin in range(10, 10 + TEXTS * ENTRY, ENTRY):
        raw = part[begin : begin + TEXT_SIZE].partition(b"\0")[0]
        text = "".join(letter if letter.isprintable() else " " for letter in raw.decode("latin-1")).strip()
        colour = int.from_bytes(part[begin + TEXT_SIZE + 2 : begin + TEXT_SIZE + 4], "little")
        if text:
            said.append(_alarm(at, f"alarm/{text}", text, colour))
    return said


def _alarm(at: Instant, code: str, text: str, colour: int = Colour.WHITE) -> DeviceAlarm:
    """Make an alarm. That red and yellow ones are the patient's is an assumption: the record does not tell."""
    priority = _PRIORITIES[Colour(colour)] if colour in set(_PRIORITIES) else Priority.LOW
    return DeviceAlarm(at, code, True, priority, priority is not Priority.LOW, text)
