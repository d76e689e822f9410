"""One websocket connection: says hello, listens to what the screen says, sends what the hub has for it.

Nonsense is answered by a sentence and disturbs nobody else; who goes on with it is closed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from monitor.errors import MonitorError
from monitor.web.hub import Hub
from monitor.web.messages import Error, Hello, Seen, client_message, encode
from monitor.web.sentences import sentence_of
from monitor.web.viewer import SnapshotOf, Viewer

LONGEST = 4096
"""Characters a client's message may have; hello with 256 chairs fits."""
MOST_ERRORS = 10
MOST_SAID = 20
"""Messages a screen may send between two beats; it needs one."""
CLOSE_S = 1.0


class Nonsense(MonitorError):
    """The client's message cannot be used."""


def endpoint(hub: Hub) -> Callable[[WebSocket], Awaitable[None]]:
    """Return the handler of ``/ws``."""

    async def serve(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            viewer = hub.join()
        except MonitorError as error:
            await websocket.close(1013, str(error))
            return
        try:
            await _Connection(hub, viewer, websocket).serve()
        finally:
            hub.leave(viewer)

    return serve


class _Connection:
    def __init__(self, hub: Hub, viewer: Viewer, websocket: WebSocket) -> None:
        self._hub = hub
        self._viewer = viewer
        self._websocket = websocket
        self._errors = 0

    async def serve(self) -> None:
        """Talk until one side has enough."""
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._send())]
        ends: list[asyncio.Future[Any]] = [*tasks, self._viewer.ended]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
                raise result
        if self._viewer.ended.done():
            await self._close(*self._viewer.ended.result())

    async def _close(self, code: int, why: str) -> None:
        # A screen that takes nothing would not take the farewell either; it is not waited for.
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            await asyncio.wait_for(self._websocket.close(code, why), CLOSE_S)

    async def _send(self) -> None:
        while True:
            item = await self._viewer.next()
            if isinstance(item, SnapshotOf):
                await self._transmit(encode(self._hub.snapshot(item.chair)).decode())
                await asyncio.sleep(0)  # many snapshots in a row would hold up everybody's changes
            else:
                await self._transmit(item)

    async def _transmit(self, item: str | bytes) -> None:
        self._hub.sending(self._viewer, True)
        kind = "text" if isinstance(item, str) else "bytes"
        await self._websocket.send({"type": "websocket.send", kind: item})
        self._hub.sending(self._viewer, False)

    async def _listen(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                self._hear(message)
            except MonitorError as error:
                self._refuse(str(error))

    def _hear(self, message: Any) -> None:
        self._viewer.said += 1
        if self._viewer.said > MOST_SAID:
            raise Nonsense(f"more than {MOST_SAID} messages came in a second; one 'seen' each second is enough")
        text = message.get("text")
        if len(text or message.get("bytes") or "") > LONGEST:
            self._viewer.end(1009, f"a message may have at most {LONGEST} characters")
            return
        if text is None:
            raise Nonsense("a binary message came; clients send JSON text")
        said = _understood(text)
        if isinstance(said, Hello):
            self._hub.hello(self._viewer, said)
        elif not self._viewer.greeted:
            raise Nonsense("say hello first")
        else:
            self._hub.seen(self._viewer, said)

    def _refuse(self, sentence: str) -> None:
        self._errors += 1
        self._viewer.put(encode(Error(sentence)).decode())
        if self._errors >= MOST_ERRORS:
            self._viewer.end(1008, f"{MOST_ERRORS} messages could not be used")


def _understood(text: str) -> Hello | Seen:
    try:
        return client_message.validate_python(orjson.loads(text))
    except orjson.JSONDecodeError:
        raise Nonsense('this is no JSON; the first message is {"type":"hello","protocol":1}') from None
    except ValidationError as error:
        raise Nonsense(sentence_of(error.errors())) from None
