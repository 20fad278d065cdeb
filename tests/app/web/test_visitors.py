"""Names of visitors and of the page, who says to come from elsewhere, and the share of each visitor in an hour."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from starlette.datastructures import Headers

from app.web import visitors
from app.web.visitors import (
    HOUR,
    Hourly,
    foreign,
    in_networks,
    is_proxied,
    known_hosts,
    lax,
    network,
    new_cookie,
    visitor,
    visitor_name,
)

SECRET = "s" * 32
LOCAL = ("127.0.0.1", "")


def test_logins_cookies_and_sessions_are_never_the_same_visitor() -> None:
    cookies = f"ask_visitor={SECRET}"
    names = [visitor_name(SECRET, cookies, SECRET), visitor_name(None, cookies, SECRET), visitor_name(None, "", SECRET)]
    assert len(set(names)) == 3
    assert visitor_name(None, 'ask_visitor="login:ann"', "x") != visitor_name("ann", "", "x")
    assert visitor_name(None, "", "login:ann") != visitor_name("ann", "", "x")


@pytest.mark.parametrize("cookies", ["", "ask_visitor=ann", f"ask_visitor={SECRET}x", "ask_visitor=" + "é" * 32, "a=b; ;="])
def test_only_secrets_that_the_page_made_name_a_browser(cookies: str) -> None:
    assert visitor(cookies) == ""
    assert visitor(new_cookie(secure=False).split(";")[0])


def test_cookies_of_others_are_made_to_stay_on_their_site() -> None:
    assert lax("a=b; HttpOnly; Path=/; SameSite=none; Secure", secure=False) == "a=b; HttpOnly; Path=/; Secure; SameSite=Lax"
    assert lax("a=b; Path=/", secure=True) == "a=b; Path=/; SameSite=Lax; Secure"


# --- the names of the page


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost", "LOCALHOST:80", "localhost.:7860", "[::1]:7860", "127.9.9.9", "localhost:9999"]
)
def test_a_page_of_this_machine_knows_the_names_of_this_machine(host: str) -> None:
    assert known_hosts(*LOCAL).knows(host)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:7860", "localhost.evil.example", "127.0.0.1.nip.io", "192.168.1.5", "0.0.0.0",
     "evil.example@127.0.0.1", "127.0.0.1/evil.example", "[::1", "[::2]", "127.0.0.1, evil.example", "localhost evil"],
)  # fmt: skip
def test_other_names_and_broken_ones_are_not_known(host: str) -> None:
    assert not known_hosts(*LOCAL).knows(host)


def test_an_address_that_is_listened_on_and_names_of_a_proxy_are_known() -> None:
    hosts = known_hosts("192.168.1.5", " Plan.example.org, other.example:8443 ")
    assert all(hosts.knows(h) for h in ("192.168.1.5:7860", "plan.example.org", "other.example", "localhost"))
    assert not any(hosts.knows(h) for h in ("192.168.1.6", "evil.example", "a.plan.example.org"))


def test_on_all_addresses_every_address_is_known_and_no_foreign_name() -> None:
    for listened in ("0.0.0.0", "::"):
        hosts = known_hosts(listened, "")
        assert all(hosts.knows(h) for h in ("192.168.1.5:7860", "[2001:db8::1]:7860", "127.0.0.1"))
        assert not hosts.knows("evil.example")


@pytest.mark.parametrize(
    ("headers", "answer"),
    [({}, False), ({"origin": "http://127.0.0.1:7860"}, False), ({"sec-fetch-site": "same-origin"}, False),
     ({"sec-fetch-site": "none"}, False), ({"origin": "http://127.0.0.1:3000"}, True), ({"origin": "null"}, True),
     ({"origin": "https://evil.example"}, True), ({"sec-fetch-site": "cross-site"}, True),
     ({"sec-fetch-site": "same-site"}, True)],
)  # fmt: skip
def test_a_browser_says_where_a_request_comes_from(headers: dict[str, str], answer: bool) -> None:
    assert foreign(Headers({"host": "127.0.0.1:7860", **headers})) is answer


PROXIES = (
    "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Anything", "Via", "X-Real-IP",
    "CF-Connecting-IP", "CF-Ray",
)  # fmt: skip


@pytest.mark.parametrize("name", PROXIES)
def test_whatever_a_proxy_adds_says_that_it_was_there(name: str) -> None:
    for value in (b"", b"127.0.0.1", b"anything"):
        assert is_proxied({"type": "http", "http_version": "1.1", "headers": [(name.lower().encode(), value)]})


def test_so_does_the_http_that_no_browser_speaks() -> None:
    of_browsers = [(b"host", b"127.0.0.1"), (b"user-agent", b"x"), (b"cookie", b"a=b"), (b"accept", b"*/*")]
    assert is_proxied({"type": "http", "http_version": "1.0", "headers": of_browsers})
    assert not is_proxied({"type": "http", "http_version": "1.1", "headers": of_browsers})


def test_visitors_are_told_apart_by_address_and_ipv6_by_network() -> None:
    assert network("192.0.2.1") == network("::ffff:192.0.2.1") == "192.0.2.1"
    assert network("2001:db8::1") == network("2001:db8::ffff") != network("2001:db8:1::1")
    assert network("no address") == ""


def test_a_proxy_is_named_by_its_address_or_its_network() -> None:
    networks = "10.0.0.0/8,192.0.2.1,2001:db8::/32"
    assert all(in_networks(a, networks) for a in ("10.1.2.3", "192.0.2.1", "::ffff:192.0.2.1", "2001:db8::7"))
    assert not any(in_networks(a, networks) for a in ("11.0.0.1", "", "x"))
    assert not in_networks("127.0.0.1", "")


# --- how often in an hour


def test_so_many_in_an_hour_and_each_visitor_for_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(visitors, "time", SimpleNamespace(monotonic=lambda: now[0]))
    hourly = Hourly(3)
    assert hourly.wait("ann") == 0
    now[0] += HOUR / 2
    assert [hourly.wait("ann", number=2), hourly.wait("ann"), hourly.wait("ann", number=2)] == [0, 30, 60]
    assert hourly.wait("bob", number=3) == 0
    assert hourly.wait("eve", number=4) == 60  # never at once
    now[0] += HOUR / 2
    assert [hourly.wait("ann"), hourly.wait("ann")] == [0, 30]


def test_of_very_many_visitors_the_latest_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "MAX_VISITORS", 2)
    hourly = Hourly(1)
    assert [hourly.wait(name) > 0 for name in ("ann", "bob", "ann", "eve", "ann", "bob")] == [
        False,
        False,
        True,
        False,
        True,
        False,
    ]
