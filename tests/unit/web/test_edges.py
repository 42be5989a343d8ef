"""Who may do how much: tokens, origins, addresses, budgets."""

from __future__ import annotations

from ipaddress import ip_network
from uuid import UUID, uuid4

import jwt
import pytest

from sorteos_actors.web.addresses import budget_key, client_address
from sorteos_actors.web.auth import InvalidToken, Role, Tokens
from sorteos_actors.web.limits import Bucket, Budgets, Rate
from sorteos_actors.web.origin import is_allowed, looks_like_browser

SECRET = "0123456789abcdef0123456789abcdef"
NOW = 4_000_000_000
PROXY = (ip_network("10.0.0.0/8"),)


# -- tokens ---------------------------------------------------------------------------------------


def forged(**changes: object) -> str:
    claims = {"sub": str(uuid4()), "role": "admin", "iat": NOW, "exp": NOW + 60} | changes
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, SECRET, "HS256")


def test_a_token_carries_its_person_and_role() -> None:
    tokens, user = Tokens(SECRET), uuid4()
    token, expires_at = tokens.issue(user, Role.ORGANIZER, now=1_700_000_000, seconds=10**9)
    identity = tokens.check(token)
    assert (identity.user_id, identity.role) == (user, Role.ORGANIZER)
    assert identity.expires_at == expires_at == 2_700_000_000


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "á.b.c",
        "a" * 1_000_000,
        jwt.encode({"sub": str(UUID(int=1)), "role": "admin", "exp": NOW, "iat": 1}, "x" * 32),
        jwt.encode({"sub": str(UUID(int=1)), "role": "admin", "exp": NOW, "iat": 1}, "", "none"),
        jwt.encode(
            {"sub": str(UUID(int=1)), "role": "admin", "exp": NOW, "iat": 1}, SECRET * 2, "HS512"
        ),
    ],
)
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(InvalidToken):
        Tokens(SECRET).check(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"role": None},
        {"exp": 1_000},
        {"role": "root"},
        {"role": ["admin"]},
        {"sub": "1"},
        {"exp": "soon"},
    ],
)
def test_a_token_that_lacks_a_claim_or_is_over_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidToken):
        Tokens(SECRET).check(forged(**({"iat": 1} | changes)))


def test_a_token_made_in_a_clock_that_is_ahead_of_ours_is_good() -> None:
    assert Tokens(SECRET).check(forged(iat=NOW)).role is Role.ADMIN


def test_another_algorithm_of_our_own_secret_is_refused() -> None:
    claims = {"sub": str(UUID(int=1)), "role": "admin", "exp": NOW, "iat": 1}
    with pytest.raises(InvalidToken):
        Tokens(SECRET).check(jwt.encode(claims, SECRET * 2, "HS384"))


def test_a_refused_token_is_not_in_the_message() -> None:
    token = forged(exp=1_000, iat=1)
    with pytest.raises(InvalidToken) as caught:
        Tokens(SECRET).check(token)
    assert token not in str(caught.value)


def test_the_header_is_bearer_or_nothing() -> None:
    tokens = Tokens(SECRET)
    token, _ = tokens.issue(uuid4(), Role.USER, now=1_700_000_000, seconds=10**9)
    assert tokens.from_header(None) is None
    assert tokens.from_header(f"bearer {token}") is not None
    with pytest.raises(InvalidToken):
        tokens.from_header(f"Basic {token}")


# -- origins --------------------------------------------------------------------------------------

ALLOWED = frozenset({"https://sorteos.example"})


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://sorteos.example", True),
        ("http://api.local:8080", True),
        ("https://api.local:8080", True),
        ("https://sorteos.example.evil.com", False),
        ("https://evilsorteos.example", False),
        ("https://sorteos.example:444", False),
        ("http://sorteos.example", False),
        ("https://sorteos.example/", False),
        ("null", False),
        ("*", False),
        ("", False),
        ("file://api.local:8080", False),
        ("http://api.local:8080@evil.com", False),
        ("http://api.local:8080/x", False),
    ],
)
def test_an_origin_is_compared_exactly(origin: str, allowed: bool) -> None:
    assert is_allowed(origin, "api.local:8080", ALLOWED, browser=True) is allowed


def test_no_origin_is_for_programs_and_not_for_browsers() -> None:
    assert is_allowed(None, "api.local", ALLOWED, browser=False)
    assert not is_allowed(None, "api.local", ALLOWED, browser=True)
    assert looks_like_browser("Mozilla/5.0 (Linux)", None)
    assert looks_like_browser("x", "cross-site")
    assert not looks_like_browser("curl/8", None)


# -- addresses ------------------------------------------------------------------------------------


def test_a_forwarded_address_counts_only_from_a_trusted_proxy() -> None:
    assert client_address("8.8.8.8", "1.2.3.4", PROXY) == "8.8.8.8"
    assert client_address("10.0.0.1", "1.2.3.4", PROXY) == "1.2.3.4"


def test_the_right_most_untrusted_hop_is_the_client() -> None:
    assert client_address("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.9", PROXY) == "1.2.3.4"


def test_garbage_in_the_header_does_not_become_an_address() -> None:
    assert client_address("10.0.0.1", "1.2.3.4, <script>", PROXY) == "10.0.0.1"


def test_one_ipv6_household_shares_one_budget() -> None:
    assert budget_key("2001:db8::1") == budget_key("2001:db8::ffff:1")
    assert budget_key("2001:db8:0:1::1") != budget_key("2001:db8::1")
    assert budget_key("::ffff:1.2.3.4") == budget_key("1.2.3.4") == "1.2.3.4"


# -- budgets --------------------------------------------------------------------------------------


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = Bucket(Rate(per_second=2, burst=3), now=0)
    assert [bucket.take(0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.take(0.5) == 0
    assert bucket.take(0.5) == pytest.approx(0.5)
    assert [bucket.take(100) for _ in range(4)] == [0, 0, 0, 0.5]


def test_one_address_cannot_spend_the_budget_of_another() -> None:
    budgets = Budgets(Rate(per_second=1, burst=1))
    assert budgets.take("a", 0) == 0
    assert budgets.take("a", 0) > 0
    assert budgets.take("b", 0) == 0


def test_budgets_forget_the_longest_unused_and_stay_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Budgets, "MOST_KEYS", 10)
    budgets = Budgets(Rate(per_second=0.001, burst=1))
    budgets.take("first", 0)
    for index in range(10):
        budgets.take(str(index), 0)
    assert len(budgets._buckets) == 10
    assert budgets.take("first", 0) == 0


def test_without_a_rate_everything_is_allowed() -> None:
    budgets = Budgets(None)
    assert all(budgets.take("a", 0) == 0 for _ in range(1000))
