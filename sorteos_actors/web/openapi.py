"""The HTTP contract as an OpenAPI 3.1 document, built from the code.

Shapes come from the structs of `protocol.messages`, statuses from the table of refusals, the calls
from `openapi_routes`. docs/openapi.json is this document; a test says so.
"""

from __future__ import annotations

import re
from collections import defaultdict
from http import HTTPStatus
from typing import Final

from sorteos_actors.protocol import encode
from sorteos_actors.raffle import RejectionCode
from sorteos_actors.tickets.document import LANGUAGES
from sorteos_actors.web.openapi_route import API, Route
from sorteos_actors.web.openapi_routes import ROUTES
from sorteos_actors.web.received_payments import MOST, PAGE
from sorteos_actors.web.routes.health import package_version
from sorteos_actors.web.schemas import (
    BODIES,
    ERROR,
    HTTP_VIEWS,
    PAYMENT_VIEWS,
    Schema,
    an_object,
    components,
    ref,
)

PROBLEM: Final = "Problem"
_PARAMETERS: Final[dict[str, Schema]] = {
    "page": {"in": "query", "schema": {"type": "integer", "minimum": 1, "default": 1}},
    "page_size": {
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    },
    "mine": {"in": "query", "schema": {"type": "boolean", "default": False}},
    "include_numbers": {"in": "query", "schema": {"type": "boolean", "default": False}},
    "raffle": {"in": "query", "required": True, "schema": {"type": "string"}},
    "status": {
        "in": "query",
        "schema": {"type": "string", "enum": ["review", "paid"], "default": "review"},
    },
    "before": {
        "in": "query",
        "description": "With `paid`: the id of the last payment of the page before.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "limit": {
        "in": "query",
        "description": "With `paid`: how many; fewer come only at the end.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE},
    },
    "number": {
        "in": "query",
        "description": "With `paid`: only what has bought this number, as it is printed, or was given "
        "back for it.",
        "schema": {"type": "string"},
    },
    "lang": {
        "in": "query",
        "schema": {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
    },
    "If-None-Match": {"in": "header", "schema": {"type": "string"}},
    "Idempotency-Key": {
        "in": "header",
        "description": "One per intention: a repeat with the same key answers with the same "
        "reservation or payment, and holds or charges nothing twice.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
}
_RETRY_AFTER: Final[Schema] = {
    "Retry-After": {
        "description": "Seconds to wait before the same request.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_BYTES: Final[Schema] = {"type": "string", "format": "binary"}
_ETAG: Final[Schema] = {"ETag": {"required": True, "schema": {"type": "string"}}}


def document() -> Schema:
    """The whole document, as plain JSON values."""
    paths: dict[str, Schema] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "sorteos_actors",
            "version": package_version(),
            "summary": "A realtime server for raffles",
            "description": "Fields may be added; the ones here keep their names and meaning. "
            "The WebSocket is in the AsyncAPI document, worked examples are in docs/api.md.",
        },
        "servers": [{"url": "http://127.0.0.1:8080", "description": "The default of run.py"}],
        "paths": paths,
        "components": {
            "schemas": {**components(*BODIES, *HTTP_VIEWS, *PAYMENT_VIEWS), PROBLEM: _problem()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT (HS256)"}
            },
        },
    }


def _operation(route: Route) -> Schema:
    operation: Schema = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "responses": _responses(route),
    }
    parameters = [_in_path(name) for name in re.findall(r"{(\w+)}", route.path)]
    parameters += [{"name": name, **_PARAMETERS[name]} for name in route.parameters]
    if parameters:
        operation["parameters"] = parameters
    content: Schema = {media: {"schema": _BYTES} for media in route.raw}
    if route.body is not None:
        content["application/json"] = {"schema": ref(route.body)}
    if content:
        operation["requestBody"] = {"required": route.body_required, "content": content}
    operation["security"] = {
        "none": [],
        "optional": [{}, {"token": []}],
        "required": [{"token": []}],
    }[route.access]
    return operation


def _operation_id(route: Route) -> str:
    words = route.path.removeprefix(API).replace("-", "_").replace("{", "").replace("}", "")
    return f"{route.method}_{'_'.join(filter(None, words.split('/'))) or 'index'}"


def _in_path(name: str) -> Schema:
    # Any text may stand here: what is not an id does not exist, and is answered so.
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _responses(route: Route) -> Schema:
    answer: Schema = {"description": HTTPStatus(route.status).phrase}
    if route.answer is not None:
        medias = (route.media, *route.other_media)
        answer["content"] = {media: {"schema": route.answer} for media in medias}
        if route.has_page:
            answer["content"]["text/html"] = {"schema": {"type": "string"}}
    if route.has_etag:
        answer["headers"] = _ETAG
    responses: Schema = {str(route.status): answer}
    for status, meaning in route.bare:
        responses[str(status)] = {"description": meaning}
    by_status: dict[int, list[RejectionCode]] = defaultdict(list)
    for refusal in (*route.refusals, *_common(route)):
        status, code = refusal if isinstance(refusal, tuple) else (encode.STATUS[refusal], refusal)
        if code not in by_status[status]:
            by_status[status].append(code)
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = _refusal(status, codes)
    return responses


def _common(route: Route) -> tuple[RejectionCode | tuple[int, RejectionCode], ...]:
    """Refusals that need not be said for each route."""
    common: tuple[RejectionCode | tuple[int, RejectionCode], ...] = ()
    if route.access != "none":
        common += (RejectionCode.UNAUTHENTICATED,)
    if route.path.startswith(API):
        common += (RejectionCode.RATE_LIMITED,)
    return common


def _refusal(status: int, codes: list[RejectionCode]) -> Schema:
    names = [code.value for code in codes]
    schema = {"allOf": [ref(PROBLEM), {"properties": {"code": {"enum": names}}}]}
    refusal: Schema = {
        "description": ", ".join(f"`{name}`" for name in names),
        "content": {"application/problem+json": {"schema": schema}},
    }
    if status in (429, 500, 503):
        refusal["headers"] = _RETRY_AFTER
    return refusal


def _problem() -> Schema:
    """A refusal over HTTP: problem details (RFC 9457) with our fields beside them."""
    details = an_object(
        type={"type": "string"},
        title={"type": "string"},
        status={"type": "integer"},
    )
    return {"allOf": [ref(ERROR), details]}
