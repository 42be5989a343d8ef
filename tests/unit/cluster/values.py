"""A strategy for any message between nodes, from its type."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import msgspec
from hypothesis import strategies as st

INTEGERS = st.integers(-(2**63), 2**64 - 1)
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


def of(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type: structs, unions and collections of them."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return st.one_of([of(argument) for argument in arguments])
    if origin in (list, Sequence):
        return st.lists(of(arguments[0]), max_size=4)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return st.lists(of(arguments[0]), max_size=4).map(tuple)
        return st.tuples(*map(of, arguments))
    if origin in (dict, Mapping):
        return st.dictionaries(of(arguments[0]), of(arguments[1]), max_size=4)
    if kind is int:
        return INTEGERS
    if kind is str:
        return TEXT
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = {field.name: of(field.type) for field in msgspec.structs.fields(kind)}
        return st.fixed_dictionaries(fields).map(lambda values: kind(**values))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    return st.from_type(kind)
