import json
from typing import Any

import pytest

from alerts.model import Block
from alerts.slack_contract import MAX_BLOCKS, MAX_HEADER, MAX_SECTION, check
from alerts.slack_fitting import fit


def section(text: str, **more: Any) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def shown(blocks: list[Block]) -> str:
    return json.dumps(blocks, ensure_ascii=False)


def test_what_fits_stays_as_it_is() -> None:
    blocks = [section("one"), section("two")]
    assert fit(blocks) == blocks
    assert fit([]) == []


@pytest.mark.parametrize(
    "blocks",
    [
        [section(f"part {number}") for number in range(51)],
        [section(f"part {number} " + "x" * 2000) for number in range(9)],
        [section("part 0"), section("x" * 4000)],
        [section("part 0"), {"type": "carousel"}],
        [section("part 0"), section("<!channel> look")],
        [section("part 0", block_id="same"), section("part 1", block_id="same")],
    ],
    ids=["51 blocks", "18,000 characters", "4,000 in one", "unknown type", "a mention", "one id twice"],
)
def test_what_is_too_much_keeps_its_beginning_and_its_looks(blocks: list[Block]) -> None:
    fitted = fit(blocks)
    assert check({"text": "t", "blocks": fitted}) == []
    assert "part 0" in shown(fitted)
    assert len(fitted) <= MAX_BLOCKS
    assert "<!channel>" not in shown(fitted)


def test_what_was_left_out_is_counted() -> None:
    fitted = fit([section(f"part {number}") for number in range(60)])
    assert "11 parts of this message are more than Slack takes." in shown(fitted)


def test_a_long_text_is_cut_and_not_left_out() -> None:
    header: Block = {"type": "header", "text": {"type": "plain_text", "text": "y" * 400}}
    fitted = fit([header, section("слово " * 700)])
    assert len(fitted) == 2
    cut = [block["text"]["text"] for block in fitted]  # type: ignore[index]
    assert len(cut[0]) <= MAX_HEADER
    assert len(cut[1]) <= MAX_SECTION
    assert all(text.endswith("…") for text in cut)


def test_nothing_is_left_of_what_slack_would_refuse_as_a_whole() -> None:
    assert fit([{"type": "carousel"}]) == []
