"""What a browser may do with the client's files: run what came with them, and nothing else.

The one exception is the page where people pay, on a server that takes cards by Stripe: the card is
typed into Stripe's own fields there, so their script, frames and API are allowed, as Stripe asks
for. No other page and no other file gets this, and the page does not get it elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_STRIPE: Final = {
    "script-src": "https://js.stripe.com https://*.js.stripe.com",
    "frame-src": "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
    "connect-src": "https://api.stripe.com",
}
_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    # Also the WebSocket: to every browser that can run the build, ws at our own host is ourselves.
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def _policy(more: Mapping[str, str]) -> str:
    rules = {name: [sources] for name, sources in _POLICY.items()}
    for name, sources in more.items():
        rules.setdefault(name, []).append(sources)
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in rules.items())


def _headers(policy: str, payment: str, opener: str) -> Mapping[str, str]:
    return {
        # On every file: a worker is held to the policy that came with its own script.
        "Content-Security-Policy": policy,
        "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), hid=(), "
        f"microphone=(), midi=(), payment={payment}, serial=(), usb=()",
        "Cross-Origin-Opener-Policy": opener,
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }


ORDINARY: Final = _headers(_policy({}), "()", "same-origin")
WITH_CARDS: Final = _headers(
    _policy(_STRIPE),
    '(self "https://js.stripe.com")',
    # A bank's own check, in a frame of Stripe's, may open a window and has to hear from it.
    "same-origin-allow-popups",
)
