"""Makes entries and changes for tests of the record, without a bedside."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError

from drivers.base.observations import Numeric, Reading
from drivers.base.vocabulary import Parameter, Priority
from monitor.core.changes import AlertChanged, AlertKind, AlertState, AlertView, Change, ReadingTaken, Vital
from monitor.core.entries import Actor, Body, Bytes, ChairConfig, Configured, Entry, OperatorAction, Role
from monitor.storage.recorder import Recorder
from monitor.storage.store import Batch, Store

T0 = 1_750_000_000_000_000
NURSE = Actor("L. Moreno", Role.NURSE)


class Disk(Store):
    """A store whose disk can be full."""

    full = False

    def write(self, batches: Sequence[Batch]) -> None:
        if self.full:
            raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
        super().write(batches)


class Chair:
    """A chair that only records: each call is one entry, 10 ms after the last."""

    def __init__(self, recorder: Recorder, name: str = "1", seq: int = 0) -> None:
        self.recorder = recorder
        self.name = name
        self.seq = seq
        self.written: list[Entry] = []
        recorder.follow(name, None)
        if not seq:
            self.enter(Configured(ChairConfig(name, f"Chair {name}", ()), "0.1.0"))

    def enter(self, body: Body, *changes: Change, checkpoint: dict[str, Any] | None = None) -> Entry:
        self.seq += 1
        entry = Entry(self.name, self.seq, T0 + self.seq * 10_000, body)
        self.written.append(entry)
        self.recorder.take(entry, list(changes), checkpoint)
        return entry

    def bytes(self, count: int = 1) -> None:
        for number in range(count):
            self.enter(Bytes("oximeter", bytes([number % 256, 1, 2, 3, 4])))

    def act(self) -> Entry:
        return self.enter(OperatorAction(NURSE, "acknowledge", {"alert": "x"}), checkpoint={"seq": self.seq + 1})

    def alert(self, state: AlertState = AlertState.ACTIVE) -> Entry:
        at = T0 + (self.seq + 1) * 10_000
        view = AlertView(
            f"{self.name}:spo2_low:{T0}", self.name, "1", "spo2_low", AlertKind.PHYSIOLOGICAL, Priority.HIGH, state,
            "SpO₂ 84 < 85", T0, at, cause=self.seq,
        )  # fmt: skip
        event: Any = {AlertState.ACTIVE: "began", AlertState.ENDED: "ended"}[state]
        return self.enter(Bytes("oximeter", b"alert"), AlertChanged(at, view, event))

    def reading(self, value: int | None, spot: bool = False) -> Entry:
        at = T0 + (self.seq + 1) * 10_000
        vital = Vital(Parameter.SPO2, value, Numeric(Parameter.SPO2, value).unit, at, "oximeter")
        taken = ReadingTaken(at, "oximeter", Reading(at, (Numeric(Parameter.SPO2, value),), spot), (vital,))
        return self.enter(Bytes("oximeter", b"reading"), taken)


class Told:
    """Remembers what a recorder told."""

    def __init__(self) -> None:
        self.ailing: list[bool] = []
        self.sentences: list[str] = []
        self.mended: list[str] = []
        self._news = asyncio.Event()

    def tell(self, ailing: bool, sentence: str) -> None:
        self.ailing.append(ailing)
        self.sentences.append(sentence)
        self._news.set()

    def mend(self, chair: str, why: str) -> None:
        self.mended.append(chair)

    async def news(self) -> None:
        """Wait until something is told."""
        await self._news.wait()
        self._news.clear()


def opened(directory: Path) -> Disk:
    store = Disk(directory)
    store.open()
    return store


def recorder_on(store: Store, told: Told | None = None, **settings: Any) -> Recorder:
    told = told or Told()
    return Recorder(store, told.tell, told.mend, **settings)
