from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

import pytest

from scrapers.errors import FetchError, FetchOutcome
from scrapers.fetch import Http
from scrapers.web import address
from scrapers.web.address import Gate, is_public, visible
from tests.servers import Web


@pytest.mark.parametrize(
    "ip",
    [
        *(
            "8.8.8.8",
            "1.1.1.1",
            "91.198.174.192",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
        ),
        *("2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "2001:4860:4860::8888"),
        *("::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"),
    ],
)
def test_addresses_of_the_internet_are_public(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize(
    "ip",
    [
        *(
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
        ),
        *("169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.8", "192.0.0.192", "192.0.2.1"),
        *("198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.250"),
        *("240.0.0.1", "255.255.255.255", "168.63.129.16"),
        *(
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "fe80::1",
            "fe80::1%eth0",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
        ),
        *("ff02::1", "5f00::1", "100::1", "2001:db8::1", "3fff::1", "2001::1", "2001:20::1", "4000::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::a9fe:a9fe"),
        *("64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:a9fe:a9fe::", "2002:7f00:1::1", "2002:e000:1::"),
        *("", "localhost", "127.1", "2130706433", "0x7f000001", "127.0.0.1.", "1.2.3", "①.1.1.1"),
    ],
)
def test_other_addresses_are_not(ip: str) -> None:
    assert not is_public(ip)


def test_nothing_is_public_that_the_standard_library_calls_special() -> None:
    blocks = [block for block in address._CLOSED_4 if int(block[0]) and int(block[-1]) < 2**32 - 1]
    edges = [ip for block in blocks for ip in (block[0] - 1, block[-1] + 1)]
    every_16 = [ipaddress.IPv4Address(n << 16 | 257) for n in range(2**16)]
    wrong = [ip for ip in edges + every_16 if is_public(str(ip)) and not (ip.is_global or ip.is_multicast)]
    assert wrong == []


def refusal(url: str, *own: str) -> tuple[FetchOutcome, str]:
    with pytest.raises(FetchError) as caught:
        Gate(frozenset(own)).target(url)
    assert not caught.value.retryable
    return caught.value.outcome, str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.org", "/path", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/"),
        *("javascript:alert(1)", "http://", "http:///path", "http://?x", "http://exa mple.org/"),
        *(
            "http://127.0.0.1\\@example.org/",
            "http://example.org\\.evil.org/",
            "http://example.org\\@127.0.0.1/",
        ),
        *("http://user@example.org/", "http://user:pass@example.org/", "http://@example.org/"),
        *("http://example.org:99999/", "http://example.org:-1/", "http://example.org:port/", "http://[::1/"),
        *("http://[v1.x]/", "http://example.org%2f@evil.org/", "http://127%2e0%2e0%2e1/", "http://a..b/"),
        *("http://example.org/\r\nHost: evil", "http://example.org\n.evil.org/", "http://example.org/\x00"),
        *("http://[::1]evil.org/", "http://" + "я" * 80 + ".org/"),
    ],
)
def test_url_that_parsers_could_read_in_two_ways_is_refused(url: str) -> None:
    assert refusal(url)[0] is FetchOutcome.BAD_URL


@pytest.mark.parametrize("url", ["http://example.org:8080/", "https://example.org:22/", "http://example.org:0/"])
def test_unusual_ports_are_for_the_users_own_hosts(url: str) -> None:
    assert refusal(url)[0] is FetchOutcome.FORBIDDEN_ADDRESS
    assert Gate(frozenset({"example.org"})).target(url).own


def test_what_is_sent_is_put_together_from_what_was_checked() -> None:
    target = Gate().target("HTTPS://ExAmple.ORG.:443/a/b?c=d&e#f")
    assert (target.url, target.host, target.port) == ("https://example.org/a/b?c=d&e", "example.org", 443)
    assert Gate().target("http://пример.испытание").url == "http://xn--e1afmkfd.xn--80akhbyknj4f/"
    assert Gate().target("http://①②⑦.0.0.1/").host == "127.0.0.1"


@pytest.mark.parametrize(
    ("entry", "host", "port", "owned"),
    [
        ("localhost", "LOCALHOST", 1234, True),
        ("LocalHost", "localhost", 443, True),
        ("localhost:8000", "localhost", 8000, True),
        ("localhost:8000", "localhost", 8001, False),
        ("example.org", "www.example.org", 80, False),
        ("example.org", "example.org.evil.org", 80, False),
        ("[::1]:8000", "::1", 8000, True),
        ("[::1]:8000", "::1", 80, False),
        ("[::1]", "::1", 9, True),
        ("::1", "0:0:0:0:0:0:0:1", 9, True),
        ("127.0.0.1", "2130706433", 80, False),
        ("", "example.org", 80, False),
        ("not a host", "", 80, False),
    ],
)
def test_own_hosts_are_told_by_name_and_port(entry: str, host: str, port: int, *, owned: bool) -> None:
    assert Gate(frozenset({entry})).owns(host, port) is owned


def test_address_that_changes_between_lookup_and_connection_gets_no_byte(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter([True, False])  # public when looked up, private when connected
    monkeypatch.setattr(address, "is_public", lambda _: next(answers))
    with Web({"/": b"secret"}) as web:
        monkeypatch.setitem(address.PORTS, "test", web.port)
        http = Http(agent="t", respect_robots=False, now=lambda: datetime.now(UTC))
        with http, pytest.raises(FetchError) as caught:
            http.get(web.url("/"))
        assert caught.value.outcome is FetchOutcome.FORBIDDEN_ADDRESS
        assert list(answers) == []
        assert web.requests == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:secret@example.org/a?b@c", "https://example.org/a?b@c"),
        ("http:\\\\me:secret@example.org/", "http:\\\\example.org/"),
        ("https://example.org/\x1b[31m\n", "https://example.org/?[31m?"),
        ("https://example.org/a@b", "https://example.org/a@b"),
    ],
)
def test_message_shows_no_credentials_and_no_control_characters(url: str, shown: str) -> None:
    assert visible(url) == shown
