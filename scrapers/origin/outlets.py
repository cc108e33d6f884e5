"""The known sources, found by the names that texts call them and by the hosts that they publish at."""

from __future__ import annotations

import enum
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from urllib.parse import urlsplit

from scrapers.source import RouteType, Source, SourceKind

_TOKEN = re.compile(r"[^\W_]+")
_CYRILLIC = re.compile("[а-яєіїґё]+")
_JOINT = re.compile(r"\s?[-‑–&./'’ʼ]?\s?|\s?[«»\"“”„]\s?")  # what may stand between two words of a name
_OPENING = "\"«„“”'‘’`‹"
_BRACKETED = re.compile(r"\s*\([^()]*\)\s*$")
_TELEGRAM = "t.me"
_BOUND = 2  # steps of a homepage's path from which on the rest of the host is somebody else's
_LONG, _MIDDLE = 6, 4  # letters from which on a name may bend: alone, and in a name of several words

# How nouns and adjectives of names end in Ukrainian and Russian, by the end of the nominative, longest first.
_ENDINGS = {
    last: tuple(forms.split())
    for last, forms in {
        "ое": "ое ого ому ым ом",
        "ая": "ая ой ую ою",
        "ий": "ий ого ому им ім его ему ом",
        "ый": "ый ого ому ым ом",
        "е": "е ого ому им ім",
        "а": "а и і у ою ої ій ы е ой ую",
        "я": "я і ї ю ею єю и е ей",
        "и": "и ам ями ами ах ях ей ів ов",
        "ы": "ы ам ами ах ов",
        "і": "і ам ями ами ах ях ей ів",
        "ь": "ь я ю ем єм ом і е",
        "й": "й я ю єм ем ї е",
    }.items()
}
_HARD = ("а", "у", "ові", "ом", "ем", "і", "е")
_UNBENT = re.compile("[оуюїєэё]$")

_SAME_OUTLET = re.compile(
    r"(?:News|Agency|TV|Television|Radio|Online|Live|Service|Verify|Ukraine|Ukrainian|Russian|Europe|World|Says?|Said"
    r"|Reports?|Reported|Writes|Citing|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep"
    r"|Oct|Nov|Dec)"
)
_BRANCH = re.compile(
    r" (?:Kyiv|Kharkiv|Odesa|Dnipro|Lviv|Sumy|Kherson|Zaporizhzhia|Mykolaiv|Donbas|Crimea|Poltava|Chernihiv|Київ|Харків"
    r"|Одеса|Дніпро|Львів|Суми|Херсон|Запоріжжя|Миколаїв|Донбас|Крим|Полтава|Чернігів|Новини|Спорт|Україна)\b"
)
_NEXT_WORD = re.compile(r"[ \u00a0](?:of (?:the )?)?([^\W\d_]\S*)")
_LAST_WORD = re.compile(r"([^\W\d_][^\s,;:()\"«»]*)[ \u00a0](?:the )?$")
_OURS = re.compile(r"[УВ]краї?н|Укра[иї]н|Ukrain|ЗСУ|ВСУ|AFU|Збройн|Вооруж|Armed", re.IGNORECASE)
_OF_A_NATION = re.compile(r"[\w’'-]+(?:ськ|цьк|зьк|ск|цк)\w{1,3}|[A-Z]\w+(?:ian|ish|ese|ican|nch|man|[’']s)|Dutch")


class _Case(enum.IntEnum):
    """What a name asks of the letters in the text."""

    ANY = 0
    INITIAL = 1
    ALL = 2


@dataclass(frozen=True, slots=True)
class _Name:
    words: tuple[frozenset[str], ...]
    cases: tuple[_Case, ...]
    bearers: tuple[Source, ...]
    quoted: bool  # an ordinary word in lower case, a name only in quotes or with a capital
    article: bool  # an ordinary word without its article


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in a text, from `start` to `end`, that names or links `outlet`."""

    start: int
    end: int
    outlet: Source
    linked: bool = False


class Outlets:
    """The catalogue's names and hosts, indexed once, asked for every article."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._by_id: dict[str, Source] = {}
        self._homes: dict[str, list[tuple[tuple[str, ...], Source]]] = defaultdict(list)
        bearers: dict[str, list[Source]] = defaultdict(list)
        for source in sources:
            self._by_id[source.id] = source
            for host, path in _homes(source):
                self._homes[host].append((path, source))
                if len(path) < _BOUND and host and "/" not in host:
                    bearers[host].append(source)
            for name in dict.fromkeys((_BRACKETED.sub("", source.name), *source.names)):
                bearers[name].append(source)
        self._index: dict[str, list[_Name]] = defaultdict(list)
        for spelled, owners in bearers.items():
            if entry := _name(spelled, tuple(owners)):
                for form in entry.words[0]:
                    self._index[form].append(entry)
        for entries in self._index.values():
            entries.sort(key=lambda entry: -len(entry.words))

    def by_host(self, url: str) -> str | None:
        """The id of the source that publishes at the address or host `url`; channels of t.me are told apart."""
        try:
            host, steps = _home(url if "//" in url else f"//{url}")
        except ValueError:
            return None
        while host and host not in self._homes and "." in host:
            host = host.partition(".")[2]
        homes = self._homes.get(host, [])
        above = [(len(path), source) for path, source in homes if steps[: len(path)] == path]
        if above:
            return max(above, key=lambda home: home[0])[1].id
        others = [(len(path), source) for path, source in homes if len(path) < _BOUND]
        if len({source.family for _, source in others}) == 1:
            return min(others, key=lambda home: home[0])[1].id
        return None

    def source(self, id_: str) -> Source:
        """The source with this id. Raises KeyError."""
        return self._by_id[id_]

    def named(self, name: str, language: str | None) -> Source | None:
        """The source that is called exactly `name`."""
        whole = name.strip(f" .,{_OPENING}»")
        found = next(self.mentions(whole, language), None)
        is_whole = found and found.end == len(whole) and whole[: found.start].strip().lower() in ("", "the")
        return found.outlet if found and is_whole else None

    def mentions(self, text: str, language: str | None) -> Iterator[Mention]:
        """Every name of a source in `text`, in order; of sources with one name, that in `language`."""
        words = [(found[0], found.start(), found.end()) for found in _TOKEN.finditer(text)]
        done = 0
        for at, (word, start, _) in enumerate(words):
            if start < done:
                continue
            for name in self._index.get(_fold(word), ()):
                if not (end := _stands(name, words, at, text)):
                    continue
                outlet = _bearer(name.bearers, language)
                done = end  # a longer name that nobody bears for sure hides the shorter ones in it
                if outlet and not _belongs_to_another(text, start, end, outlet):
                    branch = _BRANCH.match(text, end)
                    yield Mention(start, branch.end() if branch else end, outlet)
                break


def _homes(source: Source) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each host of a source with the steps of its path there."""
    yield _home(source.homepage)
    for host in source.hosts:
        yield _bare(host), ()
    for route in source.routes:
        if route.type is RouteType.TELEGRAM:
            yield _home(route.address)


def _home(url: str) -> tuple[str, tuple[str, ...]]:
    """Host and steps of the path; a Telegram channel is a host of its own. Raises ValueError."""
    parts = urlsplit(url)
    host, steps = _bare(parts.hostname or ""), tuple(step for step in parts.path.lower().split("/") if step)
    if host != _TELEGRAM:
        return host, steps
    channel = steps[1:2] if steps[:1] == ("s",) else steps[:1]
    return (f"{_TELEGRAM}/{channel[0]}", ()) if channel else ("", ())


def _bare(host: str) -> str:
    host = host.lower().rstrip(".")
    for front in ("www.", "m.", "amp."):
        host = host.removeprefix(front)
    return _TELEGRAM if host in ("telegram.me", "telegram.dog") else host


@lru_cache(maxsize=8192)
def _fold(word: str) -> str:
    return word.casefold().replace("ё", "е")


def _name(spelled: str, bearers: tuple[Source, ...]) -> _Name | None:
    """What is looked for in texts where sources are called as `spelled`; None when that is too little."""
    words = _TOKEN.findall(spelled)
    article = len(words) > 1 and words[0].lower() == "the"
    words = words[article:]
    if not words or (len(words) == 1 and len(words[0]) == 1):
        return None
    several = len(words) > 1
    folded = tuple(frozenset(_forms(_fold(word), several=several)) for word in words)
    cases = tuple(map(_case, words))
    quoted = not any(cases) and bool(_CYRILLIC.match(words[0]))
    # "The Times" needs its article, "The Kyiv Independent" does not
    return _Name(folded, cases, bearers, quoted=quoted, article=article and not several)


def _case(word: str) -> _Case:
    if len(word) > 1 and word.isupper():
        return _Case.ALL
    return _Case.INITIAL if word[:1].isupper() else _Case.ANY


def _forms(word: str, *, several: bool) -> Iterator[str]:
    """`word` with the regular endings of its kind, itself included."""
    yield word
    if len(word) < (_MIDDLE if several else _LONG) or not _CYRILLIC.fullmatch(word) or _UNBENT.search(word):
        return
    for last, endings in _ENDINGS.items():
        if word.endswith(last):
            yield from (word.removesuffix(last) + ending for ending in endings)
            return
    yield from (word + ending for ending in _HARD)


def _stands(name: _Name, words: list[tuple[str, int, int]], at: int, text: str) -> int:
    """Where `name` ends that begins with the word at `at`, 0 when it does not stand there."""
    here = words[at : at + len(name.words)]
    if len(here) < len(name.words) or (name.article and (not at or _fold(words[at - 1][0]) != "the")):
        return 0
    for forms, case, (word, _, _) in zip(name.words, name.cases, here, strict=True):
        if _fold(word) not in forms or not _is_as(case, word):
            return 0
    gaps = [(one[2], other[1]) for one, other in pairwise(here)]
    if not all(_JOINT.fullmatch(text, *gap) and text[slice(*gap)] != ". " for gap in gaps):
        return 0
    first, start, _ = here[0]
    is_bare = name.quoted and not first[0].isupper() and text[start - 1 : start] not in _OPENING
    return 0 if is_bare else here[-1][2]


def _is_as(case: _Case, word: str) -> bool:
    return case is _Case.ANY or (word.isupper() if case is _Case.ALL else word[0].isupper())


def _bearer(bearers: tuple[Source, ...], language: str | None) -> Source | None:
    """The source that is meant, None when outlets that have nothing to do with each other share the name."""
    alike = [source for source in bearers if source.language == language]
    if len({source.family for source in bearers}) == 1:
        return (alike or bearers)[0]
    return alike[0] if len(alike) == 1 else None


def _belongs_to_another(text: str, start: int, end: int, outlet: Source) -> bool:
    """Whether the name is a part of a longer one: "Reuters Institute", "Генштаб РФ", "Russian defence ministry"."""
    after = _NEXT_WORD.match(text, end)
    longer = bool(after and after[1][0].isupper() and not _SAME_OUTLET.match(after[1]) and not _BRANCH.match(text, end))
    if outlet.kind is not SourceKind.OFFICIAL:
        # Ukrainian and Russian names of outlets are followed by capitals that are none of theirs
        return bool(longer and after and after[1].isascii() and text[start:end].isascii())
    if after and longer and not _OURS.match(after[1]) and after[1].isascii() == text[start:end].isascii():
        return True
    before = _LAST_WORD.search(text, max(0, start - 40), start)
    return bool(before and _OF_A_NATION.fullmatch(before[1]) and not _OURS.match(before[1]))
