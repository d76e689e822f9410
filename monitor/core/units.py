"""Which unit of its kind a device is, and whether that is the one bound to this place (hazards H2, H3). Decides no alarm.

A driver tells its unit by a status IDENTITY: ``text`` is the model, and one of the parts of ``detail``, which semicolons set
apart, is the unit's own number: "serial number 1000123456", "system id 0009fb123456" or "plug id 1000".
"""

from dataclasses import dataclass, replace

from drivers.base.observations import DeviceStatus, Instant

_NUMBERS = ("serial number ", "system id ", "plug id ")


@dataclass(frozen=True, slots=True)
class Unit:
    """One device of its model. What it does not tell is empty."""

    model: str = ""
    number: str = ""

    def __str__(self) -> str:
        return " no. ".join(part for part in (self.model, self.number) if part)

    def differs(self, other: "Unit") -> bool:
        """Whether the two cannot be one unit. Numbers decide where both are known; case and leading zeros do not matter."""
        if self.number and other.number:
            return _bare(self.number) != _bare(other.number)
        return bool(self.model and other.model) and self.model != other.model


@dataclass(frozen=True, slots=True)
class Bond:
    """The unit whose values a place shows; and the one that speaks in its stead and is ``refused`` ``since`` then.

    A refusal outlives the line's closing: it ends when the known unit tells itself, or a person accepts the other.
    """

    known: Unit | None = None
    refused: Unit | None = None
    since: Instant = 0
    accepted_by: str = ""

    def meet(self, told: Unit, firm: bool, at: Instant) -> "Bond":
        """A unit tells itself. While the bond is ``firm`` another than the known one is refused, else it takes its place."""
        known = self.known
        if known is None or (not firm and known.differs(told)):
            return Bond(told)
        if known.differs(told):
            return replace(self, refused=told, since=self.since if self.refused else at)
        return Bond(Unit(told.model or known.model, known.number or told.number), accepted_by=self.accepted_by)

    def accept(self, by: str) -> "Bond":
        """A person takes the refused unit for the right one."""
        return Bond(self.refused, accepted_by=by)


def bond_to(number: str) -> Bond:
    """Return the bond to the unit of this number; an empty one binds to whichever tells itself first."""
    return Bond(Unit(number=number) if number else None)


def unit_of(identity: DeviceStatus) -> Unit:
    """Return the unit that tells itself."""
    parts = [part.strip() for part in (identity.detail or "").split(";")]
    numbers = [part.removeprefix(word).strip() for part in parts for word in _NUMBERS if part.startswith(word)]
    return Unit(identity.text, numbers[0] if numbers else "")


def _bare(number: str) -> str:
    return number.strip().lstrip("0").casefold()
