"""A pseudo-terminal that a simulated device sits behind, under a link whose name stays when the device is unplugged.

Raw, not blocking. What the host does not read in time is dropped, as a UART does: nothing grows. The pacing and the
faults are the line's; this is the port alone.
"""

import asyncio
import os
import tty
from collections.abc import Callable
from pathlib import Path

from simulators.base.errors import SimulatorError


class Terminal:
    """One port. ``received`` is called with the host's bytes as they come. ``overrun`` counts bytes the host did not read in time."""

    def __init__(self, link: Path, received: Callable[[bytes], None]) -> None:
        self.link = link
        self.overrun = 0
        self._received = received
        self._master: int | None = None
        self._slave: int | None = None
        self._target = ""

    def plug(self) -> None:
        """Make the pseudo-terminal and put the link on it. Call within a running loop."""
        if self._master is not None:
            return
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._target = os.ttyname(self._slave)
        asyncio.get_running_loop().add_reader(self._master, self._readable, self._master)
        try:
            self._put_link()
        except SimulatorError:
            self.unplug()
            raise

    def unplug(self) -> None:
        """Close the port: the host's next read fails, as when a plug is pulled; the link goes."""
        if self._master is None or self._slave is None:
            return
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = None
        if self.link.is_symlink() and os.readlink(self.link) == self._target:  # another house may have taken the name
            self.link.unlink()

    def write(self, data: bytes) -> None:
        """Hand bytes to the host; what does not fit is lost."""
        if self._master is None:
            return
        try:
            written = os.write(self._master, data)
        except BlockingIOError:
            written = 0
        self.overrun += len(data) - written

    def _readable(self, master: int) -> None:
        try:
            data = os.read(master, 4096)
        except OSError:  # nothing there after all, or the host's end went; our own slave keeps the port alive
            return
        if data:
            self._received(data)

    def _put_link(self) -> None:
        if self.link.exists() and not self.link.is_symlink():
            raise SimulatorError(
                f"{self.link} is in the way and is not a link; remove it or give another --links folder"
            )
        fresh = self.link.with_name(f".{self.link.name}.new")
        try:
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(self._target)
            fresh.replace(self.link)
        except OSError as error:
            raise SimulatorError(f"the link {self.link} cannot be made: {error.strerror}") from None
