"""A line between server and browser that drops everything and closes nothing: within 6 s the page shows no value any more."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Browser, expect

from tests.dashboard.browsing import opened
from tests.dashboard.chairs import sixteen
from tests.dashboard.fake_server import FakeHouse, now, running

PROMISED_MS = 6000
SLACK_MS = 2000
"""What a loaded machine may add: the promise is the page's, its timers are the machine's."""


class Line:
    """Hands bytes on between a browser and the server at ``port``, until it is severed."""

    def __init__(self, port: int) -> None:
        self.severed = False
        self._server = port
        self._loop = asyncio.new_event_loop()
        self._ends: list[asyncio.StreamWriter] = []

    @contextlib.contextmanager
    def laid(self) -> Iterator[str]:
        """Give the address of the browser's end."""
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._connect, "127.0.0.1", 0), self._loop
        ).result(10)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            asyncio.run_coroutine_threadsafe(self._end(server), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)
            self._loop.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._server)
        self._ends += [writer, to_server]
        await asyncio.gather(self._carry(reader, to_server), self._carry(from_server, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What was severed once stays dead: a stream has no holes, and whoever waits for the rest waits for ever."""
        dead = False
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                dead = dead or self.severed
                if not dead:
                    writer.write(data)
        if not dead:
            writer.close()

    async def _end(self, server: asyncio.Server) -> None:
        server.close()
        for end in self._ends:
            end.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)


def test_a_line_that_drops_everything_covers_the_values_in_time(browser: Browser) -> None:
    with running(FakeHouse(sixteen(now())[:2])) as address:
        line = Line(urlsplit(address).port or 0)
        with line.laid() as laid:
            page = opened(browser, laid)
            expect(page.locator('[data-chair="1"][data-parameter="spo2"] .value').first).to_have_text("97")
            page.evaluate("""() => {
              const cover = document.getElementById('vigil-cover')
              window.__severed = performance.now()
              window.__covered = new Promise((tell) => {
                cover.addEventListener('toggle', () => tell(performance.now() - window.__severed), { once: true })
              })
            }""")
            line.severed = True
            assert page.evaluate("window.__covered") < PROMISED_MS + SLACK_MS
            expect(page.locator("#vigil-cover")).to_contain_text("Look at the bedside monitor.")
            line.severed = False
            expect(page.locator("#vigil-cover")).to_be_hidden(timeout=60_000)
            page.close()
