"""How large the body of a request may be: small, but for pictures and for what companies send."""

from __future__ import annotations

import re
from typing import Any, Final

from quart_trio.wrappers import TrioRequest

MAX_BODY_BYTES: Final = 65_536
MAX_WEBHOOK_BYTES: Final = 256 * 1024
MAX_RECEIPT_BYTES: Final = 2 * 1024 * 1024
WEBHOOKS: Final = "/api/v1/webhooks/"
_RECEIPT: Final = re.compile(r"/api/v1/payments/[^/]+/receipt")


def most_bytes(path: str) -> int:
    """For a request to this path."""
    if path.startswith(WEBHOOKS):
        return MAX_WEBHOOK_BYTES
    return MAX_RECEIPT_BYTES if _RECEIPT.fullmatch(path) else MAX_BODY_BYTES


class SizedRequest(TrioRequest):
    """A request that takes no more than its path allows."""

    def __init__(self, method: str, scheme: str, path: str, *args: Any, **more: Any) -> None:
        super().__init__(
            method, scheme, path, *args, **(more | {"max_content_length": most_bytes(path)})
        )
