"""Remembers which states a device is in, so that each is said when it changes and not with every message."""

from drivers.base.observations import DeviceStatus, Instant
from drivers.base.vocabulary import Parameter, StatusCode


class Statuses:
    """The states of one device by code. What was never on need not be said off."""

    def __init__(self) -> None:
        self._on: dict[StatusCode, tuple[str, tuple[Parameter, ...], str | None]] = {}

    def is_on(self, code: StatusCode) -> bool:
        """Whether the state was last said to be on."""
        return code in self._on

    def enter(
        self,
        at: Instant,
        code: StatusCode,
        text: str,
        affects: tuple[Parameter, ...] = (),
        detail: str | None = None,
    ) -> list[DeviceStatus]:
        """The device is in this state; says so if that, or what it affects, is news."""
        news = (text, affects, detail)
        if self._on.get(code) == news:
            return []
        self._on[code] = news
        return [DeviceStatus(at, code, True, text, affects, detail)]

    def leave(self, at: Instant, code: StatusCode) -> list[DeviceStatus]:
        """The device is not in this state; says so if it was."""
        if code not in self._on:
            return []
        text, affects, detail = self._on.pop(code)
        return [DeviceStatus(at, code, False, text, affects, detail)]
