"""Which states of a device are on, so that each is said when it changes and not with every frame."""

from drivers.base.observations import DeviceStatus, Instant
from drivers.base.vocabulary import Parameter, StatusCode


class Statuses:
    """The states of one device. One whose sentence or detail changes while it is on is said anew."""

    __slots__ = ("_on",)

    def __init__(self) -> None:
        self._on: dict[StatusCode, DeviceStatus] = {}

    def __getitem__(self, code: StatusCode) -> DeviceStatus | None:
        """The state as it was last said, if it is on."""
        return self._on.get(code)

    def set(
        self,
        at: Instant,
        code: StatusCode,
        on: bool,
        text: str,
        affects: tuple[Parameter, ...] = (),
        detail: str | None = None,
    ) -> list[DeviceStatus]:
        """Return the state to be said, or nothing when it is as before."""
        before = self._on.get(code)
        if not on:
            return [DeviceStatus(at, code, False, text, affects, detail)] if self._on.pop(code, None) else []
        if before is not None and (before.text, before.detail) == (text, detail):
            return []
        self._on[code] = status = DeviceStatus(at, code, True, text, affects, detail)
        return [status]
