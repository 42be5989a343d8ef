"""The browser client as a browser meets it: pages, files, what may be kept, and what may be run."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import brotli
import httpx
import pytest

from tests.edge.house import House, open_house

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
PAGE = "<!doctype html><title>Sorteos</title>" + "<p>libre</p>" * 100
SCRIPT = "export const free = 0;" * 100
FILES = {
    "index.html": PAGE,
    "assets/index-1a2b.js": SCRIPT,
    "assets/index-3c4d.css": "p { color: green }",
    "icons/192.png": "a picture",
    "manifest.webmanifest": "{}",
    "sw.js": "self.skipWaiting()",
    ".vite/manifest.json": "not for anybody",
}
ADDRESSES = (
    *("/", "/r/7d9f", "/r/ñ%20?n=0417", "/checkout/5b1c", "/boleto/AbC-_9"),
    *("/mis-numeros", "/organizar"),
)


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A build, with something beside it that is nobody's business."""
    (tmp_path / "secret.js").write_text("a secret")
    for name, content in FILES.items():
        path = tmp_path / "static" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path / "static"


@asynccontextmanager
async def a_browser(client: Path, *, cards: bool = False) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody at a house with this build, that takes cards by Stripe or does not."""
    async with open_house(client=client, cards=cards) as house, a_visitor(house) as browser:
        yield browser


def a_visitor(house: House, accept: str = BROWSER) -> httpx.AsyncClient:
    headers = {"Accept": accept, "Accept-Encoding": "identity"}
    return httpx.AsyncClient(base_url=house.url, headers=headers, timeout=60)


async def test_a_browser_gets_the_page_at_every_address_of_the_client(client: Path) -> None:
    async with a_browser(client) as browser:
        for address in (*ADDRESSES, "/index.html"):
            answer = await browser.get(address)
            assert (answer.status_code, answer.text) == (200, PAGE), address
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert answer.headers["Cache-Control"] == "no-cache"
            assert answer.headers["ETag"].startswith('W/"')


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "", "application/json, text/html", "text/html;q=0.5, */*"]
)
async def test_a_program_gets_data_where_a_browser_gets_the_page(client: Path, accept: str) -> None:
    async with open_house(client=client) as house, a_visitor(house, accept) as program:
        answer = await program.get("/")
        assert answer.json()["raffles"] == "/api/v1/raffles"
        assert answer.json()["page"] == "/"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        assert "Accept" in re.split(", ", ", ".join(answer.headers.get_list("Vary")))
        # What is no data is the same for everybody: links are looked at by programs too.
        assert (await program.get("/r/7d9f")).text == PAGE


async def test_the_clients_worker_gets_the_page_to_keep_and_a_script_that_wants_data_gets_that(
    client: Path,
) -> None:
    async with open_house(client=client) as house:
        async with a_visitor(house, "*/*") as worker:
            answer = await worker.get("/", headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.text == PAGE
        async with a_visitor(house, "application/json") as script:
            answer = await script.get("/", headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.json()["page"] == "/"


async def test_each_file_has_its_type_and_its_time_in_a_cache(client: Path) -> None:
    forever = "public, max-age=31536000, immutable"
    expected = {
        "/assets/index-1a2b.js": ("text/javascript; charset=utf-8", forever),
        "/assets/index-3c4d.css": ("text/css; charset=utf-8", forever),
        "/icons/192.png": ("image/png", "no-cache"),
        "/manifest.webmanifest": ("application/manifest+json", "no-cache"),
        "/sw.js": ("text/javascript; charset=utf-8", "no-cache"),
    }
    async with a_browser(client) as browser:
        for path, (content_type, cached) in expected.items():
            answer = await browser.get(path, headers={"Accept": "*/*"})
            assert answer.text == FILES[path[1:]]
            assert answer.headers["Content-Type"] == content_type
            assert answer.headers["Cache-Control"] == cached
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def policy_of(answer: httpx.Response) -> dict[str, str]:
    """Where each kind of thing may come from."""
    rules = answer.headers["Content-Security-Policy"].split("; ")
    return dict(rule.split(" ", 1) for rule in rules)


NO_CHECKOUT = (
    *("/", "/r/7d9f", "/mis-numeros", "/organizar", "/index.html", "/assets/index-1a2b.js"),
    *("/sw.js", "/lost", "/checkout", "/checkout/", "/checkout/5b1c/more", "/r/checkout"),
)


@pytest.mark.parametrize(
    ("path", "cards"),
    [
        *((path, cards) for path in NO_CHECKOUT for cards in (False, True)),
        ("/checkout/5b1c", False),
    ],
)
async def test_a_page_may_run_only_what_came_with_it(
    client: Path, path: str, *, cards: bool
) -> None:
    async with a_browser(client, cards=cards) as browser:
        answer = await browser.get(path)
    policy, headers = policy_of(answer), answer.headers
    assert "frame-src" not in policy
    assert "payment=()" in headers["Permissions-Policy"]
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    for kind in ("script", "style", "connect", "worker", "manifest", "font"):
        assert policy[f"{kind}-src"] == "'self'"
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["form-action"] == "'self'"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"


async def test_the_checkout_of_a_server_that_takes_cards_may_load_stripes_fields_and_no_more(
    client: Path,
) -> None:
    async with a_browser(client, cards=True) as browser:
        page, checkout = await browser.get("/mis-numeros"), await browser.get("/checkout/5b1c")
        known = {"If-None-Match": checkout.headers["ETag"]}
        again = await browser.get("/checkout/5b1c", headers=known)
        returning = await browser.get("/checkout/5b1c?payment_intent=pi_1&redirect_status=failed")
    ordinary, policy = policy_of(page), policy_of(checkout)
    assert policy["script-src"].split() == [
        *("'self'", "https://js.stripe.com", "https://*.js.stripe.com")
    ]
    assert policy["frame-src"].split() == [
        *("https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com")
    ]
    assert policy["connect-src"].split() == ["'self'", "https://api.stripe.com"]
    changed = ("script-src", "frame-src", "connect-src")
    assert {name: rule for name, rule in policy.items() if name not in changed} == {
        name: rule for name, rule in ordinary.items() if name not in changed
    }
    features = checkout.headers["Permissions-Policy"].split(", ")
    assert 'payment=(self "https://js.stripe.com")' in features
    assert {each for each in features if not each.startswith("payment=")} == {
        each
        for each in page.headers["Permissions-Policy"].split(", ")
        if not each.startswith("payment=")
    }
    assert checkout.headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert checkout.headers["X-Frame-Options"] == "DENY"
    # What a browser kept is shown under the policy that comes with the 304.
    assert again.status_code == 304
    assert policy_of(again) == policy_of(returning) == policy


@pytest.mark.parametrize("path", ["/", "/organizar", "/assets/index-1a2b.js", "/icons/192.png"])
async def test_what_is_known_already_costs_a_304(client: Path, path: str) -> None:
    async with a_browser(client) as browser:
        first = await browser.get(path)
        tag = first.headers["ETag"]
        for said in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
            again = await browser.get(path, headers={"If-None-Match": said})
            assert (again.status_code, again.content) == (304, b"")
            for name in ("ETag", "Cache-Control", "Vary", "Content-Security-Policy"):
                assert again.headers[name] == first.headers[name]
        other = await browser.get(path, headers={"If-None-Match": '"other"'})
        assert (other.status_code, other.content) == (200, first.content)


@pytest.mark.parametrize(
    ("said", "coding"), [("gzip, deflate, br", "br"), ("gzip;q=1, br;q=0.1", "gzip"), ("x", None)]
)
async def test_text_travels_compressed_as_the_client_likes_it(
    client: Path, said: str, coding: str | None
) -> None:
    readers = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
    async with a_browser(client) as browser:
        for path, text in (("/", PAGE), ("/assets/index-1a2b.js", SCRIPT)):
            async with browser.stream("GET", path, headers={"Accept-Encoding": said}) as answer:
                raw = b"".join([piece async for piece in answer.aiter_raw()])
                assert answer.headers.get("Content-Encoding") == coding
                assert "Accept-Encoding" in answer.headers["Vary"]
                assert int(answer.headers["Content-Length"]) == len(raw)
                assert answer.headers["ETag"] == (await browser.get(path)).headers["ETag"]
            assert readers[coding](raw).decode() == text
        picture = await browser.get("/icons/192.png", headers={"Accept-Encoding": said})
        assert "Content-Encoding" not in picture.headers
        assert "Accept-Encoding" not in picture.headers["Vary"]


async def test_a_head_says_what_a_get_would_and_sends_nothing(client: Path) -> None:
    async with a_browser(client) as browser:
        for path in ("/", "/r/7d9f", "/sw.js", "/icons/192.png", "/lost"):
            whole, head = await browser.get(path), await browser.head(path)
            assert head.content == b""
            assert head.status_code == whole.status_code
            for name in set(whole.headers) - {"date"}:
                assert head.headers[name] == whole.headers[name], name


async def test_parts_of_a_file_are_not_offered(client: Path) -> None:
    async with a_browser(client) as browser:
        answer = await browser.get("/sw.js", headers={"Range": "bytes=0-3"})
        assert (answer.status_code, answer.text) == (200, FILES["sw.js"])
        assert "Accept-Ranges" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.js",
        "/assets/../../secret.js",
        "/assets/..%2f..%2fsecret.js",
        "/%2e%2e/secret.js",
        "/assets/%2e%2e/%2e%2e/secret.js",
        "/..%5csecret.js",
        "/..\\secret.js",
        "//../secret.js",
        "/./../secret.js",
        "/assets/....//....//secret.js",
        "/assets/%00/../../secret.js",
        "/%c0%ae%c0%ae/secret.js",
        "/.vite/manifest.json",
        "/assets/",
        "/assets",
        "/icons/",
    ],
)
async def test_no_path_leads_out_of_the_build(client: Path, path: str) -> None:
    async with open_house(client=client) as house:
        stream = await house.connect()
        async with stream:  # By hand: a client would put the path in order first.
            head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            await stream.send_all(head.encode())
            answer = b"".join([bytes(data) async for data in stream])
    status = int(answer.split(b" ")[1])
    assert 300 <= status < 500
    assert b"a secret" not in answer
    assert b"not for anybody" not in answer


async def test_an_address_that_nobody_has_is_a_page_for_people_and_a_problem_for_programs(
    client: Path,
) -> None:
    async with open_house(client=client) as house, a_visitor(house) as person:
        for path in ("/lost", "/r", "/r/7d9f/more", "/organizar/", "/apis", "/assetsx"):
            answer = await person.get(path)
            assert (answer.status_code, answer.text) == (404, PAGE), path
            assert answer.headers["Cache-Control"] == "no-store"
            assert "ETag" not in answer.headers
            tagged = await person.get(path, headers={"If-None-Match": "*"})
            assert tagged.status_code == 404
        for path in (
            "/api",
            "/api/v1/lost",
            "/assets/index-0000.js",
            "/assets",
            "/api/v1/raffles/x",
        ):
            answer = await person.get(path)
            assert answer.status_code == 404, path
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.headers["Cache-Control"] == "no-store"
        assert (await person.post("/lost")).json()["code"] == "not_found"
        async with a_visitor(house, "*/*") as program:
            assert (await program.get("/lost")).json()["code"] == "not_found"


async def test_a_page_is_only_to_be_read(client: Path) -> None:
    async with a_browser(client) as browser:
        for path in ("/", "/organizar", "/sw.js"):
            answer = await browser.post(path, content=b"{}")
            assert (answer.status_code, answer.json()["code"]) == (405, "bad_request")
            assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


async def test_a_server_without_a_build_says_so_and_serves_everything_else(tmp_path: Path) -> None:
    async with open_house(client=tmp_path / "missing") as house, a_visitor(house) as person:
        answer = await person.get("/")
        assert answer.status_code == 200
        assert "npm run build" in answer.json()["page"]
        assert (await person.get("/api/v1/raffles")).status_code == 200
        for path in ("/r/7d9f", "/organizar", "/index.html", "/lost"):
            assert (await person.get(path)).json()["code"] == "not_found"


async def test_what_is_served_is_what_was_there_at_the_start(client: Path) -> None:
    async with a_browser(client) as browser:
        (client / "index.html").write_text("half of a new build")
        (client / "assets" / "index-1a2b.js").unlink()
        (client / "new.js").write_text("too late")
        assert (await browser.get("/organizar")).text == PAGE
        assert (await browser.get("/assets/index-1a2b.js")).text == SCRIPT
        assert (await browser.get("/new.js")).status_code == 404
