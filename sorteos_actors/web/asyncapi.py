"""The WebSocket contract as an AsyncAPI 3 document, built from the code.

One address, two wires: `sorteos.v2` when the client asks for that subprotocol, else the older JSON
messages. docs/asyncapi.json is this document; a test says so.
"""

from __future__ import annotations

from typing import Final

from sorteos_actors.protocol.close_codes import CLOSE_CODES
from sorteos_actors.protocol.decode import MAX_MESSAGE_BYTES
from sorteos_actors.web.asyncapi_messages import (
    SERVER_MESSAGES,
    ServerMessage,
    Wire,
    client_messages,
)
from sorteos_actors.web.openapi_route import API
from sorteos_actors.web.routes.health import package_version
from sorteos_actors.web.schemas import VIEWS, Schema, components, ref
from sorteos_actors.web.upgrade import SUBPROTOCOL

_ADDRESS: Final = f"{API}/raffles/{{raffle_id}}/ws"
_PONGED: Final = frozenset({"ping"})
"""Client messages that get something else than a `reply`."""


def document() -> Schema:
    """The whole document, as plain JSON values."""
    said = {name: _said(name, struct) for name, struct in client_messages().items()}
    heard = {message.name: _heard(message) for message in SERVER_MESSAGES}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "sorteos_actors",
            "version": package_version(),
            "description": "A raffle, live. Fields may be added; the ones here keep their names "
            "and meaning. HTTP is in the OpenAPI document, worked examples are in docs/api.md.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": "127.0.0.1:8080",
                "protocol": "ws",
                "description": "The default of run.py",
            }
        },
        "channels": {
            "raffle": _channel("v2", [*said, *_names("v2")]),
            "raffleLegacy": _channel("legacy", _names("legacy")),
        },
        "operations": {**_receive(said), **_send("v2"), **_send("legacy")},
        "components": {
            "messages": {**said, **heard},
            "schemas": components(*client_messages().values(), *VIEWS),
        },
        "x-close-codes": [
            {"code": c.code, "reason": c.reason, "reconnect": c.may_reconnect} for c in CLOSE_CODES
        ],
    }


def _names(wire: Wire) -> list[str]:
    return [message.name for message in SERVER_MESSAGES if message.wire == wire]


def _channel(wire: Wire, names: list[str]) -> Schema:
    query: Schema = {
        "type": "object",
        "properties": {"snapshot": {"type": "string", "enum": ["deflate"]}},
    }
    headers: Schema = {
        "type": "object",
        "properties": {
            "Authorization": {
                "type": "string",
                "description": "Bearer and a token; optional. On v2 `auth` can say it later.",
            }
        },
    }
    binding: Schema = {"method": "GET", "headers": headers}
    if wire == "v2":
        protocol = {"type": "string", "const": SUBPROTOCOL}
        headers["required"] = ["Sec-WebSocket-Protocol"]
        headers["properties"]["Sec-WebSocket-Protocol"] = protocol
        binding["query"] = query
        description = (
            f"Subprotocol {SUBPROTOCOL}. Text frames are JSON objects with a `type`, binary frames "
            "are the board. The server begins with hello and snapshots. A client's message is at "
            f"most {MAX_MESSAGE_BYTES} bytes; the messages of one socket are served in order."
        )
    else:
        description = "Without a subprotocol: JSON text from the server only, without positions."
    return {
        "address": _ADDRESS,
        "description": description,
        "parameters": {"raffle_id": {"description": "The id of the raffle, a UUID"}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"ws": binding},
    }


def _said(name: str, struct: type) -> Schema:
    return {
        "name": name,
        "summary": (struct.__doc__ or name).splitlines()[0],
        "payload": ref(struct),
        "contentType": "application/json",
    }


def _heard(message: ServerMessage) -> Schema:
    return {
        "name": message.name,
        "summary": message.summary,
        "payload": message.payload,
        "contentType": "application/octet-stream" if message.binary else "application/json",
    }


def _receive(said: dict[str, Schema]) -> Schema:
    """One operation a client message, so that each can name its answer."""
    return {
        name: {
            "action": "receive",
            "channel": {"$ref": "#/channels/raffle"},
            "summary": message["summary"],
            "messages": [_message("raffle", name)],
            "reply": {
                "channel": {"$ref": "#/channels/raffle"},
                "messages": [_message("raffle", "pong" if name in _PONGED else "reply")],
            },
        }
        for name, message in said.items()
    }


def _send(wire: Wire) -> Schema:
    channel = "raffle" if wire == "v2" else "raffleLegacy"
    pushes = [name for name in _names(wire) if name not in ("reply", "pong")]
    return {
        f"{channel}Push": {
            "action": "send",
            "channel": {"$ref": f"#/channels/{channel}"},
            "summary": "What the server says without being asked",
            "messages": [_message(channel, name) for name in pushes],
        }
    }


def _message(channel: str, name: str) -> Schema:
    return {"$ref": f"#/channels/{channel}/messages/{name}"}
