from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scrapers.errors import FetchError, FetchOutcome
from scrapers.fetch import Http, Validators, validators_of
from scrapers.web import address
from scrapers.web.address import GuardedAdapter
from scrapers.web.politeness import Politeness
from tests import servers
from tests.servers import Call, Reply, Web

NOW = datetime(2025, 2, 12, 18, 0, tzinfo=UTC)
GENEROUS = 10.0  # seconds; says only that a deadline of one second held


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as running:
        yield running


@pytest.fixture
def http(web: Web) -> Iterator[Http]:
    with opened(web) as client:
        yield client


def opened(
    *webs: Web,
    deadline: float = 1.0,
    read_timeout: float = 5.0,
    max_bytes: int = 10 << 20,
    respect_robots: bool = False,
) -> Http:
    return Http(
        agent="VartaTest/1.0",
        allow_hosts=frozenset(web.host for web in webs),
        connect_timeout=1.0,
        read_timeout=read_timeout,
        deadline=deadline,
        max_bytes=max_bytes,
        respect_robots=respect_robots,
        now=lambda: NOW,
    )


def failure(http: Http, url: str, validators: Validators | None = None) -> FetchError:
    with pytest.raises(FetchError) as caught:
        http.get(url, validators)
    return caught.value


def test_page_comes_with_bytes_headers_and_time(web: Web, http: Http) -> None:
    web.routes["/a"] = Reply(body="Привіт".encode(), headers={"Content-Type": "text/plain", "ETag": '"1"'})
    page = http.get(web.url("/a"))
    assert (page.status, page.body.decode(), page.fetched_at) == (200, "Привіт", NOW)
    assert page.url == page.final_url == web.url("/a")
    assert page.headers["content-type"] == "text/plain"
    assert web.requests[0].headers["user-agent"] == "VartaTest/1.0"


def test_gzip_is_asked_for_and_read(web: Web, http: Http) -> None:
    web.routes["/a"] = servers.gzipped(b"text" * 1000)
    assert http.get(web.url("/a")).body == b"text" * 1000
    assert web.requests[0].headers["accept-encoding"] == "gzip, deflate"


def test_one_connection_serves_several_pages(web: Web, http: Http) -> None:
    web.routes |= {"/a": b"a", "/b": b"b"}
    assert [http.get(web.url(path)).body for path in ("/a", "/b", "/a")] == [b"a", b"b", b"a"]
    assert web.connections == 1


@pytest.mark.parametrize(
    ("status", "outcome", "retryable"),
    [
        (404, FetchOutcome.GONE, False),
        (410, FetchOutcome.GONE, False),
        (401, FetchOutcome.BLOCKED, True),
        (403, FetchOutcome.BLOCKED, True),
        (451, FetchOutcome.BLOCKED, True),
        (500, FetchOutcome.SERVER_ERROR, True),
        (503, FetchOutcome.SERVER_ERROR, True),
        (429, FetchOutcome.RATE_LIMITED, True),
        (408, FetchOutcome.TIMEOUT, True),
        (204, FetchOutcome.SERVER_ERROR, True),
        (300, FetchOutcome.SERVER_ERROR, True),
        (302, FetchOutcome.SERVER_ERROR, True),  # without a Location
    ],
)
def test_status_decides_the_outcome(
    web: Web, http: Http, status: int, outcome: FetchOutcome, *, retryable: bool
) -> None:
    web.routes["/a"] = Reply(status)
    failed = failure(http, web.url("/a"))
    assert (failed.outcome, failed.retryable, failed.status) == (outcome, retryable, status)
    assert str(failed).startswith(f"{web.url('/a')}: {status}")


@pytest.mark.parametrize("header", ["x-amzn-waf-action", "cf-mitigated"])
def test_challenge_with_status_ok_is_no_page(web: Web, http: Http, header: str) -> None:
    web.routes["/a"] = Reply(202, b"<script>", {header: "challenge"})
    assert failure(http, web.url("/a")).outcome is FetchOutcome.BLOCKED


# Conditional requests


def test_not_modified_is_an_answer_when_validators_were_sent(web: Web, http: Http) -> None:
    def feed(call: Call) -> Reply:
        known = call.headers.get("if-none-match") == '"v1"'
        return Reply(304) if known else Reply(200, b"feed", {"ETag": '"v1"', "Last-Modified": "yesterday"})

    web.routes["/feed"] = feed
    first = http.get(web.url("/feed"))
    again = http.get(web.url("/feed"), validators_of(first))
    assert (first.status, again.status, again.body) == (200, 304, b"")
    assert web.requests[1].headers["if-modified-since"] == "yesterday"


def test_not_modified_that_nobody_asked_for_is_an_error(web: Web, http: Http) -> None:
    web.routes["/a"] = Reply(304)
    for unasked in (None, Validators()):
        failed = failure(http, web.url("/a"), unasked)
        assert (failed.outcome, failed.retryable) == (FetchOutcome.SERVER_ERROR, True)


def test_validators_go_to_the_url_they_came_from_only(web: Web, http: Http) -> None:
    web.routes |= {"/old": servers.redirect("/new"), "/new": Reply(304)}
    failed = failure(http, web.url("/old"), Validators(etag='"1"'))
    assert failed.outcome is FetchOutcome.SERVER_ERROR
    assert "if-none-match" in web.asked("/old")[0].headers
    assert "if-none-match" not in web.asked("/new")[0].headers


def test_redirected_page_has_no_validators(web: Web, http: Http) -> None:
    web.routes |= {"/old": servers.redirect("/new"), "/new": Reply(body=b"x", headers={"ETag": '"1"'})}
    assert validators_of(http.get(web.url("/old"))) == Validators()
    assert validators_of(http.get(web.url("/new"))) == Validators(etag='"1"')


def test_validators_that_would_break_the_request_are_not_sent(web: Web, http: Http) -> None:
    web.routes["/a"] = b"page"
    assert http.get(web.url("/a"), Validators('"1"\r\nX-Evil: 1', "вчора")).body == b"page"
    assert not {"x-evil", "if-none-match", "if-modified-since"} & web.requests[0].headers.keys()


# Redirects


def test_redirect_leads_to_the_final_url(web: Web, http: Http) -> None:
    web.routes |= {"/a": servers.redirect("b/c?x=1#part", 301), "/b/c": b"page"}
    page = http.get(web.url("/a"))
    assert (page.url, page.body) == (web.url("/a"), b"page")
    assert page.final_url.startswith(web.url("/b/c?x=1"))


def test_redirect_written_in_raw_utf8_is_followed(web: Web, http: Http) -> None:
    def to_cyrillic(call: Call) -> None:
        call.write(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /" + "їжак".encode() + b"\r\n\r\n")

    web.routes |= {"/a": to_cyrillic, "/%D1%97%D0%B6%D0%B0%D0%BA": b"page"}
    assert http.get(web.url("/a")).body == b"page"


def test_redirect_in_a_circle_ends(web: Web, http: Http) -> None:
    web.routes |= {"/a": servers.redirect("/b"), "/b": servers.redirect("/a")}
    failed = failure(http, web.url("/a"))
    assert (failed.outcome, failed.retryable) == (FetchOutcome.TOO_MANY_REDIRECTS, False)
    assert len(web.requests) == 2


def test_five_redirects_are_followed_and_no_sixth(web: Web, http: Http) -> None:
    web.routes |= {f"/{n}": servers.redirect(f"/{n + 1}") for n in range(1, 10)} | {"/10": b"end"}
    assert http.get(web.url("/5")).body == b"end"
    assert failure(http, web.url("/4")).outcome is FetchOutcome.TOO_MANY_REDIRECTS


@pytest.mark.parametrize(
    ("location", "outcome"),
    [
        ("http://169.254.169.254/latest/meta-data/", FetchOutcome.FORBIDDEN_ADDRESS),
        ("http://127.0.0.1/", FetchOutcome.FORBIDDEN_ADDRESS),
        ("http://2130706433/", FetchOutcome.FORBIDDEN_ADDRESS),
        ("http://[::ffff:127.0.0.1]/", FetchOutcome.FORBIDDEN_ADDRESS),
        ("http://example.org:6379/", FetchOutcome.FORBIDDEN_ADDRESS),
        ("file:///etc/passwd", FetchOutcome.BAD_URL),
        ("http://127.0.0.1\\@example.org/", FetchOutcome.BAD_URL),
        ("https://user:secret@example.org/", FetchOutcome.BAD_URL),
        ("http://[::1", FetchOutcome.BAD_URL),
    ],
)
def test_redirect_is_checked_like_the_first_url(web: Web, http: Http, location: str, outcome: FetchOutcome) -> None:
    web.routes["/a"] = servers.redirect(location)
    failed = failure(http, web.url("/a"))
    assert (failed.outcome, failed.retryable) == (outcome, False)
    assert "secret" not in str(failed)


def test_cookies_and_conditions_do_not_cross_hosts(web: Web) -> None:
    with Web({"/b": b"page"}) as other, opened(web, other) as http:
        web.routes["/a"] = Reply(
            302, headers={"Location": other.url("/b"), "Set-Cookie": "id=1; Domain=127.0.0.1; Path=/"}
        )
        http.get(web.url("/a"), Validators(etag='"1"'))
        http.get(other.url("/b"))
        assert all("cookie" not in call.headers for call in other.requests)
        assert all("if-none-match" not in call.headers for call in other.requests)


def test_cookies_are_not_kept_on_one_host_either(web: Web, http: Http) -> None:
    web.routes["/a"] = Reply(body=b"x", headers={"Set-Cookie": "id=1; Path=/"})
    http.get(web.url("/a"))
    http.get(web.url("/a"))
    assert all("cookie" not in call.headers for call in web.requests)


def test_circle_that_wants_its_cookie_back_is_passed(web: Web, http: Http) -> None:
    def gate(call: Call) -> Reply:
        if "seen=1; way=a=b" in call.headers.get("cookie", ""):
            return Reply(body=b"page")
        cookie = "seen=1; Path=/; HttpOnly\r\nSet-Cookie: way=a=b; Expires=Wed, 12 Feb 2025 19:00:00 GMT"
        return Reply(302, headers={"Location": "/a", "Set-Cookie": cookie})

    web.routes["/a"] = gate
    page = http.get(web.url("/a"), Validators(etag='"1"'))
    assert (page.body, page.final_url) == (b"page", web.url("/a"))
    assert [call.headers.get("if-none-match") for call in web.requests] == ['"1"', '"1"']
    http.get(web.url("/a"))
    assert "cookie" not in web.requests[2].headers  # a new chain


def test_circle_in_spite_of_a_cookie_ends(web: Web, http: Http) -> None:
    web.routes["/a"] = Reply(302, headers={"Location": "/a", "Set-Cookie": "seen=1"})
    assert failure(http, web.url("/a")).outcome is FetchOutcome.TOO_MANY_REDIRECTS
    assert len(web.requests) == 2


@pytest.mark.parametrize("cookie", ["no name", "=1", "a=b c\x01", "a=" + "x" * 5000, "ключ=1", "a=b,c"])
def test_cookie_that_would_break_a_request_is_not_kept(web: Web, http: Http, cookie: str) -> None:
    def gate(call: Call) -> None:
        raw = f"HTTP/1.1 302 Found\r\nLocation: /b\r\nSet-Cookie: {cookie}\r\nContent-Length: 0\r\n\r\n"
        call.write(raw.encode())

    web.routes |= {"/a": gate, "/b": b"page"}
    assert http.get(web.url("/a")).body == b"page"
    assert "cookie" not in web.asked("/b")[0].headers


# Permanent moves


@pytest.mark.parametrize(
    ("statuses", "end"),
    [((301,), "/1"), ((308, 301), "/2"), ((301, 302), "/1"), ((302, 301), ""), ((307,), ""), ((), "")],
)
def test_address_has_moved_as_far_as_redirects_are_for_good(
    web: Web, http: Http, statuses: tuple[int, ...], end: str
) -> None:
    web.routes |= {f"/{n}": servers.redirect(f"/{n + 1}", status) for n, status in enumerate(statuses)}
    web.routes[f"/{len(statuses)}"] = b"page"
    assert http.get(web.url("/0")).body == b"page"
    assert http.moved_to(web.url("/0")) == (web.url(end) if end else "")


def test_address_that_moved_to_nowhere_has_not_moved(web: Web, http: Http) -> None:
    web.routes["/a"] = servers.redirect("/gone", 301)
    failure(http, web.url("/a"))
    assert http.moved_to(web.url("/a")) == ""


# Connections


def test_connection_survives_answers_without_use(web: Web, http: Http) -> None:
    not_modified = Reply(304, headers={"Content-Length": "500"})  # of the page that it does not send
    web.routes |= {
        "/moved": Reply(301, b"moved", {"Location": "/page"}),
        "/same": not_modified,
        "/gone": Reply(404, b"not here"),
        "/page": b"page",
    }
    http.get(web.url("/same"), Validators(etag='"1"'))
    failure(http, web.url("/gone"))
    http.get(web.url("/moved"))
    assert web.connections == 1


def test_long_answer_without_use_is_not_read(web: Web, http: Http) -> None:
    web.routes |= {"/a": Reply(302, b"x" * 10_000, {"Location": "/b"}), "/b": b"page"}
    assert http.get(web.url("/a")).body == b"page"
    assert web.connections == 2


def test_surroundings_do_not_leak_in(web: Web, http: Http, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    web.routes["/a"] = b"page"
    assert http.get(web.url("/a")).body == b"page"
    assert "authorization" not in web.requests[0].headers


# Time


@pytest.mark.parametrize("fault", [servers.slow_headers, servers.slow_body, servers.silent])
def test_deadline_holds_against_a_dripping_server(web: Web, http: Http, fault: Callable[[Call], None]) -> None:
    web.routes["/a"] = fault
    began = time.monotonic()
    failed = failure(http, web.url("/a"))
    assert (failed.outcome, failed.retryable) == (FetchOutcome.TIMEOUT, True)
    assert time.monotonic() - began < GENEROUS


def test_deadline_holds_over_all_redirects_together(web: Web, http: Http) -> None:
    def late(call: Call) -> Reply:
        call.pause(0.4)
        return servers.redirect(f"{call.path}0")

    web.routes |= {f"/{'0' * n}": late for n in range(1, 6)}
    assert failure(http, web.url("/0")).outcome is FetchOutcome.TIMEOUT
    assert len(web.requests) < 5


def test_deadline_can_be_given_for_one_page(web: Web) -> None:
    web.routes["/a"] = servers.slow_headers
    with opened(web, deadline=600) as http, pytest.raises(FetchError) as caught:
        http.get(web.url("/a"), deadline=0.5)
    assert caught.value.outcome is FetchOutcome.TIMEOUT


def test_server_that_says_nothing_costs_the_read_timeout(web: Web) -> None:
    web.routes["/a"] = servers.silent
    with opened(web, deadline=600, read_timeout=0.3) as http:
        assert failure(http, web.url("/a")).outcome is FetchOutcome.TIMEOUT


def test_host_that_takes_no_connection_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        place = full.getsockname()
        waiting = [socket.socket() for _ in range(5)]
        for sock in waiting:  # fill the queue: further handshakes hang
            sock.settimeout(0)
            sock.connect_ex(place)
        with Http(
            agent="t",
            allow_hosts=frozenset({"127.0.0.1"}),
            connect_timeout=0.3,
            respect_robots=False,
            now=lambda: NOW,
        ) as http:
            failed = failure(http, f"http://127.0.0.1:{place[1]}/")
        for sock in waiting:
            sock.close()
    assert failed.outcome is FetchOutcome.TIMEOUT


def test_page_after_a_cut_one_is_whole(web: Web, http: Http) -> None:
    web.routes |= {"/slow": servers.slow_body, "/a": b"whole"}
    failure(http, web.url("/slow"))
    assert http.get(web.url("/a")).body == b"whole"


# Size


def test_endless_body_is_cut_at_the_limit(web: Web) -> None:
    web.routes["/a"] = servers.endless
    with opened(web, deadline=30, max_bytes=1 << 20) as http:
        failed = failure(http, web.url("/a"))
    assert (failed.outcome, failed.retryable) == (FetchOutcome.TOO_LARGE, False)


def test_limit_counts_what_was_unpacked(web: Web) -> None:
    web.routes |= {"/exact": servers.gzipped(b"x" * 1000), "/more": servers.gzipped(b"x" * 1001)}
    with opened(web, max_bytes=1000) as http:
        assert len(http.get(web.url("/exact")).body) == 1000
        assert failure(http, web.url("/more")).outcome is FetchOutcome.TOO_LARGE


def test_gzip_bomb_costs_less_than_64_mib(web: Web) -> None:
    web.routes["/bomb"] = servers.bomb(1 << 30)
    web.routes["/nested"] = Reply(
        body=servers.gzipped(servers.bomb(1 << 30).body).body, headers={"Content-Encoding": "gzip, gzip"}
    )
    program = textwrap.dedent(f"""
        import resource
        from datetime import UTC, datetime
        from scrapers.errors import FetchError
        from scrapers.fetch import Http

        with Http(agent="t", allow_hosts=frozenset({{{web.host!r}}}), respect_robots=False,
                  now=lambda: datetime.now(UTC)) as http:
            try:
                http.get({web.url("/missing")!r})
            except FetchError:
                pass
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for path in ({web.url("/bomb")!r}, {web.url("/nested")!r}):
                try:
                    http.get(path)
                except FetchError as failed:
                    print(failed.outcome)
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=120, check=True
    )
    first, second, kib = done.stdout.split()
    assert (first, second) == ("too_large", "too_large")
    assert int(kib) < 64 * 1024


# Broken answers


@pytest.mark.parametrize("fault", [servers.reset, servers.cut_short])
def test_half_a_page_is_no_page(web: Web, http: Http, fault: Callable[[Call], None]) -> None:
    web.routes["/a"] = fault
    failed = failure(http, web.url("/a"))
    assert (failed.outcome, failed.retryable) == (FetchOutcome.UNREACHABLE, True)


def test_body_longer_than_announced_ends_where_announced(web: Web, http: Http) -> None:
    web.routes["/a"] = Reply(body=b"page and more", headers={"Content-Length": "4"})
    assert http.get(web.url("/a")).body == b"page"
    web.routes["/b"] = b"next"
    assert http.get(web.url("/b")).body == b"next"


def test_unknown_content_encoding_is_an_error(web: Web, http: Http) -> None:
    web.routes["/a"] = Reply(body=b"\x0b", headers={"Content-Encoding": "br"})
    assert failure(http, web.url("/a")).outcome is FetchOutcome.SERVER_ERROR


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\x01\x02",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: " + b"gzip," * 40 + b"gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: //\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://" + b"a" * 300 + b".org/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://\xff\xfe/\r\n\r\n",
        b"HTTP/1.1 429 No\r\nRetry-After: \xb2\r\n\r\n",
        b"HTTP/1.1 429 No\r\nRetry-After: Fri, 99 Foo 2025 99:99:99 GMT\r\n\r\n",
    ],
)
def test_nonsense_is_always_a_fetch_error_or_a_page(web: Web, http: Http, raw: bytes) -> None:
    def nonsense(call: Call) -> None:
        call.write(raw)

    web.routes["/a"] = nonsense
    try:
        answer = str(http.get(web.url("/a")).status)
    except FetchError as failed:
        answer = str(failed)
    assert answer == "200" or (answer.startswith("http://") and answer.isprintable())


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Http(agent="t", allow_hosts=frozenset({"localhost"}), respect_robots=False, now=lambda: NOW) as own:
        failed = failure(own, f"http://localhost:{port}/")
    assert (failed.outcome, failed.retryable) == (FetchOutcome.UNREACHABLE, True)
    assert "refused" in str(failed)


def test_unknown_host_is_unreachable() -> None:
    with opened(deadline=60) as http:  # a resolver that is cut off itself takes its time to say so
        failed = failure(http, "http://no-such-host.invalid/")
    assert (failed.outcome, failed.retryable) == (FetchOutcome.UNREACHABLE, True)


# Rate limits


@pytest.mark.parametrize("status", [403, 429, 500, 503])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), (format_datetime(NOW + timedelta(hours=1), usegmt=True), 3600), ("9999999999", 86400)],
)
def test_host_is_left_alone_as_long_as_it_asks(web: Web, http: Http, status: int, header: str, seconds: int) -> None:
    web.routes |= {"/a": Reply(status, headers={"Retry-After": header}), "/b": b"page"}
    assert failure(http, web.url("/a")).retry_after == seconds
    later = failure(http, web.url("/b"))
    assert (later.outcome, later.retryable) == (FetchOutcome.RATE_LIMITED, True)
    assert later.retry_after is not None
    assert seconds - 60 < later.retry_after <= seconds
    assert [call.path for call in web.requests] == ["/a"]


def test_other_hosts_are_not_held_up_by_a_rate_limit(web: Web) -> None:
    web.routes["/a"] = Reply(429)
    with Web({"/b": b"page"}) as other, opened(web, other) as http:
        failure(http, web.url("/a"))
        assert http.get(other.url("/b")).body == b"page"


def test_time_named_by_a_missing_page_is_not_one_of_the_host(web: Web, http: Http) -> None:
    web.routes |= {"/a": Reply(404, headers={"Retry-After": "120"}), "/b": b"page"}
    assert failure(http, web.url("/a")).outcome is FetchOutcome.GONE
    assert http.get(web.url("/b")).body == b"page"


def test_unavailable_host_that_names_no_time_may_be_asked_again(web: Web, http: Http) -> None:
    web.routes |= {"/a": Reply(503), "/b": b"page"}
    failure(http, web.url("/a"))
    assert http.get(web.url("/b")).body == b"page"


# Politeness


@pytest.fixture
def stranger(web: Web, monkeypatch: pytest.MonkeyPatch) -> Iterator[Http]:
    """A client that takes the local server for a public one."""
    monkeypatch.setattr(address, "is_public", lambda _: True)
    monkeypatch.setitem(address.PORTS, "test", web.port)
    with Http(agent="VartaTest/1.0", now=lambda: NOW) as client:
        yield client


def test_public_host_is_given_its_delay_and_its_crawl_delay(web: Web, stranger: Http) -> None:
    slept: list[float] = []
    stranger._politeness = Politeness(1.0, clock=lambda: 100.0, sleep=slept.append)
    web.routes |= {"/robots.txt": b"User-agent: *\nCrawl-delay: 7", "/a": b"a", "/b": b"b"}
    stranger.get(web.url("/a"))
    stranger.get(web.url("/b"))
    assert slept == [1.0, 8.0]  # after robots.txt, and seven seconds after that


def test_own_host_is_asked_without_delay(web: Web, http: Http) -> None:
    slept: list[float] = []
    http._politeness = Politeness(1.0, clock=lambda: 100.0, sleep=slept.append)
    web.routes["/a"] = b"a"
    http.get(web.url("/a"))
    http.get(web.url("/a"))
    assert slept == []


def test_rate_limit_reaches_those_who_wait_already(web: Web, stranger: Http) -> None:
    def told_meanwhile(_: float) -> None:
        stranger._politeness.block(f"127.0.0.1:{web.port}", 60)
        stranger._politeness.block("127.0.0.1", 60)

    stranger._politeness = Politeness(1.0, clock=lambda: 100.0, sleep=told_meanwhile)
    assert failure(stranger, web.url("/a")).outcome is FetchOutcome.RATE_LIMITED
    assert [call.path for call in web.requests] == ["/robots.txt"]


# Robots


def test_robots_are_asked_once_and_obeyed(web: Web) -> None:
    web.routes |= {"/robots.txt": b"User-agent: *\nDisallow: /no", "/no": b"x", "/yes": b"page"}
    with opened(web, respect_robots=True) as http:
        assert http.get(web.url("/yes")).body == b"page"
        failed = failure(http, web.url("/no"))
    assert (failed.outcome, failed.retryable) == (FetchOutcome.DISALLOWED, False)
    assert [call.path for call in web.requests] == ["/robots.txt", "/yes"]


def test_redirect_to_a_disallowed_page_is_not_followed(web: Web) -> None:
    web.routes |= {"/robots.txt": b"User-agent: *\nDisallow: /no", "/no": b"x", "/a": servers.redirect("/no")}
    with opened(web, respect_robots=True) as http:
        assert failure(http, web.url("/a")).outcome is FetchOutcome.DISALLOWED
    assert not web.asked("/no")


@pytest.mark.parametrize("fault", [Reply(404), Reply(403), Reply(500), servers.reset, servers.redirect("/robots.txt")])
def test_missing_or_broken_robots_do_not_silence_a_feed(web: Web, fault: servers.Route) -> None:
    web.routes |= {"/robots.txt": fault, "/feed": b"feed"}
    with opened(web, respect_robots=True) as http:
        assert http.get(web.url("/feed")).body == b"feed"


def test_robots_that_drip_leave_time_for_the_page(web: Web) -> None:
    web.routes |= {"/robots.txt": servers.slow_body, "/feed": b"feed"}
    with opened(web, respect_robots=True, deadline=1.5) as http:
        assert http.get(web.url("/feed")).body == b"feed"


def test_robots_of_an_earlier_run_are_not_asked_again(web: Web) -> None:
    web.routes |= {"/robots.txt": b"User-agent: *\nDisallow: /no", "/yes": b"page", "/no": b"x"}
    with opened(web, respect_robots=True) as http:
        http.get(web.url("/yes"))
        remembered = http.robots.learned()
    with Http(agent="t", allow_hosts=frozenset({web.host}), robots=remembered, now=lambda: NOW) as http:
        http.get(web.url("/yes"))
        assert failure(http, web.url("/no")).outcome is FetchOutcome.DISALLOWED
        assert http.robots.learned() == {}
    assert len(web.asked("/robots.txt")) == 1


# Addresses and TLS


def test_loopback_is_refused_unless_the_user_names_it(web: Web) -> None:
    with Http(agent="t", respect_robots=False, now=lambda: NOW) as http:
        assert failure(http, web.url("/")).outcome is FetchOutcome.FORBIDDEN_ADDRESS
        assert failure(http, "http://localhost/").outcome is FetchOutcome.FORBIDDEN_ADDRESS
    assert web.connections == 0


def test_private_address_among_public_ones_is_not_tried(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "look_up", lambda *_: ["93.184.215.14", "127.0.0.1", "::1"])
    monkeypatch.setitem(address.PORTS, "test", web.port)
    with Http(agent="t", respect_robots=False, now=lambda: NOW) as http:
        assert failure(http, f"http://example.org:{web.port}/").outcome is FetchOutcome.UNREACHABLE
    assert web.connections == 0


def test_name_that_turns_private_between_two_polls_is_refused(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    monkeypatch.setattr(address, "look_up", lambda *_: next(answers))
    monkeypatch.setitem(address.PORTS, "test", web.port)
    with Http(agent="t", respect_robots=False, now=lambda: NOW) as http:
        url = f"http://example.org:{web.port}/"
        assert [failure(http, url).outcome for _ in range(2)] == [
            FetchOutcome.UNREACHABLE,
            FetchOutcome.FORBIDDEN_ADDRESS,
        ]
    assert web.connections == 0


def test_name_server_that_does_not_answer_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(address, "look_up", lambda *_: [str(ended.wait(60))])
    with Http(agent="t", respect_robots=False, deadline=0.3, now=lambda: NOW) as http:
        assert failure(http, "http://example.org/").outcome is FetchOutcome.TIMEOUT
    ended.set()


def test_host_in_national_letters_is_asked_by_its_ascii_name(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def look_up(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    monkeypatch.setattr(address, "look_up", look_up)
    web.routes["/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8"] = b"page"
    allowed = frozenset({f"україна.укр:{web.port}"})
    with Http(agent="t", allow_hosts=allowed, respect_robots=False, now=lambda: NOW) as http:
        page = http.get(f"http://УКРАЇНА.укр:{web.port}/новини")
    assert page.body == b"page"
    assert asked == ["xn--80aa2annq7l.xn--j1amh"]
    assert web.requests[0].headers["host"] == f"xn--80aa2annq7l.xn--j1amh:{web.port}"


def test_credentials_never_reach_a_message(http: Http) -> None:
    failed = failure(http, "http://user:secret@example.org/feed")
    assert (failed.outcome, str(failed)) == (
        FetchOutcome.BAD_URL,
        "http://example.org/feed: carries credentials",
    )


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return pem


@pytest.fixture
def tls_web(certificate: Path) -> Iterator[Web]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Web({"/a": b"page", "/slow": servers.slow_headers, "/body": servers.slow_body}, tls=context) as running:
        yield running


def local(web: Web) -> Http:
    return Http(
        agent="t",
        allow_hosts=frozenset({f"localhost:{web.port}"}),
        deadline=1.0,
        respect_robots=False,
        now=lambda: NOW,
    )


def test_certificate_that_nobody_vouches_for_is_refused(tls_web: Web) -> None:
    with local(tls_web) as http:
        failed = failure(http, f"https://localhost:{tls_web.port}/a")
    assert (failed.outcome, failed.retryable) == (FetchOutcome.UNREACHABLE, True)
    assert "CERTIFICATE_VERIFY_FAILED" in str(failed)
    assert not tls_web.requests


def test_deadline_holds_over_tls(tls_web: Web, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GuardedAdapter, "trust", str(certificate))
    with local(tls_web) as http:
        assert http.get(f"https://localhost:{tls_web.port}/a").body == b"page"
        for path in ("/slow", "/body"):
            assert failure(http, f"https://localhost:{tls_web.port}{path}").outcome is FetchOutcome.TIMEOUT


def test_tls_handshake_that_never_ends_is_cut() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://127.0.0.1:{mute.getsockname()[1]}/"
        with Http(
            agent="t",
            allow_hosts=frozenset({"127.0.0.1"}),
            deadline=0.5,
            respect_robots=False,
            now=lambda: NOW,
        ) as http:
            assert failure(http, url).outcome is FetchOutcome.TIMEOUT


# Threads


def test_public_host_has_two_requests_under_way_at_most(web: Web, stranger: Http) -> None:
    under_way, most, third, gate = 0, 0, threading.Event(), threading.Lock()

    def slow(_: Call) -> bytes:
        nonlocal under_way, most
        with gate:
            under_way += 1
            most = max(most, under_way)
            if most > 2:
                third.set()
        third.wait(0.2)  # time for a third one to come, if it may
        with gate:
            under_way -= 1
        return b"page"

    stranger._politeness = Politeness(0.0)
    web.routes |= {f"/{n}": slow for n in range(8)}
    threads = [threading.Thread(target=stranger.get, args=(web.url(f"/{n}"),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == 2


def test_many_threads_share_one_client(web: Web) -> None:
    web.routes |= {f"/{n}": str(n).encode() * 1000 for n in range(8)}
    wrong: list[int] = []

    def fetch_all(http: Http) -> None:
        wrong.extend(n for n in range(8) if http.get(web.url(f"/{n}")).body != str(n).encode() * 1000)

    with opened(web, deadline=30) as http:
        threads = [threading.Thread(target=fetch_all, args=(http,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert wrong == []
    assert len(web.requests) == 48


@pytest.mark.parametrize("agent", ["", " Varta", "Varta ", "Варта/1.0", "Varta\r\nX: 1", "Varta\x00", "Varta\x7f"])
def test_an_agent_that_no_request_can_carry_is_refused_at_once(agent: str) -> None:
    with pytest.raises(ValueError, match="a user agent is printable ASCII"):
        Http(agent=agent, now=lambda: NOW)


@pytest.mark.parametrize("coding", ["utf-8", "none", "binary", "8bit"])
def test_a_coding_that_is_none_spoils_no_page(web: Web, http: Http, coding: str) -> None:
    web.routes["/a"] = Reply(body=b"page", headers={"Content-Encoding": coding})
    assert http.get(web.url("/a")).body == b"page"
