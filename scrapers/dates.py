"""Read a date, with its time and zone, from the text of a feed, an HTML page or prose."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_LONGEST = 200  # characters; a longer text is prose and not a date
_AHEAD = timedelta(hours=26)  # a wall clock at +14:00 read as UTC, and a day of slack
_FIRST_YEAR, _LAST_YEAR = 1990, 2100  # of articles on the web; the rest are placeholders and slips

# January to December as news sites write them; a stem with a star takes up to five more letters (case endings).
_MONTHS = """
january february march april may june july august september october november december
jan feb mar apr may jun jul aug sep oct nov dec
jan feb mar apr may jun jul aug sept oct nov dec
січ* лют* бер* квіт* трав* черв* лип* серп* верес* жовт* листоп* груд*
січ лют бер кві тра чер лип сер вер жов лис гру
янв* фев* мар* апр* мая июн* июл* авг* сен* окт* ноя* дек*
янв* фев* мар* апр* май июн* июл* авг* септ* окт* ноем* дек*
студ* лют* сак* крас* траў* чэрв* ліп* жнів* верас* кастр* лістап* снеж*
януари февруари март април мае юни юли август септември октомври ноември декември
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień
sty lut mar kwi maj cze lip sie wrz paź lis gru
ledna února března dubna května června července srpna září října listopadu prosince
leden únor březen duben květen červen červenec srpen září říjen listopad prosinec
januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra
január február marec apríl máj jún júl august september október november december
januar februar märz april mai juni juli august september oktober november dezember
jän feb mär apr mai jun jul aug sep okt nov dez
jänner feber maerz april mai juni juli august sept oktober nov dez
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
janv févr mars avr mai juin juil aout sept oct nov déc
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
ene feb mar abr may jun jul ago sep oct nov dic
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
gen feb mar apr mag giu lug ago set ott nov dic
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
jan fev mar abr mai jun jul ago set out nov dez
januari februari maart april mei juni juli augustus september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
januar februar marts april maj juni juli august september oktober november desember
ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie
ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta \
marraskuuta joulukuuta
sausio vasario kovo balandžio gegužės birželio liepos rugpjūčio rugsėjo spalio lapkričio gruodžio
""".replace("\\\n", "").strip()
_FORMS = [(form, n) for line in _MONTHS.splitlines() for n, form in enumerate(line.split(), 1)]
_EXACT = {form: n for form, n in _FORMS if not form.endswith("*")}
_STEMS = {form[:-1]: n for form, n in _FORMS if form.endswith("*")}
_SHORTEST_STEM, _LONGEST_STEM, _ENDING = 3, 6, 5

# Hours from UTC; the abbreviations that news sites write. A name of a place beats an abbreviation.
_OFFSETS = {
    name: float(hours)
    for hours, names in {
        "0": "z utc gmt ut wet",
        "1": "cet bst mez west met",
        "2": "eet cest mesz",
        "3": "eest msk мск trt",
        "5.5": "ist",
        "8": "hkt sgt",
        "9": "jst kst",
        "10": "aest",
        "11": "aedt",
        "-4": "edt",
        "-5": "est cdt",
        "-6": "cst mdt",
        "-7": "mst pdt",
        "-8": "pst",
    }.items()
    for name in names.split()
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
    text without a year is no date, nor is one before 1990 or after 2100.
    """
    if len(text) > _LONGEST:
        text = text[: 5 * _LONGEST]  # it may be indented
    text = " ".join(text.replace("\u200e", "").split())
    when = _parse(text) if 0 < len(text) <= _LONGEST else None
    return when if when and _FIRST_YEAR <= when.year <= _LAST_YEAR else None


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
                return _year(found[year]), number, int(found[day])
    if found := _DMY.search(text):
        first, second, year = int(found[1]), int(found[3]), _year(found[4])
        return (year, first, second) if second > 12 >= first else (year, second, first)  # noqa: PLR2004
    return None


def _year(written: str) -> int:
    year = int(written)
    if len(written) > 2:  # noqa: PLR2004 - 0001 is the empty date of .NET, and not 2001
        return year
    return year + (2000 if year < 70 else 1900)  # noqa: PLR2004 - RFC 822 allowed two digits; POSIX: 70 is 1970


def _month(word: str) -> int | None:
    if word in _EXACT:
        return _EXACT[word]
    for size in range(min(_LONGEST_STEM, len(word)), _SHORTEST_STEM - 1, -1):
        if (number := _STEMS.get(word[:size])) and len(word) - size <= _ENDING:
            return number
    return None
