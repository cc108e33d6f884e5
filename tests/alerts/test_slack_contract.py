from __future__ import annotations

from typing import Any

import pytest

from alerts.slack_contract import MAX_TOTAL, check, escape, link, plain


def text(written: str, kind: str = "mrkdwn") -> dict[str, Any]:
    return {"type": kind, "text": written}


def section(written: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": text(written), **more}


def button(**changes: Any) -> dict[str, Any]:
    return {"type": "button", "text": text("Read", "plain_text"), "url": "https://example.org/"} | changes


def actions(*buttons: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(buttons)}


def problems(*blocks: Any) -> list[str]:
    return check({"text": "fallback", "blocks": list(blocks)})


def test_a_message_within_all_limits_has_no_problem() -> None:
    assert (
        problems(
            {"type": "header", "block_id": "h", "text": text("x" * 150, "plain_text")},
            section("y" * 3000, block_id="s"),
            section("a &amp; b &lt;c&gt; <https://example.org/?a=1&amp;b=2|label>\n> quoted"),
            {"type": "section", "fields": [text("f" * 200)] * 10},
            {"type": "context", "elements": [text("c")] * 10},
            actions(*(button(action_id=str(n)) for n in range(25))),
            {"type": "divider"},
        )
        == []
    )


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ({"type": "header", "text": text("x" * 151, "plain_text")}, "too_long"),
        ({"type": "header", "text": text("x")}, "type plain_text"),
        ({"type": "header"}, "text object"),
        (section("x" * 3001), "too_long"),
        (section("  "), "is empty"),
        ({"type": "section"}, "is empty"),
        ({"type": "section", "fields": [text("x")] * 11}, "1 to 10"),
        ({"type": "section", "fields": [text("x" * 2001)]}, "too_long"),
        ({"type": "context", "elements": [text("x")] * 11}, "1 to 10"),
        ({"type": "context", "elements": []}, "1 to 10"),
        (actions(*[button()] * 26), "1 to 25"),
        (actions(button(text=text("x" * 76, "plain_text"))), "too_long"),
        (actions(button(text=text("x"))), "type plain_text"),
        (actions(button(url="javascript:alert(1)")), "invalid_url"),
        (actions(button(url="https://example.org/" + "x" * 3000)), "longer than 3000"),
        (actions(button(value="x" * 2001)), "longer than 2000"),
        (actions(button(action_id="a"), button(action_id="a")), "action_id `a` is used twice"),
        (actions({"type": "datepicker"}), "not a button"),
        ({"type": "image"}, "is not a header"),
        ("text", "is not a header"),
        (None, "is not a header"),
        (section("<!channel> wake up"), "invalid_url"),
        (section("<@U012AB3CD>"), "invalid_url"),
        (section("<#C012AB3CD>"), "invalid_url"),
        (section("<!subteam^S1>"), "invalid_url"),
        (section("<mailto:a@example.org|write>"), "invalid_url"),
        (section("<javascript:alert(1)|read>"), "invalid_url"),
        (section("<http://[|read>"), "invalid_url"),
        (section("a < b"), "bare angle bracket"),
        (section("a > b"), "bare angle bracket"),
        (section("a & b"), "bare &"),
        (section("x", block_id="i" * 256), "longer than 255"),
    ],
)
def test_what_slack_would_refuse_or_obey_is_named(block: object, told: str) -> None:
    assert any(told in problem for problem in problems(block))


def test_the_same_block_id_twice_is_a_problem() -> None:
    assert problems(section("a", block_id="x"), section("b", block_id="x")) == [
        "invalid_blocks: block_id `x` is used twice"
    ]


def test_fifty_one_blocks_are_too_many() -> None:
    assert problems(*[{"type": "divider"}] * 50) == []
    assert problems(*[{"type": "divider"}] * 51) == ["invalid_blocks: 51 blocks, Slack takes 50"]


def test_the_total_is_limited_though_every_block_fits() -> None:
    (problem,) = problems(*[section("x" * 2900)] * 5)
    assert problem.startswith("msg_blocks_too_long")
    assert str(MAX_TOTAL) in problem


@pytest.mark.parametrize("payload", [{}, {"text": ""}, {"text": " "}, {"text": None}, {"text": 1}, {"blocks": []}])
def test_a_message_without_text_is_refused(payload: dict[str, object]) -> None:
    assert check(payload)[0].startswith("no_text")


@pytest.mark.parametrize("blocks", [None, "x", 1, {"type": "section"}])
def test_blocks_that_are_no_list_are_refused(blocks: object) -> None:
    assert check({"text": "x", "blocks": blocks}) == ["invalid_blocks: `blocks` is not a list"]


def test_the_text_is_judged_like_mrkdwn() -> None:
    assert check({"text": "<!here>"}) != []


@pytest.mark.parametrize(
    "label", ["a|b", "<x>", "*b*", "a & b", "`c`", "_d_", "~e~", "<!channel>", "https://evil.example"]
)
def test_a_link_with_any_label_is_one_link(label: str) -> None:
    made = link("https://example.org/?a=1&b=2|3", label)
    assert check({"text": made}) == []
    assert made.startswith("<https://example.org/?a=1&amp;b=2%7C3|")
    assert (made.count("<"), made.count("|"), made.count(">")) == (1, 1, 1)


def test_escaped_text_has_no_formatting_and_reads_the_same() -> None:
    escaped = escape("*a* _b_ ~c~ `d` <e> & f")
    assert not set("*_~`<>") & set(escaped)
    assert escaped.endswith("&lt;e&gt; &amp; f")


def test_plain_text_keeps_everything_but_angle_brackets() -> None:
    assert plain("*a* & <b>") == "*a* & \u2039b\u203a"
