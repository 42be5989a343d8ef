"""Whatever people type where we ask how they can be reached."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorteos_actors.protocol.contacts import email_address, person_name, phone_number

TYPED = (
    st.text(max_size=60)
    | st.text("0123456789+() -.", min_size=6, max_size=20)
    | st.from_regex(r"\A[a-zA-Z.+ñ]{1,20}@[a-zñ-]{1,20}\.(com|cr|test)\Z")
)


@pytest.mark.parametrize("judge", [person_name, phone_number, email_address])
@given(typed=TYPED)
def test_it_is_kept_in_a_spelling_that_stays_or_refused_without_being_repeated(
    judge: Callable[[str], str], typed: str
) -> None:
    try:
        kept = judge(typed)
    except ValueError as error:
        assert len(typed) < 12 or typed not in str(error)
        assert error.__suppress_context__ or error.__context__ is None
    else:
        assert judge(kept) == kept
        assert "\0" not in kept
        assert len(kept) <= 254
