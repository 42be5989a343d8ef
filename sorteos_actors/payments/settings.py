"""What the environment says of payments. Secrets may come from ``NAME_FILE``, and show in no error.

A server is for trying out or for money, never both: test keys and the sandbox go together, and live
keys exclude them. So nobody gets a number that was paid with play money beside real ones.
"""

from __future__ import annotations

from typing import Final

import msgspec
from environs import EnvError, FileAwareEnv

from sorteos_actors.errors import CannotStart
from sorteos_actors.payments import paypal, stripe
from sorteos_actors.payments.api import check_base
from sorteos_actors.payments.paypal import PayPalSettings
from sorteos_actors.payments.secret import Secret
from sorteos_actors.payments.sinpe_code import phone_digits
from sorteos_actors.payments.stripe import StripeSettings

_PREFIXES: Final = ("sk_test_", "sk_live_", "rk_test_", "rk_live_")
_LEAST_SECRET: Final = 32


class PaymentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Every provider that can be had. Printing it shows no secret."""

    sandbox: bool = False
    stripe: StripeSettings | None = None
    paypal: PayPalSettings | None = None
    sinpe_phone: str = ""
    """Whose phone, for raffles that do not name their own."""
    sinpe_name: str = ""
    sinpe_webhook_secrets: tuple[Secret, ...] = ()
    """Of those who forward banks' notifications; more than one while they are being exchanged."""
    public_url: str = ""
    """Where people find the pages, for whoever sends them back; empty: where their request went."""

    @property
    def is_live(self) -> bool:
        """Whether real cards or accounts are charged."""
        return any(keys is not None and keys.is_live for keys in (self.stripe, self.paypal))

    @classmethod
    def from_environment(cls, *, embedded: bool) -> PaymentSettings:
        """Read the environment. `embedded`: the server brought its own database, on one machine.

        Raises `CannotStart` with the name of the variable that is wrong.
        """
        env = FileAwareEnv()
        said = _text(env, "PAYMENTS_SANDBOX")
        if said not in ("", "0", "1"):
            raise CannotStart("PAYMENTS_SANDBOX must be 1 or 0.")
        settings = cls(
            stripe=_stripe(env),
            paypal=_paypal(env),
            sinpe_phone=_phone(env),
            sinpe_name=_text(env, "SINPE_NAME"),
            sinpe_webhook_secrets=_sinpe_secrets(env),
            public_url=_public_url(env),
        )
        if said == "1" and settings.is_live:
            raise CannotStart(
                "PAYMENTS_SANDBOX=1 beside live keys would give numbers away. Unset one."
            )
        for_money = settings.is_live or bool(settings.sinpe_phone)
        sandbox = said == "1" or (embedded and said != "0" and not for_money)
        _check_mode(settings, sandbox=sandbox)
        return msgspec.structs.replace(settings, sandbox=sandbox)


def _check_mode(settings: PaymentSettings, *, sandbox: bool) -> None:
    for name, keys in (
        ("STRIPE_SECRET_KEY", settings.stripe),
        ("PAYPAL_API_BASE", settings.paypal),
    ):
        if keys is not None and not keys.is_live and not sandbox:
            raise CannotStart(
                f"{name} is for tests: use a live one, or set PAYMENTS_SANDBOX=1 on a server "
                "that sells nothing."
            )


def _stripe(env: FileAwareEnv) -> StripeSettings | None:
    key = _secret(env, "STRIPE_SECRET_KEY")
    if key is None:
        return None
    if not key.reveal().startswith(_PREFIXES):
        raise CannotStart(
            "STRIPE_SECRET_KEY must begin with sk_live_, rk_live_, sk_test_ or rk_test_."
        )
    hooks = _secrets(env, "STRIPE_WEBHOOK_SECRETS")
    shown = _text(env, "STRIPE_PUBLISHABLE_KEY")
    if not shown.startswith("pk_"):
        raise CannotStart(
            "STRIPE_PUBLISHABLE_KEY must begin with pk_: it is shown to every browser."
        )
    settings = StripeSettings(
        secret_key=key,
        publishable_key=shown,
        webhook_secrets=hooks,
        account=_text(env, "STRIPE_ACCOUNT"),
        api_base=_base(env, "STRIPE_API_BASE", stripe.LIVE_API),
    )
    if not hooks:
        raise CannotStart("STRIPE_WEBHOOK_SECRETS is missing: without it nobody can be believed.")
    if shown.startswith("pk_live_") is not settings.is_live:
        raise CannotStart("STRIPE_PUBLISHABLE_KEY and STRIPE_SECRET_KEY are not of the same mode.")
    if settings.is_live and settings.api_base != stripe.LIVE_API:
        raise CannotStart(f"STRIPE_API_BASE must be {stripe.LIVE_API} for a live key.")
    return settings


def _paypal(env: FileAwareEnv) -> PayPalSettings | None:
    password = _secret(env, "PAYPAL_SECRET")
    if password is None:
        return None
    names = ("PAYPAL_CLIENT_ID", "PAYPAL_WEBHOOK_ID")
    client_id, webhook_id = (_text(env, name) for name in names)
    for name, value in zip(names, (client_id, webhook_id), strict=True):
        if not (value.isascii() and value.replace("-", "").replace("_", "").isalnum()):
            raise CannotStart(f"{name} is missing, or is not what PayPal gave: letters and digits.")
    base = _base(env, "PAYPAL_API_BASE", paypal.LIVE_API)
    if base.startswith("https://") and base not in (paypal.LIVE_API, paypal.TEST_API):
        raise CannotStart(f"PAYPAL_API_BASE must be {paypal.LIVE_API} or {paypal.TEST_API}.")
    return PayPalSettings(
        client_id=client_id, secret=password, webhook_id=webhook_id, api_base=base
    )


def _phone(env: FileAwareEnv) -> str:
    phone = _text(env, "SINPE_PHONE")
    if phone and phone_digits(phone) is None:
        raise CannotStart("SINPE_PHONE must be a Costa Rican number of eight digits.")
    return phone


def _sinpe_secrets(env: FileAwareEnv) -> tuple[Secret, ...]:
    secrets = _secrets(env, "SINPE_WEBHOOK_SECRETS")
    if any(len(secret.reveal()) < _LEAST_SECRET for secret in secrets):
        raise CannotStart(
            f"SINPE_WEBHOOK_SECRETS: each must have {_LEAST_SECRET} characters or more, for who "
            "knows one can say that money has come."
        )
    return secrets


def _public_url(env: FileAwareEnv) -> str:
    url = _text(env, "PUBLIC_URL")
    try:
        return check_base("PUBLIC_URL", url) if url else ""
    except ValueError as error:
        raise CannotStart(f"{error}.") from None


def _base(env: FileAwareEnv, name: str, default: str) -> str:
    try:
        return check_base(name, _text(env, name) or default)
    except ValueError as error:
        raise CannotStart(f"{error}.") from None


def _secret(env: FileAwareEnv, name: str) -> Secret | None:
    text = _text(env, name)
    return _as_secret(name, text) if text else None


def _secrets(env: FileAwareEnv, name: str) -> tuple[Secret, ...]:
    parts = [part.strip() for part in _text(env, name).split(",")]
    return tuple(_as_secret(name, part) for part in parts if part)


def _as_secret(name: str, text: str) -> Secret:
    try:
        return Secret(text)
    except ValueError as error:
        raise CannotStart(f"{name} cannot be used: {error}.") from None


def _text(env: FileAwareEnv, name: str) -> str:
    """A variable, or the file that ``NAME_FILE`` names; empty when there is neither."""
    try:
        return (env.str(name, None) or "").strip()
    except (EnvError, OSError, ValueError) as error:
        raise CannotStart(f"{name} cannot be read ({type(error).__name__}).") from None
