"""How every mail and page looks in a real browser: no overflow, enough contrast, light and dark, narrow and wide."""

from __future__ import annotations

import pytest

from tests import browser, shown
from tests.browser import Seen

MAILS = shown.mails()
SHOWN = {name: message.html for name, message in MAILS.items()} | shown.web_pages()
WIDTHS = (browser.NARROW, browser.MIDDLE, browser.WIDE)
PAGES = [(name, width) for name in SHOWN for width in WIDTHS]
LONG = "Дев'ятисотп'ятдесятиметровий" * 12


@pytest.fixture(scope="module", params=[False, True], ids=["light", "dark"])
def looks(request: pytest.FixtureRequest) -> tuple[bool, dict[tuple[str, int], Seen]]:
    """All of them in one run of the browser."""
    dark = bool(request.param)
    seen = browser.look([(SHOWN[name], width) for name, width in PAGES], dark=dark)
    return dark, dict(zip(PAGES, seen, strict=True))


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(("name", "width"), PAGES)
def test_it_fits_its_width_and_can_be_read(
    looks: tuple[bool, dict[tuple[str, int], Seen]], name: str, width: int
) -> None:
    dark, seen = looks[0], looks[1][name, width]
    assert seen.width <= width
    assert seen.texts > 1
    assert seen.dark is dark
    assert seen.faint == []


@pytest.mark.real
@pytest.mark.slow
def test_endless_words_do_not_widen_a_mail() -> None:
    pages = [
        (message.html.replace("Рютте", LONG).replace("Одесою", LONG), browser.NARROW) for message in MAILS.values()
    ]
    assert [seen.width for seen in browser.look(pages, dark=False)] == [browser.NARROW] * len(pages)


@pytest.mark.real
@pytest.mark.slow
def test_the_measure_finds_what_is_wrong() -> None:
    words = '<p style="color:#aaa">faint</p><p style="width:900px">wide</p>'
    page = f'<html><body style="background:#fff">{words}</body></html>'
    (seen,) = browser.look([(page, browser.NARROW)], dark=True)
    assert seen.faint == ["faint: 2.32"]
    assert seen.width > browser.NARROW


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_is_whole_without_pictures_and_below_what_gmail_cuts(name: str) -> None:
    html = MAILS[name].html
    assert "<img" not in html
    assert "url(" not in html
    assert "src=" not in html
    assert len(html.encode()) < 80_000
