"""Which addresses are everybody's: the registries' networks from end to end, and addresses that wrap others."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from ingest.fetch import CLOSED_4, CLOSED_6, is_public


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False), ("10.1.2.3", False), ("::1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("fe80::1%eth0", False), ("fd00::1", False),
        ("224.0.0.1", False), ("::ffff:93.184.216.34", True),
    ],
)  # fmt: skip
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("network", [*CLOSED_4, *CLOSED_6], ids=str)
def test_a_closed_network_is_closed_from_its_first_to_its_last_address(network) -> None:
    first, last = network[0], network[-1]
    assert not is_public(str(first))
    assert not is_public(str(last))
    around = [ip_address(int(first) - 1)] if int(first) else []
    around += [ip_address(int(last) + 1)] if int(last) + 1 < 2**network.max_prefixlen else []
    closed = [*CLOSED_4, *CLOSED_6]
    for address in around:
        if address.version == 4:  # what lies beside is open, where it is not the next closed network
            assert is_public(str(address)) is not any(address in n for n in closed if n.version == 4)


@pytest.mark.parametrize("version", ["192.0.0.8", "192.0.0.9", "192.0.0.170", "10.0.0.1", "100.64.0.9", "169.254.169.254"])
def test_what_wraps_a_closed_address_is_closed(version: str) -> None:
    number = int(ip_address(version))
    high, low = number >> 16, number & 0xFFFF
    for wrapped in (
        version,
        f"::ffff:{version}",
        f"64:ff9b::{high:x}:{low:x}",
        f"2002:{high:x}:{low:x}::1",
        f"2001:0:{high:x}:{low:x}::1",  # Teredo: the server
        f"2001:0:808:808::{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}",  # and the client
        f"::{version}",  # IPv4-compatible, given up
    ):
        assert not is_public(wrapped), wrapped


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("64:ff9b::808:808", True), ("2002:808:808::1", True), ("2a00:1450:4001:81b::200e", True),
        ("64:ff9b:1::808:808", False), ("100::1", False), ("5f00::1", False), ("fec0::1", False), ("ff02::1", False),
        ("2001:2::1", False), ("2001:20::1", False), ("3fff::1", False), ("2001:db8::1", False), ("::", False),
        ("255.255.255.255", False), ("198.19.255.255", False), ("192.88.99.1", False),
    ],
)  # fmt: skip
def test_special_purposes(address: str, public: bool) -> None:
    assert is_public(address) is public
