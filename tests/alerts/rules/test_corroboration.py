import pytest

from alerts.model import Coverage
from alerts.rules import corroboration
from tests.builders_alerts import make_coverage


def reports(*kinds: str) -> list[Coverage]:
    """`agency` reports by itself; `-agency` is a copy, `>agency` names another outlet."""
    return [
        make_coverage(
            source=f"{kind}{n}", kind=kind.strip("->"), independent=kind[0] != "-", after="x" if kind[0] == ">" else ""
        )
        for n, kind in enumerate(kinds)
    ]


@pytest.mark.parametrize(
    ("require", "kinds", "missing"),
    [
        ("at least 2 independent", ["agency"], "1 independent; wanted 2 independent"),
        ("at least 2 independent", ["agency", "outlet"], ""),
        ("at least 2 independent", ["agency", "-outlet"], "1 independent; wanted 2 independent"),
        ("2 independent", ["agency", ">outlet"], "1 independent; wanted 2 independent"),
        ("2 independent", ["state-media", "state-media"], "1 independent; wanted 2 independent"),
        ("2 independent", ["state-media", "state-media", "outlet"], ""),
        ("at least 2 independent or 1 official", ["official"], ""),
        ("3 outlets", ["agency", "-outlet", "-outlet"], ""),
        ("1 official and 2 agency", ["official", "agency"], "1 official, 1 agency; wanted 1 official and 2 agency"),
        ("", [], ""),
    ],
)
def test_what_is_missing(require: str, kinds: list[str], missing: str) -> None:
    found = corroboration.missing(require, None, reports(*kinds))
    assert found == (f"waits for corroboration: {missing}" if missing else "")


def test_only_state_media_hold_a_story_until_somebody_else_reports_it() -> None:
    hold: corroboration.Hold = "only state media"
    assert corroboration.missing("", hold, reports("state-media", "state-media")) == "waits: only state media report it"
    assert corroboration.missing("", hold, reports("state-media", "-outlet")) == ""


@pytest.mark.parametrize(
    ("require", "says"),
    [
        ("two independent", "such as"),
        ("0 independent", "such as"),
        ("2 independant", "did you mean `independent`"),
        ("2 independent or", "such as"),
    ],
)
def test_a_condition_that_cannot_be_read_says_what_was_expected(require: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        corroboration.parse(require)
