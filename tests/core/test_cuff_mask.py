"""What a cuff on the probe's arm hides, for how long, and what it never hides (clinical §2.7.13)."""

import pytest

from monitor.core.changes import NibpChanged
from tests.timetable import Chair, clock, play

CUFF = ("oximeter", "cuff")
ALL = ("oximeter", "ecg", "cuff")

SHADED = "at 00:10 chart kind=cuff_arm term=same"


def test_the_cuff_hides_the_probe_on_its_arm_until_30_s_after_it_is_empty() -> None:
    play(f"""
        {SHADED}
        at 01:00 say cuff status=measuring,on,measuring
        at 01:02 spo2 80
        at 01:02 pr 39
        at 01:20 nibp 120/80
        at 01:49 pr 74
        expect 01:55 spo2_low began high
    """, *CUFF)  # fmt: skip


def masks(chair: Chair) -> list[tuple[str, str] | None]:
    """What the page was told to show as hidden by the cuff, from when until when."""
    told = [change.nibp for change in chair.changes if isinstance(change, NibpChanged)]
    spans = [(view.masks_from, view.masks_until) for view in told]
    words = [(clock(since), clock(until)) if since and until else None for since, until in spans]
    return [word for word, before in zip(words, [None, *words], strict=False) if word != before]


def test_the_page_is_told_what_the_cuff_hides_also_after_a_restart() -> None:
    chair = play(f"""
        {SHADED}
        at 01:00 say cuff status=measuring,on,measuring
        at 01:20 nibp 120/80
        at 01:30 restart
    """, *CUFF)  # fmt: skip
    assert masks(chair)[-2:] == [("01:00", "02:00"), ("01:00", "01:50")]
    view = chair.bedside.view(chair.now).nibp
    assert view.masks_until is not None
    assert clock(view.masks_until) == "01:50"


def test_the_page_is_not_told_to_hide_what_the_rules_look_at() -> None:
    falling = play(f"""
        {SHADED}
        at 00:58 spo2 84
        at 01:00 say cuff status=measuring,on,measuring
        expect 01:03 spo2_low began high
    """, *CUFF)  # fmt: skip
    other = play("""
        at 00:10 chart kind=cuff_arm term=other
        at 01:00 say cuff status=measuring,on,measuring
        at 01:10 spo2 97
    """, *CUFF)  # fmt: skip
    assert not [span for span in (*masks(falling), *masks(other)) if span and span[0] == "01:00"]


def test_the_cuff_does_not_hide_a_pulse_that_the_ecg_misses_too() -> None:
    play(f"""
        {SHADED}
        at 01:00 say cuff status=measuring,on,measuring
        at 01:02 spo2 -?searching
        at 01:02 pr -?searching
        at 01:02 hr -
        expect 01:12 pulse_lost began high
    """, "oximeter", "ecg", "cuff")  # fmt: skip


def test_the_cuff_hides_for_60_s_at_most() -> None:
    play(f"""
        {SHADED}
        at 01:00 say cuff status=measuring,on,measuring
        at 01:02 spo2 -?searching
        at 01:02 pr -?searching
        expect 02:20 pulse_lost began high
    """, *CUFF)  # fmt: skip


def test_the_cuff_never_hides_a_fall_that_began_before_it() -> None:
    play(f"""
        {SHADED}
        at 00:58 spo2 84
        at 01:00 say cuff status=measuring,on,measuring
        expect 01:03 spo2_low began high
    """, *CUFF)  # fmt: skip


@pytest.mark.parametrize("charted", ["at 00:10 chart kind=cuff_arm term=other", ""])
def test_a_cuff_on_the_other_arm_hides_nothing(charted: str) -> None:
    play(f"""
        {charted}
        at 01:00 say cuff status=measuring,on,measuring
        at 01:02 spo2 84
        expect 01:07 spo2_low began high
    """, *CUFF)  # fmt: skip


def test_a_cuff_that_never_filled_hides_nothing() -> None:
    play(f"""
        {SHADED}
        at 01:02 spo2 84
        expect 01:07 spo2_low began high
    """, "oximeter", "dumb_cuff")  # fmt: skip


def test_a_shaded_pulse_disagrees_with_nothing() -> None:
    play(f"""
        {SHADED}
        at 01:00 say cuff status=measuring,on,measuring
        at 01:02 pr 40
        at 01:25 say cuff status=measuring,off,
        at 01:50 pr 75
    """, *ALL)  # fmt: skip
