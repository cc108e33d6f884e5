"""Read a date, with its time and zone, from the text of a feed, an HTML page or prose."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_LONGEST = 200  # characters; a longer text is prose and not a date
_AHEAD = timedelta(hours=26)  # a wall clock at +14:00 read as UTC, and a day of slack
_FIRST_YEAR = 1990

# Forms of one month, January to December; a trailing * allows up to four more letters (case endings).
_MONTHS = (
    "january jan januar janv janvier jänner jan enero ene gennaio gen janeiro januari styczeń stycznia sty"
    " stycz leden ledna január januára ianuarie ocak tammikuuta sausio січ* янв* студ* януари",
    "february feb februar febr février févr fév febrero febbraio fevereiro fev februari luty lutego lut"
    " únor února február februára februarie şubat helmikuuta vasario лют* фев* февруари",
    "march mar märz mär maerz mars marzo março maart marzec marca mrz březen března marec martie mart"
    " maaliskuuta kovo бер* мар* сак*",
    "april apr avril avr abril abr aprile aprilie kwiecień kwietnia kwi duben dubna apríl apríla nisan"
    " huhtikuuta balandžio квіт* кві апр* крас*",
    "may mai mayo maggio mag maio mei maj maja květen května máj mája mayıs toukokuuta gegužės трав* тра"
    " май мая мае траўня",
    "june jun juni juin junio giugno giu junho czerwiec czerwca cze červen června jún júna iunie haziran"
    " kesäkuuta birželio черв* чер июн* чэрв* юни",
    "july jul juli juillet juil julio luglio lug julho lipiec lipca lip červenec července júl júla iulie"
    " temmuz heinäkuuta liepos лип* июл* ліп* юли",
    "august aug août agosto ago augustus sierpień sierpnia sie srpen srpna augusta ağustos elokuuta"
    " rugpjūčio серп* сер авг* жнів*",
    "september sep sept septembre septiembre settembre set setembro wrzesień września wrz září septembra"
    " septembrie eylül syyskuuta rugsėjo верес* вер сен* верас* септ*",
    "october oct oktober okt octobre octubre ottobre ott outubro out październik października paź říjen"
    " října október októbra octombrie ekim lokakuuta spalio жовт* жов окт* кастр*",
    "november nov novembre noviembre novembro listopad listopada lis listopadu novembra noiembrie kasım"
    " marraskuuta lapkričio листоп* лис ноя* ноем* лістап*",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro grudzień grudnia gru prosinec"
    " prosince december decembra decembrie aralık joulukuuta gruodžio груд* гру дек* снеж*",
)
_EXACT = {form: n for n, forms in enumerate(_MONTHS, 1) for form in forms.split() if not form.endswith("*")}
_STEMS = {form[:-1]: n for n, forms in enumerate(_MONTHS, 1) for form in forms.split() if form.endswith("*")}
_SHORTEST_STEM, _LONGEST_STEM, _ENDING = 3, 6, 5

# Hours from UTC; the abbreviations that news sites write. A name of a place beats an abbreviation.
_OFFSETS = {
    **{"z": 0.0, "utc": 0, "gmt": 0, "ut": 0, "wet": 0, "bst": 1, "west": 1, "cet": 1, "cest": 2, "met": 1},
    **{"mez": 1, "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "мск": 3, "trt": 3, "ist": 5.5, "hkt": 8, "sgt": 8},
    **{"jst": 9, "kst": 9, "aest": 10, "aedt": 11, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7},
    **{"mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "hst": -10},
}
_PLACES = {
    "et": "America/New_York",
    "за києвом": "Europe/Kyiv",
    "за київським часом": "Europe/Kyiv",
    "по киеву": "Europe/Kyiv",
    "kyiv time": "Europe/Kyiv",
    "europe/kyiv": "Europe/Kyiv",
    "europe/kiev": "Europe/Kyiv",
    "по москве": "Europe/Moscow",
    "moscow time": "Europe/Moscow",
}
_ZONE = (
    r"(?:(?:utc|gmt)?\s*(?P<sign>[+\-−])(?P<oh>\d{1,2})(?::?(?P<om>\d{2}))?(?![\d:./]|-\d)"
    rf"|(?P<zone>{'|'.join(sorted(map(re.escape, [*_OFFSETS, *_PLACES]), key=len, reverse=True))})(?![^\W\d_]))"
)
_CLOCK = re.compile(
    r"(?<![\d.:])(?P<h>\d{1,2})(?::(?=\d)|\s?h(?=\d|\b)|(?=\s?[ap]\.?m\b)|\.(?=\d\d\s?(?:uhr|год)))"
    r"(?:(?P<m>\d{2})(?!\d)(?:[:.](?P<s>\d{2})(?!\d)(?:[.,:](?P<f>\d{1,9}))?)?)?"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?)?"
    rf"(?:\s*\(?(?:uhr|год\.?|hrs|h)?\)?,?\s*\(?{_ZONE})?"
)
_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)(?:t?(\d\d)(\d\d)(\d\d)?(?:\.\d+)?(z)?)?(?![\d])")
_YMD = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_CJK = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_DMY = re.compile(r"(?<![\d.,])(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d\d)(?!\d)")
_WORD = r"([^\W\d_]{3,13})"
_NAMED = (
    (re.compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|º|-?го|-е)?[.\s\-/]*(?:de\s|of\s)?{_WORD}[.,\s\-/]*(?:de\s|del\s)?"
                r"(?:of\s)?(\d{4}|\d\d)(?!\d)"), (3, 2, 1)),
    (re.compile(rf"{_WORD}[.\s\-/]+(\d{{1,2}})(?:st|nd|rd|th)?(?!\d)[,.\s\-/]*(\d{{4}})(?!\d)"), (3, 1, 2)),
    (re.compile(rf"(?<!\d)(\d{{4}})[.,\s\-/]+{_WORD}[.,\s\-/]+(\d{{1,2}})(?!\d)"), (1, 2, 3)),
    # asctime: the year stands behind the clock and the zone
    (re.compile(rf"{_WORD}\s(\d{{1,2}})(?!\d)\s.{{0,8}}?(\d{{4}})(?!\d)"), (3, 1, 2)),
)  # fmt: skip


def parse(text: str) -> datetime | None:
    """The date in `text`: aware, with the offset as written, when a zone is named; naive otherwise.

    Reads RFC 822, ISO 8601, day-first numbers (month first only where nothing else is possible) and
    month names in the languages of the table above. A date without a time of day is midnight, naive. A
    text without a year is no date.
    """
    text = " ".join(text[: _LONGEST + 1].replace("\u200e", "").split())
    return _parse(text) if 0 < len(text) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _parse(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    text = text.lower()
    try:
        if whole := _COMPACT.fullmatch(text):
            year, month, day, hour, minute, second = (int(part or 0) for part in whole.groups()[:6])
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC if whole[7] else None)
        return _read(text)
    except (ValueError, OverflowError):
        return None


def to_utc(when: datetime, fallback: tzinfo = UTC) -> datetime:
    """`when` in UTC; a naive time is read as wall-clock time in `fallback`."""
    aware = when if when.tzinfo else when.replace(tzinfo=fallback)
    try:
        return aware.astimezone(UTC)
    except OverflowError:  # the first and the last day that a datetime can hold
        return aware.replace(tzinfo=UTC)


def plausible(when: datetime, now: datetime) -> bool:
    """Whether an article can have appeared at `when`: not before 1990, not after tomorrow."""
    return when.year >= _FIRST_YEAR and to_utc(when) <= now + _AHEAD


def _read(text: str) -> datetime | None:
    # a "T" between date and clock is a word boundary for the patterns below
    text = re.sub(r"(?<=\d)t(?=\d)", " ", text)
    clock = _CLOCK.search(text)
    rest = text if clock is None else f"{text[: clock.start()]} | {text[clock.end() :]}"
    found = _day(rest)
    if found is None:
        return None
    year, month, day = found
    if year < 100:  # noqa: PLR2004 - RFC 822 allowed two digits
        year += 2000 if year < 70 else 1900  # noqa: PLR2004 - POSIX: 70 is 1970
    if clock is None or (hour := _hour(clock)) is None:
        return datetime(year, month, day)  # noqa: DTZ001 - naive is the promise
    minute, second = int(clock["m"] or 0), min(int(clock["s"] or 0), 59)
    fraction = int((clock["f"] or "0").ljust(6, "0")[:6])
    when = datetime(year, month, day, hour % 24, minute, second, fraction)  # noqa: DTZ001
    return _in_zone(when + timedelta(days=hour // 24), clock)


def _hour(clock: re.Match[str]) -> int | None:
    hour = int(clock["h"])
    if clock["half"]:
        hour = hour % 12 + (12 if clock["half"] == "p" else 0)
    return hour if hour <= 24 else None  # noqa: PLR2004 - ISO 8601 writes the end of a day as 24:00


def _in_zone(when: datetime, clock: re.Match[str]) -> datetime:
    if clock["sign"]:
        minutes = int(clock["oh"]) * 60 + int(clock["om"] or 0)
        return when.replace(tzinfo=_fixed(minutes if clock["sign"] == "+" else -minutes))
    if not (name := clock["zone"]):
        return when
    if name in _PLACES:
        offset = when.replace(tzinfo=ZoneInfo(_PLACES[name])).utcoffset()
        return when.replace(tzinfo=timezone(offset or timedelta()))
    return when.replace(tzinfo=_fixed(int(_OFFSETS[name] * 60)))


def _fixed(minutes: int) -> timezone:
    return timezone(timedelta(minutes=minutes)) if minutes else UTC


def _day(text: str) -> tuple[int, int, int] | None:
    if found := _YMD.search(text):
        return int(found[1]), int(found[3]), int(found[4])
    if found := _CJK.search(text):
        return int(found[1]), int(found[2]), int(found[3])
    for pattern, (year, month, day) in _NAMED:
        for found in pattern.finditer(text):
            if number := _month(found[month]):
                return int(found[year]), number, int(found[day])
    if found := _DMY.search(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        return (year, first, second) if second > 12 >= first else (year, second, first)  # noqa: PLR2004
    return None


def _month(word: str) -> int | None:
    if word in _EXACT:
        return _EXACT[word]
    for size in range(min(_LONGEST_STEM, len(word)), _SHORTEST_STEM - 1, -1):
        if (number := _STEMS.get(word[:size])) and len(word) - size <= _ENDING:
            return number
    return None
