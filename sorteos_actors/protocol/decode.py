"""Untrusted bytes become messages here, or `BadMessage`, and nothing else.

JSON as most parsers take it has holes: duplicate keys, NaN, numbers of 5,000 digits, and lone
surrogates that fail much later, when a database or a socket encodes them. They are all refused at
this door, so that nobody behind it has to think of them.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final, NoReturn, TypeVar, get_args

import msgspec

from sorteos_actors.protocol.messages import ClientMessage, Ref

MAX_MESSAGE_BYTES: Final = 16_384
MAX_BODY_BYTES: Final = 65_536
MAX_DEPTH: Final = 8
MAX_INTEGER: Final = 1 << 53
_MAX_REASON: Final = 200
_MAX_REF: Final = 64
# By hand: `msgspec.convert` to a union prepares its tables anew on every call, which costs 25 µs.
_STRUCTS: Final[dict[object, type[ClientMessage]]] = {
    struct.__struct_config__.tag: struct for struct in get_args(ClientMessage)
}
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
    ref, name = value.get("ref"), value.get("type")
    if not (type(ref) is int or (type(ref) is str and len(ref) <= _MAX_REF)):
        ref = None  # What cannot be echoed cannot be answered.
    struct = _STRUCTS.get(name) if type(name) is str else None
    if struct is None:
        raise BadMessage("`type` is not one of this protocol's", ref)
    return _convert(value, struct, ref)


def decode_body(data: bytes, type_: type[T]) -> T:
    """An HTTP body of one type, as strictly. Raises only `BadMessage`, without a `ref`."""
    return _convert(_strict_json(data, MAX_BODY_BYTES), type_, None)


def _convert(value: dict[str, Any], type_: type[T], ref: Ref | None) -> T:
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise BadMessage(str(error)[:_MAX_REASON], ref) from None


def _strict_json(data: str | bytes, most_bytes: int) -> dict[str, Any]:
    try:
        # Also a str is measured in bytes; encoding finds the surrogates that stand in it as such.
        raw = data.encode() if isinstance(data, str) else data
        if len(raw) > most_bytes:
            raise BadMessage("the message is too large", None)
        text = data if isinstance(data, str) else data.decode()
        value = _DECODER.decode(text)
        if not isinstance(value, dict):
            raise BadMessage("the message is not an object", None)
        _check_depth(value, MAX_DEPTH)
        if "\\u" in text:  # Only an escape can still smuggle in a surrogate or a NUL.
            _check_texts(value)
    except RecursionError:
        raise BadMessage("the message is nested too deeply", None) from None
    except ValueError as error:
        raise BadMessage(f"not JSON: {error}"[:_MAX_REASON], None) from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _bounded(text: str) -> int:
    # Never more than 17 characters to `int`: it is quadratic, and has a limit of its own.
    if len(text) > 17 or abs(number := int(text)) > MAX_INTEGER:
        raise ValueError("a number is too large")
    return number


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite, parse_int=_bounded
)


def _check_depth(value: dict[str, Any] | list[Any], left: int) -> None:
    if not left:
        raise ValueError("nested too deeply")
    for child in value.values() if isinstance(value, dict) else value:
        if isinstance(child, (dict, list)):
            _check_depth(child, left - 1)


def _check_texts(value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("a text holds a NUL")
        value.encode()
    elif isinstance(value, list):
        for child in value:
            _check_texts(child)
    elif isinstance(value, dict):
        for key, child in value.items():
            _check_texts(key)
            _check_texts(child)
