"""Whether a webhook is PayPal's: an RSA signature by a certificate that PayPal itself hands out.

The message names the certificate's address, so a forger would name his own. It is fetched from PayPal's
one host only, by https, without following anywhere else; that connection's TLS is what vouches for it.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec
import trio
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from sorteos_actors.errors import ForgedWebhook, ProviderUnavailable
from sorteos_actors.payments.signature import TOLERANCE_MS
from sorteos_actors.raffle import Millis

LIVE_CERTIFICATES: Final = "api.paypal.com"
TEST_CERTIFICATES: Final = "api.sandbox.paypal.com"
_PATH: Final = re.compile(r"/v1/notifications/certs/[A-Za-z0-9_-]{1,200}")
_SUBJECT: Final = re.compile(r"messageverificationcerts\.(sandbox\.)?paypal\.com")
_MAX_CERTIFICATE: Final = 64 * 1024
_MAX_CACHED: Final = 16
_SECONDS: Final = 5.0


Fetch = Callable[[str], Awaitable[bytes]]
"""The PEM text at an address that was found to be PayPal's.

Raises `ProviderUnavailable`, and `ForgedWebhook` when there is none.
"""


class Seal(msgspec.Struct, frozen=True):
    """What the headers say about the signature, each part in its right form."""

    transmission_id: str
    time: str
    cert_url: str
    signature: bytes


class Verifier:
    """Checks webhooks of one host and one webhook id. Keeps the certificates that it has fetched."""

    def __init__(self, webhook_id: str, host: str, fetch: Fetch) -> None:
        self._webhook_id = webhook_id
        self._host = host
        self._fetch = fetch
        self._certificates: dict[str, x509.Certificate] = {}

    async def check(self, headers: Mapping[str, str], body: bytes, now: Millis) -> None:
        """That PayPal signed these bytes for our webhook, at about this time.

        Raises `ForgedWebhook`; `ProviderUnavailable` when the certificate cannot be had just now.
        Nothing is fetched before all that can be known without it is right.
        """
        seal = read_seal(headers, self._host, now)
        certificate = await self._certificate(seal.cert_url)
        moment = datetime.fromtimestamp(now / 1000, UTC)
        if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
            raise ForgedWebhook("the certificate is not of this time")
        key = certificate.public_key()
        assert isinstance(key, RSAPublicKey)
        signed = f"{seal.transmission_id}|{seal.time}|{self._webhook_id}|{zlib.crc32(body)}"
        try:
            key.verify(seal.signature, signed.encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            raise ForgedWebhook("the signature is not PayPal's for this webhook") from None

    async def _certificate(self, url: str) -> x509.Certificate:
        known = self._certificates.get(url)
        if known is not None:
            return known
        certificate = read_certificate(await self._fetch(url))
        if len(self._certificates) >= _MAX_CACHED:
            self._certificates.clear()
        self._certificates[url] = certificate
        return certificate


def read_seal(headers: Mapping[str, str], host: str, now: Millis) -> Seal:
    """The signature's headers (lower-case names), checked one by one. Raises `ForgedWebhook`."""
    values = {}
    for name in (
        "transmission-id",
        "transmission-time",
        "cert-url",
        "transmission-sig",
        "auth-algo",
    ):
        value = headers.get(f"paypal-{name}", "")
        if not value or len(value) > 2048 or not (value.isascii() and value.isprintable()):
            raise ForgedWebhook(f"paypal-{name} is missing or cannot be read")
        values[name] = value
    if values["auth-algo"] != "SHA256withRSA":
        raise ForgedWebhook("the signature is of another kind")
    if "|" in values["transmission-id"]:
        raise ForgedWebhook("the transmission's id cannot be read")
    if abs(now - _millis(values["transmission-time"])) > TOLERANCE_MS:
        raise ForgedWebhook("the signature is not of this time")
    check_certificate_url(values["cert-url"], host)
    try:
        signature = base64.b64decode(values["transmission-sig"], validate=True)
    except binascii.Error:
        raise ForgedWebhook("the signature cannot be read") from None
    return Seal(
        values["transmission-id"], values["transmission-time"], values["cert-url"], signature
    )


def check_certificate_url(url: str, host: str) -> None:
    """That the address is the one place where PayPal keeps certificates. Raises `ForgedWebhook`.

    The whole text must be what we would have written ourselves, so no way of writing it (a login, a
    port, a query, an odd letter) is left for two readers to understand differently.
    """
    try:
        path = urlsplit(url).path
    except ValueError:
        path = ""
    if not _PATH.fullmatch(path) or url != f"https://{host}{path}":
        raise ForgedWebhook("the certificate is not at PayPal's")


def read_certificate(pem: bytes) -> x509.Certificate:
    """The first certificate of a PEM text, when it is one for PayPal's messages. Raises `ForgedWebhook`."""
    try:
        certificate = x509.load_pem_x509_certificates(pem)[0]
        key = certificate.public_key()
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        raise ForgedWebhook("the certificate cannot be read") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
        raise ForgedWebhook("the certificate's key is not one for this signature")
    if [_SUBJECT.fullmatch(str(name.value)) is not None for name in names] != [True]:
        raise ForgedWebhook("the certificate is for something else")
    return certificate


def fetch_over_https(transport: httpx.AsyncBaseTransport | None = None) -> Fetch:
    """Fetches for real, within 5 seconds, without a redirect and without any key of ours."""

    async def fetch(url: str) -> bytes:
        try:
            with trio.fail_after(_SECONDS):
                async with httpx.AsyncClient(transport=transport) as client:
                    response = await client.get(url)
        except (httpx.HTTPError, trio.TooSlowError) as error:
            raise ProviderUnavailable(f"paypal: {type(error).__name__}") from None
        if response.status_code >= 500 or response.status_code == 429:
            raise ProviderUnavailable(f"paypal answered {response.status_code}")
        if response.status_code != 200 or len(response.content) > _MAX_CERTIFICATE:
            raise ForgedWebhook("there is no certificate at this address")
        return response.content

    return fetch


def _millis(text: str) -> Millis:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ForgedWebhook("the signature has no time") from None
    if moment.tzinfo is None:
        raise ForgedWebhook("the signature has no time")
    return int(moment.timestamp() * 1000)
