"""An HTTP client that believes nothing: every answer is held against the OpenAPI document."""

from __future__ import annotations

import json
import re
import ssl
from functools import cache
from typing import Any, Self
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from sorteos_actors.web import openapi
from sorteos_actors.web.auth import Role
from tests.integration.server_process import ServerProcess

DOCUMENT = openapi.document()
_REGISTRY: Any = Registry().with_resource("urn:doc", DRAFT202012.create_resource(DOCUMENT))
# Made once: a client would load the system's certificates each time, for nothing.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_TIME_FIELDS = ("created_at", "expires_at", "server_time", "sales_close_at", "draw_at")
# Literal paths before those with parameters: /reservations/me is not an id.
_PATTERNS = [
    (re.compile(re.sub(r"{\w+}", "[^/]+", path)), path)
    for path in sorted(DOCUMENT["paths"], key=lambda path: (path.count("{"), path))
]


class Api:
    """One person's view of the API; without a token, a stranger's."""

    def __init__(self, server: ServerProcess, token: str | None = None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.token = token
        self._http = httpx.Client(base_url=server.url, headers=headers, timeout=60, verify=_NO_TLS)

    @classmethod
    def of(cls, server: ServerProcess, role: Role, user_id: UUID | None = None) -> Self:
        """Somebody with a role; somebody new when no id is given."""
        return cls(server, server.token(user_id or uuid4(), role))

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def get(self, path: str, **more: Any) -> httpx.Response:
        """GET below /api/v1."""
        return self.call("GET", f"/api/v1{path}", **more)

    def post(self, path: str, json: object = None, **more: Any) -> httpx.Response:
        """POST below /api/v1, with a JSON body when there is one."""
        if json is not None:
            more["json"] = json
        return self.call("POST", f"/api/v1{path}", **more)

    def put(self, path: str, json: object) -> httpx.Response:
        """PUT below /api/v1, with a JSON body."""
        return self.call("PUT", f"/api/v1{path}", json=json)

    def delete(self, path: str) -> httpx.Response:
        """DELETE below /api/v1."""
        return self.call("DELETE", f"/api/v1{path}")

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Any call. Fails the test when the answer is not one that the document promises."""
        response = self._http.request(method, path, **more)
        check(method, response)
        return response

    def raw(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A call that the document does not know: another method, an unknown path."""
        return self._http.request(method, path, **more)


def check(method: str, response: httpx.Response) -> None:
    """Whether an answer is one that the document promises."""
    assert response.status_code != 500, response.text
    path = response.request.url.path
    template = next(found for pattern, found in _PATTERNS if pattern.fullmatch(path))
    promised = DOCUMENT["paths"][template][method.lower()]["responses"]
    where = f"{method} {template} {response.status_code}"
    assert str(response.status_code) in promised, f"{where} is not documented: {response.text}"
    answer = promised[str(response.status_code)]
    for header, schema in answer.get("headers", {}).items():
        assert header in response.headers or not schema.get("required"), f"{where}: no {header}"
    if "content" not in answer:
        assert not response.content, where
        return
    media = response.headers["content-type"].partition(";")[0]
    assert media in answer["content"], f"{where} came as {media}"
    if not media.endswith("json"):
        return
    body = json.loads(response.content)
    _validator(template, method.lower(), str(response.status_code), media).validate(body)
    _check_times(body)
    if media == "application/problem+json":
        assert body["status"] == response.status_code
        wait = body["params"].get("retry_after_ms")
        assert (wait is None) == ("Retry-After" not in response.headers)
        assert wait is None or int(response.headers["Retry-After"]) >= wait / 1000


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The params of a refusal that must be this one."""
    assert (response.status_code, response.json().get("code")) == (status, code), response.text
    params: dict[str, Any] = response.json()["params"]
    return params


def reservation(response: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The reservation of an answer that must be a good one."""
    assert response.status_code == status, response.text
    found: dict[str, Any] = response.json()["reservation"]
    return found


@cache
def _validator(template: str, method: str, status: str, media: str) -> Any:
    """For one answer; by its place in the document, so that the references in it are found."""
    steps = ("paths", template, method, "responses", status, "content", media, "schema")
    pointer = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
    return Draft202012Validator({"$ref": f"urn:doc#/{quote(pointer)}"}, registry=_REGISTRY)


def _check_times(value: object) -> None:
    if isinstance(value, dict):
        for key, child in value.items():
            if key in _TIME_FIELDS and child is not None:
                assert _TIME.fullmatch(child), f"{key} is {child}"
            _check_times(child)
    elif isinstance(value, list):
        for child in value:
            _check_times(child)
