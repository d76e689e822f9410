"""The curves of a heartbeat: lead II and the finger's pleth as sums of bell curves, and the store they are read from.

Curves are drawn in blocks with numpy and read sample by sample in constant time. Nothing here knows of patients or devices.
"""

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.base.observations import Instant

Curve = NDArray[np.floating[Any]]

SECOND = 1_000_000
SAMPLE_US = 2_000
"""Distance of two drawn samples: 500 Hz, enough for the fastest wave a device sends."""

# Lead II: centre after the R peak (s), width (s), height (mV); P, Q, R, S, T. The T wave's centre follows √RR.
_ECG = np.array(
    [
        (-0.160, 0.022, 0.12),
        (-0.032, 0.009, -0.10),
        (0.000, 0.010, 1.10),
        (0.030, 0.010, -0.22),
        (0.290, 0.045, 0.28),
    ]
)
_T_WAVE = 4

# Pleth: centre after the pulse's arrival (s), width (s), height; upstroke, run-off, dicrotic wave after the notch.
_PLETH = np.array([(0.130, 0.052, 0.82), (0.230, 0.085, 0.42), (0.410, 0.070, 0.34)])

ECG_BEFORE_S = 0.25
"""A beat shows in the ECG this long before its R peak."""
TAIL_S = 0.80
"""A beat has left both curves this long after its R peak or arrival."""


def _bells(offsets: Curve, centres: Curve, widths: Curve, heights: Curve) -> Curve:
    """Sum bell curves: ``offsets`` is (beats, samples), the rest (beats, bells)."""
    distance = (offsets[:, None, :] - centres[:, :, None]) / widths[:, :, None]
    return np.asarray((np.exp(-0.5 * distance**2) * heights[:, :, None]).sum(axis=(0, 1)))


def draw_ecg(times_s: Curve, beats_s: Curve, intervals_s: Curve) -> Curve:
    """Return lead II in mV at ``times_s`` for R peaks at ``beats_s``, each with the RR interval before it."""
    if not len(beats_s):
        return np.zeros(len(times_s))
    shape = np.repeat(_ECG[None], len(beats_s), axis=0)
    shape[:, _T_WAVE, 0] *= np.sqrt(np.clip(intervals_s, 0.3, 1.6))
    return _bells(times_s[None, :] - beats_s[:, None], shape[:, :, 0], shape[:, :, 1], shape[:, :, 2])


def draw_pulses(times_s: Curve, pulses_s: Curve, intervals_s: Curve) -> Curve:
    """Return pulses of height about 1 at ``times_s`` for arrivals at ``pulses_s``, each with the RR interval before it."""
    if not len(pulses_s):
        return np.zeros(len(times_s))
    shape = np.repeat(_PLETH[None], len(pulses_s), axis=0)
    shape[:, :, :2] *= np.sqrt(np.clip(intervals_s, 0.3, 1.6))[:, None, None]
    return _bells(times_s[None, :] - pulses_s[:, None], shape[:, :, 0], shape[:, :, 1], shape[:, :, 2])


class Strip:
    """The last minute of one curve, 500 samples a second."""

    _SIZE = 1 << 15

    def __init__(self, start: Instant) -> None:
        self._start = start
        self._samples = array("f", bytes(4 * self._SIZE))
        self._view = np.frombuffer(self._samples, dtype=np.float32)
        self._written = 0

    def append(self, block: Curve) -> None:
        """Add samples; what is older than a minute is written over."""
        first = self._written & (self._SIZE - 1)
        head = min(len(block), self._SIZE - first)
        self._view[first : first + head] = block[:head]
        self._view[: len(block) - head] = block[head:]
        self._written += len(block)

    def at(self, at: Instant) -> float:
        """Return the newest sample at or before ``at``."""
        return self._samples[(at - self._start) // SAMPLE_US & (self._SIZE - 1)]
