"""Public addresses: which addresses somebody else may have us dial, and none inside the house."""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from waitingroom.errors import RefusedError

HERE = frozenset({"127.0.0.1", "::1", "localhost"})
"""This very machine, only where the address names it so itself: for a directory that is served here."""
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""Addresses behind which another one stands, of IPv4 (RFC 6052)."""
NOWHERE: frozenset[str] = frozenset()


class AddressError(RefusedError):
    """Only addresses that begin with https:// and are on the public internet are fetched."""


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the public internet: not this machine, not this house, no metadata."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if inner is None and found in NAT64:
        inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    if inner is not None:
        found = inner
    return found.is_global and not found.is_multicast and not found.is_reserved


def checked(url: str, *, here: Collection[str] = HERE) -> str:
    """Return an address that may be dialled. Raises AddressError for any other.

    `here`: the names by which this very machine may be dialled too. A name is looked up where it is dialled.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise AddressError from None
    local = host in here
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise AddressError
    if not host or parts.username is not None or parts.password is not None:
        raise AddressError
    if not local and not (is_public(host) if _is_number(host) else "." in host.strip(".")):
        raise AddressError
    return url


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(host) and host.replace(".", "").isdigit()
    return True
