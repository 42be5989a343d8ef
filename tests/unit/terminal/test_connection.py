"""A client's connection: what it says when there will be no answer."""

from __future__ import annotations

import socket
import struct

import pytest
import trio
from trio_websocket import ConnectionTimeout, HandshakeError

from sorteos_actors.terminal.connection import open_websocket


@pytest.mark.parametrize("is_abrupt", [True, False])
async def test_a_server_that_dies_before_it_answers_is_noticed_at_once(is_abrupt: bool) -> None:
    async def die(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        if is_abrupt:
            at_once = struct.pack("ii", 1, 0)
            stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        stream.socket.close()

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, die, listeners)
        port = listeners[0].socket.getsockname()[1]
        with trio.fail_after(5), pytest.raises(HandshakeError, match="ended before") as found:
            async with open_websocket(f"ws://127.0.0.1:{port}/"):
                pass
        assert not isinstance(found.value, ConnectionTimeout)
        nursery.cancel_scope.cancel()
