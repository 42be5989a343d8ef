"""The committed build of the browser client, as a real server gives it to a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from sorteos_actors.embedded import EmbeddedServers
from sorteos_actors.web import static_files
from sorteos_actors.web.static_files import ASSETS
from tests.databases import fresh_database
from tests.integration.server_process import ServerProcess

FILES = static_files.read()
ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def browser(server: ServerProcess) -> Iterator[httpx.Client]:
    """Somebody who asks as a browser does."""
    headers = {"Accept": ACCEPT, "Accept-Encoding": "gzip, deflate, br"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as http:
        yield http


def links(page: str) -> list[str]:
    """Everything that a page loads."""
    return re.findall(r'<(?:script|link)\b[^>]*?\b(?:src|href)="([^"]+)"', page)


def test_there_is_a_build() -> None:
    assert FILES, "run: cd frontend && npm ci && npm run build"


def test_a_page_finds_everything_that_it_loads_wherever_it_is_opened(
    browser: httpx.Client,
) -> None:
    for address in ("/", "/r/7d9f0f0e-9f0c-4d40-8b51-0d4a8a3c5e10?n=0417", "/organizar", "/lost"):
        page = browser.get(address)
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        loaded = links(page.text)
        assert any(link.startswith(ASSETS) and link.endswith(".js") for link in loaded)
        for link in loaded:
            answer = browser.get(urljoin(str(page.url), link))
            assert answer.status_code == 200, link
            assert answer.content == FILES[link].content
            assert ("immutable" in answer.headers["Cache-Control"]) == link.startswith(ASSETS)


def test_every_file_of_the_build_is_served_and_text_is_smaller_on_the_way(
    server: ServerProcess, browser: httpx.Client
) -> None:
    for path, file in FILES.items():
        with browser.stream("GET", path) as answer:
            raw = b"".join(answer.iter_raw())
        assert answer.status_code == 200, path
        assert answer.headers["Content-Type"] == file.content_type
        if file.is_compressible and len(file.content) > 1000:
            assert answer.headers["Content-Encoding"] == "br"
            assert len(raw) < len(file.content) * 0.6, path


def test_the_page_holds_nothing_that_its_policy_forbids(browser: httpx.Client) -> None:
    page = browser.get("/")
    policy = page.headers["Content-Security-Policy"]
    assert "'unsafe-" not in policy
    assert re.findall(r"<script(?![^>]*\bsrc=)", page.text) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page.text) == []
    assert [link for link in links(page.text) if "://" in link or link.startswith("//")] == []


def test_the_app_can_be_installed(browser: httpx.Client) -> None:
    (link,) = re.findall(r'<link\b[^>]*rel="manifest"[^>]*>', browser.get("/").text)
    path = re.findall(r'href="([^"]+)"', link)[0]
    answer = browser.get(path)
    assert answer.headers["Content-Type"] == "application/manifest+json"
    manifest = answer.json()
    assert browser.get(urljoin("/", manifest["start_url"])).status_code == 200
    assert manifest["icons"]
    for icon in manifest["icons"]:
        picture = browser.get(urljoin(path, icon["src"]))
        assert picture.status_code == 200
        assert picture.headers["Content-Type"] == icon["type"]


def test_a_page_that_was_seen_costs_a_304_also_after_a_restart(
    server: ServerProcess, browser: httpx.Client
) -> None:
    known = {path: browser.get(path).headers["ETag"] for path in ("/", "/organizar", *FILES)}
    assert server.stop() == 0
    server.start()
    for path, tag in known.items():
        assert browser.get(path, headers={"If-None-Match": tag}).status_code == 304, path


def test_a_browser_and_a_program_meet_at_one_address(
    server: ServerProcess, browser: httpx.Client
) -> None:
    assert browser.get("/").headers["Content-Type"].startswith("text/html")
    with httpx.Client(base_url=server.url) as program:
        assert program.get("/").json()["raffles"] == "/api/v1/raffles"
        refused = program.get("/lost")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    # A browser's preference changes nothing below /api.
    assert browser.get("/api/v1/raffles").headers["Content-Type"] == "application/json"
    assert browser.get("/api/v1/lost").json()["code"] == "not_found"


def test_a_server_with_stripes_keys_lets_the_checkout_load_its_fields_and_no_other_page(
    servers: EmbeddedServers, tmp_path: Path, browser: httpx.Client
) -> None:
    keys = {
        "STRIPE_SECRET_KEY": "sk_test_key",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_key",
        "STRIPE_WEBHOOK_SECRETS": "whsec_key",
        "PAYMENTS_SANDBOX": "1",
    }
    shop = ServerProcess(fresh_database(servers), servers.redis_url or "", tmp_path, **keys)
    shop.start()
    try:
        for base, address, may in (
            (shop.url, "/checkout/5b1c", True),
            (shop.url, "/mis-numeros", False),
            (str(browser.base_url), "/checkout/5b1c", False),
        ):
            policy = browser.get(urljoin(base, address)).headers["Content-Security-Policy"]
            assert ("stripe.com" in policy) is may, (base, address)
    finally:
        shop.stop()
