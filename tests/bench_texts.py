"""Articles without end that count like news: vocabularies by Zipf's law, events with names and figures, reprints."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scrapers.article import Article

BEGIN = datetime(2025, 2, 10, tzinfo=UTC)
_SOURCES = 140
_WORDS, _NAMES = 50_000, 6_000
_SENTENCE, _SENTENCES = 17, 24  # words of one, and how many
_OFTEN = 0.16  # share of words that the event gives
_FOLLOWED, _REPRINTED = 0.55, 0.12  # articles on an event of before, and those that repeat a text
_OPEN = 400  # events that are still written of
_COMMON = {
    "en": "the of to and in a for on that with is by as was at from has it be its have said will an are not which",
    "uk": "у в на та що з і для про до не за як він від це які під час також його було після вона їх може буде",
    "ru": "в и на что с по для не о к за как он от это из которые также его было после она их может будет при",
}
_SYLLABLES = {  # openings, middles, closings
    "en": ("b c d f g h k l m n p r s t v w st tr sh br", "a e i o u ea ou ai", "s t n r d ng"),
    "uk": ("б в г д ж з к л м н п р с т х ц ш пр ст", "а е и і о у я є", "в й к м н р т ть"),
    "ru": ("б в г д ж з к л м н п р с т х ц ш пр ст", "а е и о у ы я ё", "в й к м н р т ть"),
}
# half of the events name some that the shipped watches wait for
_TRACKED = {
    "en": ("Ukraine", "NATO", "Rutte", "Zelensky", "Patriot", "Russia", "Kyiv", "Ramstein", "Pentagon", "missiles"),
    "uk": ("України", "НАТО", "Рютте", "Зеленський", "Київ", "Росії", "Рамштайн", "Пентагону", "ракет", "Генштаб"),
    "ru": ("Украины", "НАТО", "Рютте", "Зеленский", "Киев", "России", "Рамштайн", "Пентагона", "ракет", "дронов"),
}


@dataclass(frozen=True, slots=True)
class _Event:
    language: str
    telling: tuple[str, ...]  # its names, figures and subject words, repeated as often as they are used
    text: str  # its first article


class Newsroom:
    """Articles of about 400 words in English, Ukrainian and Russian; the same ones for the same seed."""

    def __init__(self, seed: int = 1, sources: int = _SOURCES) -> None:
        self._dice = random.Random(seed)
        self._seed, self._sources = seed, sources
        # vocabularies are those of a language, whatever the seed: articles of two newsrooms have words in common
        self._words = {language: _vocabulary(language) for language in _COMMON}
        self._names = {language: [word.title() for word in words[-_NAMES:]] for language, words in self._words.items()}
        self._ranks = _cumulated(_WORDS)
        self._name_ranks = _cumulated(_NAMES)
        self._events: list[_Event] = []

    def write(self, count: int, since: datetime = BEGIN, step: timedelta = timedelta(seconds=13)) -> Iterator[Article]:
        """`count` articles, `step` apart: 20,000 fill the three days in which stories grow."""
        for number in range(count):
            event = self._event()
            title, text = self._title(event), event.text
            if not text or self._dice.random() > _REPRINTED:
                text = self._text(event)
            if len(self._events) < _OPEN or self._dice.random() > _FOLLOWED:
                self._keep(_Event(event.language, event.telling, text))
            source = f"outlet-{self._dice.randrange(self._sources)}"
            yield Article(
                source=source,
                url=f"https://{source}.example/{self._seed}/{number}-{self._dice.getrandbits(40):x}",
                title=title,
                text=text,
                published=since + number * step,
                language=event.language,
            )

    def _event(self) -> _Event:
        dice = self._dice
        if self._events and dice.random() < _FOLLOWED:
            return dice.choice(self._events)
        language = dice.choice(("en", "uk", "ru"))
        names = dice.choices(self._names[language], cum_weights=self._name_ranks, k=5)
        figures = [str(dice.randrange(10, 3000)) for _ in range(3)]
        subject = dice.choices(self._words[language][200:], k=12)
        tracked = dice.sample(_TRACKED[language], k=6) if dice.random() < 0.5 else []
        return _Event(language, (*names, *names, *figures, *subject, *tracked), "")

    def _keep(self, event: _Event) -> None:
        if len(self._events) < _OPEN:
            self._events.append(event)
        else:
            self._events[self._dice.randrange(_OPEN)] = event

    def _title(self, event: _Event) -> str:
        return _opened((*self._dice.sample(event.telling, k=5), *self._plain(event.language, 4)))

    def _text(self, event: _Event) -> str:
        words = self._plain(event.language, _SENTENCE * _SENTENCES)
        for place in range(len(words)):
            if self._dice.random() < _OFTEN:
                words[place] = self._dice.choice(event.telling)
        sentences = [words[start : start + _SENTENCE] for start in range(0, len(words), _SENTENCE)]
        return "\n\n".join(f"{_opened(sentence)}." for sentence in sentences)

    def _plain(self, language: str, count: int) -> list[str]:
        return self._dice.choices(self._words[language], cum_weights=self._ranks, k=count)


def _opened(words: Sequence[str]) -> str:
    line = " ".join(words)
    return line[0].upper() + line[1:]


def _vocabulary(language: str) -> list[str]:
    """Common words first, then made ones, the short ones first, as in a language."""
    dice = random.Random(language)
    opening, middle, closing = (part.split() for part in _SYLLABLES[language])
    words = dict.fromkeys(_COMMON[language].split())
    while len(words) < _WORDS:
        parts = 1 + (len(words) > 300) + (len(words) > 12_000)
        made = "".join(dice.choice(opening) + dice.choice(middle) for _ in range(parts)) + dice.choice(closing)
        words[made + (dice.choice(middle) if dice.random() < 0.5 else "")] = None
    return list(words)


def _cumulated(count: int) -> list[float]:
    """Weights by Zipf's law with Mandelbrot's shift, summed up."""
    return list(itertools.accumulate(1 / (rank + 2.7) for rank in range(count)))
