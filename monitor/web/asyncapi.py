"""The websocket's messages as an AsyncAPI 3 document, made from their types so that it cannot lag behind.

``python -m monitor.web.asyncapi`` prints it; a test holds docs/asyncapi.json against it.
"""

from typing import Any

import orjson
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from monitor.web.messages import PROTOCOL, ClientMessage, ServerMessage

_FRAME = (
    "Binary, little-endian: u8 1, u8 parts, u16 chair index, u32 0; each part: u16 waveform number, u16 count, u32 run, "
    "u64 first index, then count int16 samples, padded with zeros to a multiple of 8 bytes."
)
_ABOUT = (
    "Say hello; a welcome and a snapshot for each chair come, then changes at once, waves in binary and a beat each second. "
    "A gap in prev means that something was missed: say hello again, for a snapshot mends everything. "
    "Three seconds without a beat mean that monitoring is lost."
)


class _Complete(GenerateJsonSchema):
    """The server leaves no field out."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)


def document(version: str) -> dict[str, Any]:
    """Return the AsyncAPI document for this version of the software."""
    schemas: dict[str, Any] = {}
    from_server = _messages(TypeAdapter(ServerMessage), "serialization", schemas)
    from_client = _messages(TypeAdapter(ClientMessage), "validation", schemas)
    waves = {"contentType": "application/octet-stream", "summary": _FRAME}
    messages = {**from_server, "waves": waves, **from_client}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"Vigil websocket, protocol {PROTOCOL}", "version": version, "description": _ABOUT},
        "defaultContentType": "application/json",
        "channels": {
            "ws": {
                "address": "/ws",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {
            "told": _operation("send", [*from_server, "waves"]),
            "heard": _operation("receive", list(from_client)),
        },
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


def _messages(adapter: TypeAdapter[Any], mode: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """Add the schemas of a union's members; return its messages by their type word."""
    schema = adapter.json_schema(mode=mode, ref_template="#/components/schemas/{model}", schema_generator=_Complete)
    schemas |= schema["$defs"]
    words: dict[str, str] = schema["discriminator"]["mapping"]
    return {word: {"name": word, "payload": {"$ref": place}} for word, place in words.items()}


def _operation(action: str, names: list[str]) -> dict[str, Any]:
    messages = [{"$ref": f"#/channels/ws/messages/{name}"} for name in names]
    return {"action": action, "channel": {"$ref": "#/channels/ws"}, "messages": messages}


def printed(version: str) -> bytes:
    """Return the document as it stands in docs/asyncapi.json."""
    return orjson.dumps(document(version), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    import sys

    from monitor import __version__

    sys.stdout.buffer.write(printed(__version__))
