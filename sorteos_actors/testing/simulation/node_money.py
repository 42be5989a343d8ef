"""One node's way to the rows of payments: each method is one statement, and may lose its answer."""

from __future__ import annotations

from functools import partial
from typing import Any

from sorteos_actors.testing.simulation.node_store import NodeStore


class NodeMoney:
    """A port of payments (rows, post or desk) as one node reaches it."""

    def __init__(self, rows: object, store: NodeStore) -> None:
        self._rows = rows
        self._store = store

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._rows, name)

        async def call(*args: Any, **more: Any) -> Any:
            return await self._store.carry(partial(method, *args, **more))

        return call
