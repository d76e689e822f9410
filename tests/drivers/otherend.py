"""The other end of a decoder that asks: answers by script after 20 ms, in make-believe time."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from drivers.base.decoder import Command, Decoder
from drivers.base.observations import Observation
from drivers.base.vocabulary import CommandKind
from simulators.base.waves import SECOND

ANSWERS_AFTER = SECOND // 50


@dataclass
class OtherEnd:
    """``answers``: what each request is answered with, in turn, the last of a script again and again; without a script, nothing.

    A device says how its requests are cut apart (``requests``).
    """

    answers: dict[bytes, list[bytes]] = field(default_factory=dict)
    decoder: Decoder = field(default_factory=Decoder)
    sent: list[tuple[int, bytes]] = field(default_factory=list)
    said: list[Observation] = field(default_factory=list)
    waiting: list[tuple[int, bytes]] = field(default_factory=list)
    at: int = 0

    def requests(self, data: bytes) -> Iterable[bytes]:
        raise NotImplementedError

    def __post_init__(self) -> None:
        self.said += self.decoder.opened(0)
        self.collect()

    def collect(self) -> None:
        for request in self.requests(self.decoder.bytes_to_send()):
            self.sent.append((self.at, request))
            script = self.answers.get(request, [])
            answer = script.pop(0) if len(script) > 1 else script[0] if script else b""
            if answer:
                self.waiting.append((self.at + ANSWERS_AFTER, answer))

    def say(self, data: bytes) -> None:
        """The device speaks by itself, now."""
        self.said += self.decoder.feed(data, self.at)
        self.collect()

    def run(self, seconds: float) -> None:
        end = self.at + round(seconds * SECOND)
        while True:
            deadline = self.decoder.next_deadline()
            assert deadline is not None
            self.waiting.sort(key=lambda one: one[0])
            arrival = self.waiting[0][0] if self.waiting else end + 1
            assert deadline >= self.at
            if min(deadline, arrival) > end:
                break
            if deadline <= arrival:
                self.at = deadline
                self.said += self.decoder.wake(deadline)
            else:
                self.at, data = self.waiting.pop(0)
                self.said += self.decoder.feed(data, self.at)
            self.collect()
        self.at = end

    def ask(self, kind: CommandKind, command: str = "1") -> None:
        self.said += self.decoder.command(Command(command, kind), self.at)
        self.collect()

    def count(self, request: bytes) -> int:
        return sum(sent == request for _, sent in self.sent)
