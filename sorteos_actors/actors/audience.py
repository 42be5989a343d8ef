"""Who watches a raffle on this node: sockets as cursors, and the persons among them that we know."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol
from uuid import UUID

from sorteos_actors import metrics
from sorteos_actors.ports import PrivatePush
from sorteos_actors.protocol import encode
from sorteos_actors.protocol.close_codes import CloseCode
from sorteos_actors.protocol.websocket_frames import text_frame
from sorteos_actors.raffle import Millis, Phase, RaffleTerms
from sorteos_actors.raffle.model import RESERVED, SOLD


class Sink(Protocol):
    """What the feed needs of a socket."""

    @property
    def blocked_since(self) -> float | None:
        """Trio's clock when the socket last began to owe bytes to the kernel; None when it owes none."""

    def offer(self, frames: Sequence[bytes]) -> bool:
        """Take all the frames now, or none of them (False) because earlier bytes still wait."""

    def push(self, frame: bytes) -> None:
        """Take one frame, behind whatever waits. A socket that owes too much is closed."""

    def close(self, code: CloseCode) -> None:
        """Begin to close. Never blocks."""


class Subscriber:
    """A cursor: one socket and the position up to which it has been served."""

    __slots__ = ("deflate", "is_legacy", "seq", "sink", "snapshots_in_row", "user_id")

    def __init__(
        self,
        sink: Sink,
        *,
        is_legacy: bool = False,
        deflate: bool = False,
        user_id: UUID | None = None,
    ) -> None:
        self.sink = sink
        self.is_legacy = is_legacy
        self.deflate = deflate
        self.user_id = user_id
        self.seq = -1
        self.snapshots_in_row = 0


class Audience:
    """The subscribers of one feed. Iterating gives a copy: who is served may leave meanwhile."""

    def __init__(self) -> None:
        self._subscribers: dict[Subscriber, None] = {}
        self._by_user: dict[UUID, dict[Subscriber, None]] = {}
        self._legacy_count = 0

    def __len__(self) -> int:
        return len(self._subscribers)

    def __contains__(self, subscriber: Subscriber) -> bool:
        return subscriber in self._subscribers

    def __iter__(self) -> Iterator[Subscriber]:
        return iter(list(self._subscribers))

    @property
    def users(self) -> Collection[UUID]:
        """Who of the people that we know watches here."""
        return self._by_user.keys()

    @property
    def speaks_legacy(self) -> bool:
        """Whether anybody here speaks the seed's language."""
        return self._legacy_count > 0

    def add(self, subscriber: Subscriber) -> None:
        """Somebody came."""
        self._subscribers[subscriber] = None
        self._legacy_count += subscriber.is_legacy
        metrics.SUBSCRIBERS.inc()
        if subscriber.user_id is not None:
            self.identify(subscriber, subscriber.user_id)

    def remove(self, subscriber: Subscriber) -> None:
        """Somebody left; harmless when he is not here."""
        if subscriber not in self._subscribers:
            return
        del self._subscribers[subscriber]
        self._legacy_count -= subscriber.is_legacy
        metrics.SUBSCRIBERS.dec()
        self._forget_user(subscriber)

    def identify(self, subscriber: Subscriber, user_id: UUID) -> None:
        """From now on private pushes of this person also go to this socket."""
        self._forget_user(subscriber)
        subscriber.user_id = user_id
        self._by_user.setdefault(user_id, {})[subscriber] = None

    def listeners(self, user_id: UUID | None) -> list[Subscriber]:
        """Who speaks the newer language, of one person or of all."""
        asked = self._subscribers if user_id is None else self._by_user.get(user_id, {})
        return [subscriber for subscriber in asked if not subscriber.is_legacy]

    def push_to_all(self, frame: bytes) -> None:
        """One frame, out of turn, to everybody who speaks the newer language."""
        for subscriber in self.listeners(None):
            subscriber.sink.push(frame)

    def push_private(self, terms: RaffleTerms, private: Sequence[PrivatePush], at: Millis) -> None:
        """News of a person's reservation, to that person's sockets only; encoded once a format."""
        if not self._by_user:
            return
        for push in private:
            frame = legacy = None
            for subscriber in tuple(self._by_user.get(push.reservation.user_id, ())):
                if not subscriber.is_legacy:
                    if frame is None:
                        text = encode.push_reservation(terms, push.reservation, push.reason, at)
                        frame = text_frame(text)
                    subscriber.sink.push(frame)
                else:
                    if legacy is None:
                        legacy = _legacy_push(terms, push, at)
                    if legacy:
                        subscriber.sink.push(legacy)

    def _forget_user(self, subscriber: Subscriber) -> None:
        if subscriber.user_id is not None:
            sockets = self._by_user.get(subscriber.user_id, {})
            sockets.pop(subscriber, None)
            if not sockets:
                self._by_user.pop(subscriber.user_id, None)


def _legacy_push(terms: RaffleTerms, push: PrivatePush, at: Millis) -> bytes:
    """The owner's news in the seed's words: his numbers with his own id beside them."""
    reservation = push.reservation
    texts: list[bytes] = []
    if push.reason == "created":
        texts.append(encode.legacy_reservation_created(terms, reservation, at))
    if reservation.phase.is_live or reservation.phase is Phase.COMPLETED:
        state = SOLD if reservation.phase is Phase.COMPLETED else RESERVED
        texts += [
            encode.legacy_number_update(terms, number, state, reservation.user_id)
            for number in reservation.numbers
        ]
    return b"".join(map(text_frame, texts))
