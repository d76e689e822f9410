"""Finds heartbeats in a recorded ECG, pulses in a recorded pleth and breaths in a recorded respiration curve.

For the simulators' recordings alone: whole curves at once, after the fact. It classifies no rhythm.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.floating[Any]]
Indices = NDArray[np.int64]

REFRACTORY_S = 0.28


def find_beats(ecg: Curve, rate_hz: float) -> Indices:
    """Return the sample indices of the R peaks.

    Slow waves and drift are taken off, the squared slope is averaged over a QRS's length, and what stands out of its
    own ten seconds is a beat; its peak is where the curve is furthest from its surroundings.
    """
    band = _mean(ecg, 0.02 * rate_hz) - _mean(ecg, 0.25 * rate_hz)
    energy = _mean(np.gradient(band) ** 2, 0.10 * rate_hz)
    reach = round(0.10 * rate_hz)
    peaks = []
    for index in _bursts(energy, rate_hz, share=0.30, apart_s=REFRACTORY_S):
        first = max(0, index - reach)
        peaks.append(first + int(np.argmax(np.abs(band[first : index + reach + 1]))))
    return np.array(peaks, dtype=np.int64)


def find_pulses(pleth: Curve, rate_hz: float) -> Indices:
    """Return the sample indices at which each pulse rises fastest."""
    band = _mean(pleth, 0.06 * rate_hz) - _mean(pleth, 1.0 * rate_hz)
    slope = np.clip(np.gradient(band), 0, None)
    return _bursts(_mean(slope**2, 0.08 * rate_hz), rate_hz, share=0.25, apart_s=REFRACTORY_S)


def find_breaths(resp: Curve, rate_hz: float) -> Indices:
    """Return the sample indices of breaths: crests that stand out of half a minute."""
    band = _mean(resp, 0.5 * rate_hz) - _mean(resp, 10 * rate_hz)
    return _bursts(np.clip(band, 0, None), rate_hz, share=0.30, apart_s=1.5)


def _mean(curve: Curve, length: float) -> Curve:
    """Return the moving average over an odd number of samples, edges held."""
    half = max(1, round(length)) // 2
    if half == 0:
        return curve
    padded = np.concatenate([np.full(half + 1, curve[0]), curve, np.full(half, curve[-1])])
    sums = np.cumsum(padded, dtype=np.float64)
    return np.asarray((sums[2 * half + 1 :] - sums[: -2 * half - 1]) / (2 * half + 1))


def _bursts(energy: Curve, rate_hz: float, share: float, apart_s: float) -> Indices:
    """Return the crests that rise above a share of the usual crest around them, ``apart_s`` apart at least."""
    threshold = share * _usual_crest(energy, rate_hz, block_s=max(2.0, 3 * apart_s))
    above = np.concatenate([[False], energy > threshold, [False]])
    edges = np.flatnonzero(above[1:] != above[:-1])
    found: list[int] = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        crest = int(first + np.argmax(energy[first:last]))
        if found and crest - found[-1] < apart_s * rate_hz:
            if energy[crest] > energy[found[-1]]:
                found[-1] = crest
        else:
            found.append(crest)
    return np.array(found, dtype=np.int64)


def _usual_crest(energy: Curve, rate_hz: float, block_s: float) -> Curve:
    """Return for each sample the median crest of the five blocks around it, so that one artefact does not deafen the finder."""
    block = int(block_s * rate_hz)
    count = max(1, len(energy) // block)
    crests = np.array([energy[n * block : (n + 1) * block if n < count - 1 else None].max() for n in range(count)])
    around = np.lib.stride_tricks.sliding_window_view(np.pad(crests, 2, mode="edge"), 5)
    return np.asarray(np.median(around, axis=1)[np.minimum(np.arange(len(energy)) // block, count - 1)])
