from __future__ import annotations

from urllib.parse import quote

import pytest

from alerts.redact import GONE, redact

HOOK = "https://hooks.slack.com/services/T012AB/B034CD/abcdefGHIJKL0123456789"


@pytest.mark.parametrize(
    "text",
    [
        HOOK,
        "url: /services/T012AB/B034CD/abcdefGHIJKL0123456789 (Caused by X)",
        f"{HOOK}?x=1",
        "https://hooks.slack.com/workflows/T1/A1/123/abcdefGHIJKL0123456789",
        "HTTPS://HOOKS.SLACK.COM/services/T012AB/B034CD/abcdefGHIJKL0123456789",
        "token xoxb-123-456-abcdefGHIJKL0123456789, xoxp-abcdefGHIJKL0123456789",
        "xapp-1-A1-abcdefGHIJKL0123456789",
        "smtp://me:abcdefGHIJKL0123456789@mail.example.org:587",
        "postgresql+psycopg://u:p@abcdefGHIJKL0123456789@db/x",
    ],
)
def test_well_known_shapes_are_hidden_though_nobody_names_them(text: str) -> None:
    hidden = redact(text)
    assert "abcdefGHIJKL0123456789" not in hidden
    assert GONE in hidden


@pytest.mark.parametrize(
    "secret", ["hunter2", "p@ss/w ord#1", "пароль", "https://relay.example/hook/s3cretpath?k=v4lue"]
)
def test_a_named_secret_is_hidden_in_every_spelling(secret: str) -> None:
    for spelling in (secret, quote(secret), quote(secret, safe="")):
        assert redact(f"before {spelling} after", [secret]) == f"before {GONE} after"


def test_the_path_of_a_secret_address_is_hidden_without_its_host() -> None:
    told = "host='relay.example', port=443: Max retries exceeded with url: /hook/s3cretpath"
    assert redact(told, ["https://relay.example/hook/s3cretpath"]).endswith(f"url: {GONE}")


@pytest.mark.parametrize("secret", ["", "a", "http://x/", "http://["])
def test_a_secret_too_short_to_be_one_does_not_hide_the_text(secret: str) -> None:
    assert redact("a plain sentence about /a path", [secret]) == "a plain sentence about /a path"


@pytest.mark.parametrize(
    "text",
    [
        "Slack answered 404: no_service",
        "https://www.ukrinform.net/rubric-polytics/1.html",
        "write to editor@example.org, or see https://example.org/a",
        "the foxbox-office of 2026",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert redact(text) == text
