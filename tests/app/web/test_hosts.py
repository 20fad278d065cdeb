"""Which names are a page's own, and who says to come from elsewhere."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from app.web.hosts import foreign, known_hosts

LOCAL = ("127.0.0.1", "")


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
    ("given", "answer"),
    [({}, False), ({"origin": "http://127.0.0.1:7860"}, False), ({"sec-fetch-site": "same-origin"}, False),
     ({"sec-fetch-site": "none"}, False), ({"origin": "http://127.0.0.1:3000"}, True), ({"origin": "null"}, True),
     ({"origin": "https://evil.example"}, True), ({"sec-fetch-site": "cross-site"}, True),
     ({"sec-fetch-site": "same-site"}, True)],
)  # fmt: skip
def test_a_browser_says_where_a_request_comes_from(given: dict[str, str], answer: bool) -> None:
    assert foreign(Headers({"host": "127.0.0.1:7860", **given})) is answer
