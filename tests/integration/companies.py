"""Stripe and PayPal for a server in another process: their APIs, their buyers, their webhooks.

PayPal's certificates come from its real address, by https. So the server is given a way out (a proxy)
that leads to this process, and an authority that this process speaks for: it fetches as it always does.
"""

from __future__ import annotations

import queue
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trio
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from sorteos_actors.payments.paypal_signature import TEST_CERTIFICATES
from sorteos_actors.payments.secret import Secret
from sorteos_actors.testing.fake_paypal import FakePayPal
from sorteos_actors.testing.fake_stripe import FakeStripe
from sorteos_actors.testing.http_stub import Handler, serve

STRIPE_HOOK = Secret("whsec_of_the_tests")
_STRIPE_KEY = Secret("sk_test_of_the_tests")
_PAYPAL_SECRET = Secret("paypal-secret-of-the-tests")


class Companies:
    """Both, as they stand; `environment` makes a server their customer."""

    def __init__(self) -> None:
        self.stripe = FakeStripe(_STRIPE_KEY, [STRIPE_HOOK])
        self.paypal = FakePayPal("client", _PAYPAL_SECRET, "WEBHOOK")
        self.are_silent = False
        """Every connection to their APIs breaks."""
        self.environment: dict[str, str] = {}

    def unless_silent(self, fake: Handler) -> Handler:
        """The API, while it answers."""
        return lambda request: None if self.are_silent else fake(request)


@contextmanager
def open_companies(folder: Path) -> Iterator[Companies]:
    """They do business in a thread until the block ends."""
    companies = Companies()
    authority = folder / "authority.pem"
    tls = _speaks_for(TEST_CERTIFICATES, authority, folder / "certificates.pem")
    ready: queue.SimpleQueue[tuple[trio.lowlevel.TrioToken, trio.CancelScope]] = queue.SimpleQueue()

    async def main() -> None:
        with trio.CancelScope() as scope:
            async with (
                serve(companies.unless_silent(companies.stripe)) as stripe_url,
                serve(companies.unless_silent(companies.paypal)) as paypal_url,
                trio.open_nursery() as nursery,
            ):
                (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
                way_out = _WayOut(tls, companies.paypal.signer.pem)
                nursery.start_soon(trio.serve_listeners, way_out, [listener])
                companies.environment = {
                    "STRIPE_SECRET_KEY": _STRIPE_KEY.reveal(),
                    "STRIPE_PUBLISHABLE_KEY": "pk_test_of_the_tests",
                    "STRIPE_WEBHOOK_SECRETS": STRIPE_HOOK.reveal(),
                    "STRIPE_API_BASE": stripe_url,
                    "PAYPAL_CLIENT_ID": "client",
                    "PAYPAL_SECRET": _PAYPAL_SECRET.reveal(),
                    "PAYPAL_WEBHOOK_ID": "WEBHOOK",
                    "PAYPAL_API_BASE": paypal_url,
                    "HTTPS_PROXY": f"http://127.0.0.1:{listener.socket.getsockname()[1]}",
                    "SSL_CERT_FILE": str(authority),
                }
                ready.put((trio.lowlevel.current_trio_token(), scope))
                await trio.sleep_forever()

    thread = threading.Thread(target=trio.run, args=(main,))
    thread.start()
    token, scope = ready.get(timeout=30)
    try:
        yield companies
    finally:
        token.run_sync_soon(scope.cancel)
        thread.join()


class _WayOut:
    """A proxy that knows one address: where PayPal keeps its certificate."""

    def __init__(self, tls: ssl.SSLContext, pem: bytes) -> None:
        self._tls = tls
        self._pem = pem

    async def __call__(self, stream: trio.SocketStream) -> None:
        async with stream:
            try:
                head = await _head(stream)
                if head.startswith(f"CONNECT {TEST_CERTIFICATES}:443 ".encode()):
                    await stream.send_all(b"HTTP/1.1 200 here it is\r\n\r\n")
                    await self._answer(trio.SSLStream(stream, self._tls, server_side=True))
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                return  # The server has left.

    async def _answer(self, stream: trio.SSLStream[trio.SocketStream]) -> None:
        await _head(stream)
        size = f"Content-Length: {len(self._pem)}".encode()
        await stream.send_all(b"HTTP/1.1 200 OK\r\n" + size + b"\r\nConnection: close\r\n\r\n")
        await stream.send_all(self._pem)


async def _head(stream: trio.abc.ReceiveStream) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = await stream.receive_some(65_536)
        if not more:
            raise trio.BrokenResourceError
        data += more
    return data


def _speaks_for(host: str, authority: Path, own: Path) -> ssl.SSLContext:
    """A certificate for `host`, which is believed by whoever believes the file `authority`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority of the tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    authority.write_bytes(pem)
    own.write_bytes(private + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    return context
