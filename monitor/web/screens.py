"""Which screens could sound an alarm now, which show the past, and whether that must be told.

All in beats: what a screen has not said for so many of them is no longer true of it.
"""

from collections.abc import Collection

from monitor.web.messages import Screens
from monitor.web.viewer import Viewer

FRESH_BEATS = 3
"""A screen whose last seen beat is older cannot be counted on to sound."""
LOST_BEATS = 5
"""A screen this far behind shows the past. Also how long none may be able to sound before it is told."""
HELLO_BEATS = 10
"""How long a connection may last without a hello."""


def count(viewers: Collection[Viewer], beat: int) -> Screens:
    """Return how many screens there are, and how many of them could sound an alarm now."""
    return Screens(len(viewers), sum(_can_sound(viewer, beat) for viewer in viewers))


def _can_sound(viewer: Viewer, beat: int) -> bool:
    fresh = viewer.seen_beat is not None and beat - viewer.seen_beat <= FRESH_BEATS
    return fresh and viewer.sound and viewer.visible


def why_close(viewer: Viewer, beat: int) -> str | None:
    """Return why a viewer's connection must end: it never greeted, it draws too late, or a send to it hangs."""
    if not viewer.greeted and beat - viewer.joined_beat > HELLO_BEATS:
        return f"no hello came within {HELLO_BEATS} s"
    moments = [moment for moment in (viewer.seen_beat, viewer.sending_since_beat) if moment is not None]
    if moments and beat - min(moments) > LOST_BEATS:
        return f"this screen is more than {LOST_BEATS} s behind"
    return None


class Watch:
    """Whether the house should know that no screen can sound an alarm while somebody is infusing."""

    def __init__(self) -> None:
        self._mute_beats = 0
        self._told: bool | None = None

    def beat(self, mute: bool) -> bool | None:
        """Take what is so at this beat; return what must be told now: True no screen can sound, False one can again.

        A page that is being loaded anew is given ``LOST_BEATS``; the good news is told at once.
        """
        self._mute_beats = self._mute_beats + 1 if mute else 0
        if mute == self._told or 0 < self._mute_beats <= LOST_BEATS:
            return None
        self._told = mute
        return mute
