"""Which IP addresses everybody reaches, by a table of our own: Python's changes between patch releases.

From IANA's special-purpose address registries for IPv4 and IPv6, and what multicast and IANA's allocations of IPv6 add.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

CLOSED_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private use
            "100.64.0.0/10",  # shared by a provider's customers (carrier-grade NAT)
            "127.0.0.0/8",  # this machine
            "169.254.0.0/16",  # this link; a cloud's metadata
            "172.16.0.0/12",  # private use
            "192.0.0.0/24",  # protocol assignments; those that are global are a network's own servers all the same
            "192.0.2.0/24",  # examples
            "192.88.99.0/24",  # relays of 6to4, given up
            "192.168.0.0/16",  # private use
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # examples
            "203.0.113.0/24",  # examples
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
OPEN_6 = IPv6Network("2000::/3")
"""All that IANA has given out; this machine, links, sites and multicast are outside of it."""
CLOSED_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo (which wraps IPv4), benchmarks, ORCHID
            "2001:db8::/32",  # examples
            "3fff::/20",  # examples
        ),
    )
)
WRAPPING = ((IPv6Network("::ffff:0:0/96"), 0), (IPv6Network("64:ff9b::/96"), 0), (IPv6Network("2002::/16"), 80))
"""IPv4 within IPv6, and how many bits stand behind it: mapped, NAT64, 6to4."""


def is_public(address: str) -> bool:
    """An IP address -> whether it is reachable for everybody; one that wraps another is judged by what it wraps."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = next((IPv4Address(int(found) >> behind & 0xFFFFFFFF) for n, behind in WRAPPING if found in n), None)
        if inner is None:
            return found in OPEN_6 and not any(found in n for n in CLOSED_6)
        found = inner
    return not any(found in n for n in CLOSED_4)
