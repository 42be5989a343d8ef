"""``/auth`` and ``/me``: guests come in with a signed token and no password, people say who they are."""

from __future__ import annotations

from collections.abc import Callable

import trio
from quart import Blueprint, Response, g

from sorteos_actors.ports import Contact
from sorteos_actors.protocol import contacts, messages
from sorteos_actors.protocol.timestamps import rfc3339
from sorteos_actors.raffle import RejectionCode
from sorteos_actors.web.answers import Refused, body, identity, json_response
from sorteos_actors.web.auth import GUEST_SECONDS, Role
from sorteos_actors.web.limits import Budgets
from sorteos_actors.web.services import Services
from sorteos_actors.web.sockets import Sockets


def blueprint(services: Services, _: Sockets) -> Blueprint:
    """The routes of this noun."""
    routes = Blueprint("accounts", __name__, url_prefix="/api/v1")
    budgets = Budgets(services.settings.limits.address_guests)

    @routes.post("/auth/guest")
    async def guest() -> Response:
        asked = await body(messages.GuestBody)
        wait = budgets.take(g.address_key, trio.current_time())
        if wait:
            raise Refused(RejectionCode.RATE_LIMITED, {"retry_after_ms": int(wait * 1000) + 1})
        user_id = services.ids.uuid()
        if asked.name is not None or asked.phone is not None:
            await services.accounts.remember_guest(user_id, asked.name, asked.phone)
        now = services.clock.now() // 1000
        token, expires_at = services.tokens.issue(
            user_id, Role.USER, now=now, seconds=GUEST_SECONDS
        )
        answer = {
            "token": token,
            "user_id": str(user_id),
            "expires_at": rfc3339(expires_at * 1000),
        }
        return json_response(answer, 201)

    @routes.get("/me/contact")
    async def contact() -> Response:
        return _contact_response(await services.accounts.contact(identity(services).user_id))

    @routes.put("/me/contact")
    async def keep_contact() -> Response:
        asker = identity(services)
        said = await body(messages.ContactBody)
        kept = Contact(
            name=_good("name", contacts.person_name, said.name),
            phone=_good("phone", contacts.phone_number, said.phone),
            email=None
            if said.email is None
            else _good("email", contacts.email_address, said.email),
            language=said.language,
        )
        await services.accounts.keep_contact(asker.user_id, kept)
        return _contact_response(kept)

    return routes


def _good(field: str, spelled: Callable[[str], str], text: str) -> str:
    """What is kept of a person's text. Refuses it with the field's name, so that a form can show where."""
    try:
        return spelled(text)
    except ValueError:
        raise Refused(RejectionCode.BAD_REQUEST, {"field": field}) from None


def _contact_response(contact: Contact | None) -> Response:
    if contact is None:
        return json_response({"contact": None})
    said = (contact.name, contact.phone, contact.email, contact.language)
    return json_response({"contact": messages.ContactView(*said)})
