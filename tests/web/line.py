"""A websocket line to an ASGI app within the test: no server, no threads, no time."""

import asyncio
from types import TracebackType
from typing import Any, Self

import orjson

HELLO = {"type": "hello", "protocol": 1, "chairs": None, "waves": True}


async def settle() -> None:
    """Let every task go on as far as it can."""
    for _ in range(50):
        await asyncio.sleep(0)


class Line:
    """One client. While ``stuck`` it takes nothing, as behind a full buffer."""

    def __init__(self, app: Any, headers: dict[str, str] | None = None, path: str = "/ws") -> None:
        self.received: list[Any] = []
        self.closed: tuple[int, str] | None = None
        self.status: int | None = None
        self.answer: dict[str, str] = {}
        self.flowing = asyncio.Event()
        self.flowing.set()
        self._app = app
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        given = {"host": "localhost", **(headers or {})}
        self._scope = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "subprotocols": [],
            "scheme": "ws",
            "extensions": {"websocket.http.response": {}},
            "state": {},
        }

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._app(self._scope, self._to_server.get, self._take))
        self._to_server.put_nowait({"type": "websocket.connect"})
        await settle()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flowing.set()
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self._task

    async def say(self, message: Any) -> None:
        """Send a message: anything as JSON, a string or bytes as they are."""
        if isinstance(message, bytes):
            self._to_server.put_nowait({"type": "websocket.receive", "bytes": message})
        else:
            text = message if isinstance(message, str) else orjson.dumps(message).decode()
            self._to_server.put_nowait({"type": "websocket.receive", "text": text})
        await settle()

    def stick(self) -> None:
        self.flowing.clear()

    async def flow(self) -> None:
        self.flowing.set()
        await settle()

    def of(self, kind: str) -> list[Any]:
        """The messages of this type that have come."""
        return [one for one in self.received if isinstance(one, dict) and one["type"] == kind]

    @property
    def waves(self) -> list[bytes]:
        return [one for one in self.received if isinstance(one, bytes)]

    async def _take(self, message: dict[str, Any]) -> None:
        await self.flowing.wait()
        match message["type"]:
            case "websocket.send":
                text = message.get("text")
                self.received.append(orjson.loads(text) if text is not None else message["bytes"])
            case "websocket.close":
                self.closed = (message["code"], message.get("reason") or "")
            case "websocket.http.response.start":
                self.status = message["status"]
            case "websocket.http.response.body":
                self.answer = orjson.loads(message["body"])
