"""Untrusted bytes become messages here, or `BadMessage`, and nothing else.

JSON as most parsers take it has holes: duplicate keys, NaN, numbers of 5,000 digits, lone surrogates
that fail much later when a database or a socket encodes them. They are all refused at this door, so
that nobody behind it has to think of them.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterable
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from sorteos_actors.protocol.messages import ClientMessage, Ref

MAX_MESSAGE_BYTES: Final = 16_384
MAX_DEPTH: Final = 8
MAX_INTEGER: Final = 1 << 53
T = TypeVar("T")


class BadMessage(Exception):
    """Bytes that are no message. With a `ref` the sender can be told; without one it cannot."""

    def __init__(self, reason: str, ref: Ref | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.ref = ref


def decode(data: str | bytes) -> ClientMessage:
    """One client message. Raises only `BadMessage`."""
    value = _strict_json(data, MAX_MESSAGE_BYTES)
    ref = _ref_of(value)
    try:
        message: ClientMessage = msgspec.convert(value, ClientMessage)
    except msgspec.ValidationError as error:
        raise BadMessage(str(error), ref) from None
    return message


def decode_body(data: bytes, type_: type[T]) -> T:
    """An HTTP body of one type, as strictly. Texts come out NFC-normalised. Raises `BadMessage`."""
    value = _strict_json(data, 1 << 20)
    try:
        return msgspec.convert(_normalised(value), type_)
    except msgspec.ValidationError as error:
        raise BadMessage(str(error), None) from None


def _strict_json(data: str | bytes, most_bytes: int) -> dict[str, Any]:
    if len(data) > most_bytes:
        raise BadMessage("the message is too large", None)
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except RecursionError:
        raise BadMessage("the message is nested too deeply", None) from None
    except ValueError as error:
        raise BadMessage(f"not JSON: {str(error)[:100]}", None) from None
    if not isinstance(value, dict):
        raise BadMessage("the message is not an object", None)
    _check_depth(value, MAX_DEPTH)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    for key, value in pairs:
        _check_text(key)
        if type(value) is str:
            _check_text(value)
    return found


def _check_text(text: str) -> None:
    if text.isascii():
        if "\0" in text:
            raise ValueError("a text holds a NUL")
        return
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("a text is not Unicode")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _bounded(text: str) -> int:
    if len(text) > 17 or abs(number := int(text)) > MAX_INTEGER:
        raise ValueError("a number is too large")
    return number


def _check_depth(value: Any, left: int) -> None:
    children: Iterable[Any]
    if isinstance(value, dict):
        children = value.values()
    elif isinstance(value, list):
        children = value
        for child in value:
            if type(child) is str:
                try:
                    _check_text(child)
                except ValueError as error:
                    raise BadMessage(f"not JSON: {error}", None) from None
    else:
        return
    if not left:
        raise BadMessage("the message is nested too deeply", None)
    for child in children:
        _check_depth(child, left - 1)


def _ref_of(value: dict[str, Any]) -> Ref | None:
    ref = value.get("ref")
    if type(ref) is int or (type(ref) is str and len(ref) <= 64):
        return ref
    return None


def _normalised(value: Any) -> Any:
    if isinstance(value, str):
        if any(unicodedata.category(char) == "Cc" and char not in "\n\t" for char in value):
            raise BadMessage("a text holds control characters", None)
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {key: _normalised(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_normalised(child) for child in value]
    return value
