"""A stand-in for Stripe as a process of its own, for tests that look at a real browser.

``python -m sorteos_actors.testing.serve_stripe PORT SECRET_KEY`` listens on 127.0.0.1 until it is
ended. It sends no webhooks: when they come is the test's business.
"""

from __future__ import annotations

import sys

import trio

from sorteos_actors.payments.secret import Secret
from sorteos_actors.testing.fake_stripe import FakeStripe
from sorteos_actors.testing.http_stub import serve


async def main(port: int, key: str) -> None:
    """Listen until the process ends."""
    async with serve(FakeStripe(Secret(key), ()), port):
        await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]), sys.argv[2])
