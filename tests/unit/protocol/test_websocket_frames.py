"""Server frames, checked against an independent implementation of RFC 6455."""

from __future__ import annotations

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, TextMessage
from wsproto.frame_protocol import CloseReason, FrameProtocol, Opcode

from sorteos_actors.protocol.websocket_frames import binary_frame, is_close_frame, text_frame

SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 300_000]


@pytest.mark.parametrize("size", SIZES)
def test_a_frame_is_one_whole_unmasked_message_of_any_size(size: int) -> None:
    server = FrameProtocol(client=False, extensions=[])
    payload = b"x" * size
    assert text_frame(payload) == server._serialize_frame(Opcode.TEXT, payload)
    assert binary_frame(payload) == server._serialize_frame(Opcode.BINARY, payload)


@pytest.mark.parametrize("size", SIZES)
def test_a_client_reads_what_was_framed(size: int) -> None:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(binary_frame(b"y" * size) + text_frame("ñ".encode()))
    binary, text = bytearray(), ""
    for event in client.events():
        if isinstance(event, BytesMessage):
            binary += event.data
        elif isinstance(event, TextMessage):
            text += event.data
    assert (bytes(binary), text) == (b"y" * size, "ñ")


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_only_bytes_that_begin_a_close_frame_are_one(make: type) -> None:
    close = FrameProtocol(client=False, extensions=[]).close(CloseReason.NORMAL_CLOSURE, "bye")
    assert is_close_frame(make(close))
    assert not is_close_frame(make(text_frame(b"\x88")))
    assert not is_close_frame(make(binary_frame(b"")))
    assert not is_close_frame(make(b""))
