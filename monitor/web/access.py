"""Who may come in: a pure ASGI layer around everything, HTTP and websockets alike.

It reads the signed cookie, checks where a request comes from, lets nobody write under ``/api`` who is not signed in,
bounds what is sent, and puts security headers on every answer. What a role may do is decided in the core.
"""

import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from monitor.core.entries import Actor
from monitor.web.messages import Failure, encode

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "vigil"
SHIFT_S = 12 * 3600
"""How long a sign-in holds: one shift."""
LARGEST_BODY = 64 * 1024

_READING = ("GET", "HEAD", "OPTIONS")
_OPEN_TO_ALL = ("/api/sign-in", "/api/sign-out")
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), autoplay=(self), screen-wake-lock=(self)",
}


class Seal:
    """Signs who sits at a browser into its cookie, and reads it back. Only users it knows are believed."""

    def __init__(self, secret: str, users: Mapping[str, Actor]) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt="vigil-sign-in")
        self.users = users

    def cookie(self, actor: Actor) -> str:
        """Return the cookie's value for a signed-in actor."""
        return self._serializer.dumps(actor.name)

    def actor(self, cookie: str) -> Actor | None:
        """Return whom the cookie names; None when it is forged, too old, or names nobody of today's users."""
        try:
            return self.users.get(self._serializer.loads(cookie, max_age=SHIFT_S))
        except (BadSignature, TypeError):
            return None


def kept_secret(path: Path) -> str:
    """Return the secret kept in this file, which is made (for its owner's eyes alone) when there is none.

    Kept, so that a restarted server still knows who is signed in.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32))
    return path.read_text().strip()


class ScriptPolicy:
    """The Content-Security-Policy. Pages add the hashes of the inline scripts that they cannot do without."""

    def __init__(self) -> None:
        self._hashes: list[str] = []

    def allow_scripts(self, hashes: Iterable[str]) -> None:
        """Allow inline scripts by their hash: "sha256-…", with or without quotes (as Dash's ``csp_hashes`` gives them)."""
        self._hashes += [f"'{one.strip(chr(39))}'" for one in hashes]

    def header(self) -> str:
        """Return the header's value. Plotly sets inline styles; nothing may be loaded from elsewhere."""
        scripts = " ".join(["'self'", *self._hashes])
        return (
            f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
            "font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
            "frame-ancestors 'none'"
        )


class Refused(Exception):
    """The request goes no further: an HTTP status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Access:
    """The ASGI layer. ``hosts`` are the dotted names this server is reached by, beside addresses and names without a dot."""

    def __init__(self, app: App, seal: Seal, policy: ScriptPolicy, hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._seal = seal
        self._policy = policy
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        send = self._with_headers(scope, send)
        try:
            self._admit(scope, headers)
        except Refused as refused:
            await _answer(scope, send, refused)
            return
        await self._app(scope, _bounded(receive) if scope["type"] == "http" else receive, send)

    def _admit(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        if not self._is_ours(host):
            raise Refused(
                421, f"this server is not '{host}': open it by its address, or name that host in its configuration"
            )
        actor = self._seal.actor(_cookie(headers))
        scope.setdefault("state", {})["actor"] = actor
        writes = scope["type"] == "http" and scope["method"] not in _READING
        if (writes or scope["type"] == "websocket") and not _same_origin(headers.get("origin"), host):
            raise Refused(403, "this request came from a page of another site")
        if not writes:
            return
        path = scope["path"]
        if path.startswith("/api/") and path not in _OPEN_TO_ALL and actor is None:
            raise Refused(401, "nobody is signed in at this browser: sign in first")

    def _is_ours(self, host: str) -> bool:
        """A page of another site may point its own name at this machine (DNS rebinding): so dotted names must be known."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
            if "." not in name.rstrip(".") or name.endswith(".local") or name in self._hosts:
                return bool(name)
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("content-security-policy", self._policy.header())
                # Pages and modules are asked for anew, by their tag: after an update none of the old may stand beside the new.
                kept = "no-store" if scope["path"].startswith("/api/") else "no-cache"
                headers.setdefault("cache-control", kept)
            await send(message)

        # The live path sends many messages, none of which has headers.
        return send_with_headers if scope["type"] == "http" else send


def _cookie(headers: Headers) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _same_origin(origin: str | None, host: str) -> bool:
    """No Origin: not a browser, which has no cookie of ours that it was not given on purpose."""
    return origin is None or urlsplit(origin).netloc.lower() == host.lower()


def _bounded(receive: Receive) -> Receive:
    taken = 0

    async def receive_bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_BODY:
            raise HTTPException(413, f"a body may have at most {LARGEST_BODY} bytes")
        return message

    return receive_bounded


async def _answer(scope: Scope, send: Send, refused: Refused) -> None:
    kind = "http.response"
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008, "reason": str(refused)})
            return
        kind = "websocket.http.response"
    body = encode(Failure(str(refused)))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}.start", "status": refused.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})
