"""Everything one run needs, opened from the settings: configuration, database, network, channels."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Event

from sqlalchemy import Engine

from alerts import destinations, matching, watchlist
from alerts.channels import Channel
from alerts.channels.mail import SmtpSettings, parse_smtp_url
from alerts.channels.opening import open_channel
from alerts.destinations import Destination, Destinations, secret_name
from alerts.errors import DeliveryError, SendOutcome
from alerts.facts import Facts
from alerts.links import Links
from alerts.matching import Compiled
from alerts.reading import Reading
from alerts.watchlist import Watch, Watchlist
from flows import settings as environment
from flows.settings import Settings
from flows.sharing import Sharing
from scrapers import source
from scrapers.article import Article
from scrapers.errors import ConfigError
from scrapers.fetch import Http
from scrapers.origin.attribution import Outlets
from scrapers.source import Catalogue, Source
from scrapers.yamlfile import Problem, nearest
from storage import engine as database
from storage import robots
from storage.archive import Archive
from storage.engine import reading, transaction
from storage.likeness import embedding, gist
from storage.likeness.embedding import Embedder, EmbedderError
from storage.likeness.gist import Gist

log = logging.getLogger(__name__)

_EMBEDDED = 2_000  # characters of a text that an embedder is given


def utc_now() -> datetime:
    """The clock of every real run."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The three files of the user, checked together."""

    catalogue: Catalogue
    watchlist: Watchlist
    destinations: Destinations

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every mistake in any of the files, each with file and line."""
        return (*self.catalogue.problems, *self.watchlist.problems, *self.destinations.problems)

    @property
    def sources(self) -> dict[str, Source]:
        """All sources by id."""
        return {found.id: found for found in self.catalogue.sources}

    @property
    def facts(self) -> dict[str, Facts]:
        """What a query may ask of each source, by id."""
        return {found.id: _facts(found) for found in self.catalogue.sources}


def _facts(source: Source) -> Facts:
    names = frozenset(name.casefold() for name in (source.id, source.name, source.family))
    return Facts(names, source.kind, (source.home or "").casefold())


@dataclass(frozen=True, slots=True)
class House:
    """The rooms of one run. `now` is the clock, aware UTC, and `sleep` waits for so many of its seconds.

    `bell` is rung when a match was stored, where somebody delivers meanwhile.
    """

    settings: Settings
    configuration: Configuration
    compiled: Compiled
    outlets: Outlets
    engine: Engine
    http: Http
    archive: Archive
    now: Callable[[], datetime] = utc_now
    embedder: Embedder | None = None
    sleep: Callable[[float], None] = time.sleep
    bell: Event | None = None

    @property
    def links(self) -> Links | None:
        """What signs the actions of messages; None where no address for them is configured."""
        return self.settings.links

    def gists(self, read: Sequence[tuple[Article, tuple[str, ...], Reading]]) -> list[Gist]:
        """Articles with the entities that they name, ready to be stored; an embedder that fails costs no article."""
        taken = [gist.take(*one) for one in read]
        if self.embedder is None or not taken:
            return taken
        try:
            texts = [f"{one.article.title}\n{one.article.text[:_EMBEDDED]}" for one in taken]
            vectors = embedding.embed(self.embedder, texts)
        except Exception:  # whatever a plug-in may raise
            log.exception("embedder failed", extra={"embedder": self.settings.embedder, "articles": len(taken)})
            return taken
        return [replace(one, vector=vector) for one, vector in zip(taken, vectors, strict=True)]

    def channel(self, destination: Destination, recipient: str) -> Channel:
        """The means to reach `recipient`; raises DeliveryError when a setting for it is missing or wrong."""
        try:
            server = smtp(self.settings)
        except ConfigError as wrong:
            raise DeliveryError(str(wrong), SendOutcome.DEAD_CHANNEL) from None
        return open_channel(
            destination,
            recipient,
            secret=environment.secret,
            smtp=server,
            sender=self.settings.mail_from,
            allow_hosts=self.settings.allow_hosts,
        )

    def secrets(self, destination: Destination) -> tuple[str, ...]:
        """What no text about `destination` may tell."""
        slack, url = destination.slack, self.settings.smtp_url
        held = environment.secret(secret_name(slack.webhook or slack.token or "")) if slack else None
        return tuple(secret for secret in (held, url.get_secret_value() if url else None) if secret)


def configure(settings: Settings) -> Configuration:
    """Read the configuration files; raises ConfigError when one of them cannot be used at all.

    Files that hold what they held before are read once in a process.
    """
    return _configure(*_files(settings))


def _files(settings: Settings) -> Iterator[tuple[Path | None, bytes]]:
    for name in ("sources.yaml", "watchlist.yaml", "destinations.yaml"):
        path = settings.config_file(name)
        try:
            yield path, path.read_bytes() if path else b""
        except OSError:  # whoever loads it says what is wrong
            yield path, b""


@lru_cache(maxsize=4)
def _configure(*files: tuple[Path | None, bytes]) -> Configuration:
    sources, watches, destined = (path for path, _ in files)
    catalogue, found = source.load(sources), destinations.load(destined)
    watched = watchlist.load(watches, destinations=frozenset(found.by_id))
    topics = tuple(_unknown_topics(catalogue, watched))
    good = tuple(one for one in catalogue.sources if one.topics == "none" or one.topics in watched.topics)
    return Configuration(replace(catalogue, sources=good, problems=(*catalogue.problems, *topics)), watched, found)


def warm(settings: Settings) -> None:
    """Have ready in this process, and in all that are forked from it, what `opened` makes of the configuration."""
    _ready(*_files(settings))


@lru_cache(maxsize=4)
def _ready(*files: tuple[Path | None, bytes]) -> tuple[Configuration, Compiled, Outlets]:
    found = _configure(*files)
    return found, matching.compile(found.watchlist, found.facts), Outlets(found.catalogue.sources)


def _unknown_topics(catalogue: Catalogue, watched: Watchlist) -> Iterator[Problem]:
    for one in catalogue.sources:
        if one.topics != "none" and one.topics not in watched.topics:
            near = nearest(one.topics, ["none", *watched.topics])
            file, line = catalogue.places.get(one.id, ("sources.yaml", 1))
            yield Problem(file, line, f"sources `{one.id}`: no topic is called `{one.topics}`{near}")


@contextmanager
def opened(
    settings: Settings, now: Callable[[], datetime] = utc_now, sleep: Callable[[float], None] = time.sleep
) -> Iterator[House]:
    """A house with its database up to date; network and page archive are closed at the end."""
    configuration, compiled, outlets = _ready(*_files(settings))
    embedder = _embedder(settings)
    engine = database.open_engine(settings.database)
    archive = Archive(settings.home / "pages")
    try:
        database.upgrade(engine)
        with reading(engine) as session:
            remembered = robots.remembered(session, now())
        with (
            Sharing(engine, now) as sharing,
            Http(
                agent=settings.agent,
                allow_hosts=settings.allow_hosts,
                host_delay=settings.host_delay,
                robots=remembered,
                now=now,
                share=sharing,
            ) as http,
        ):
            yield House(settings, configuration, compiled, outlets, engine, http, archive, now, embedder, sleep)
            if learned := http.robots.learned():
                with transaction(engine) as session:
                    robots.keep(session, learned, now())
    finally:
        archive.close()
        engine.dispose()


def _embedder(settings: Settings) -> Embedder | None:
    try:
        return embedding.load(settings.embedder) if settings.embedder else None
    except EmbedderError as wrong:
        raise ConfigError(f"VARTA_EMBEDDER: {wrong}") from None


def smtp(settings: Settings) -> SmtpSettings | None:
    """The mail server of VARTA_SMTP_URL, if there is one; raises ConfigError when it cannot be read."""
    if settings.smtp_url is None:
        return None
    try:
        return parse_smtp_url(settings.smtp_url.get_secret_value())
    except ValueError as wrong:
        raise ConfigError(f"VARTA_SMTP_URL: {wrong}") from None


def chosen(configuration: Configuration, ids: tuple[str, ...]) -> tuple[Source, ...]:
    """The named sources, or all; raises KeyError with a sentence that offers the nearest name."""
    if not ids:
        return configuration.catalogue.sources
    by_id = configuration.sources
    for name in ids:
        if name not in by_id:
            raise KeyError(f"no source is called `{name}`{nearest(name, by_id)}")
    return tuple(by_id[name] for name in ids)


def watch_of(configuration: Configuration, name: str) -> Watch:
    """The watch with this id; raises KeyError with a sentence that offers the nearest name."""
    by_id = {watch.id: watch for watch in configuration.watchlist.watches}
    if name not in by_id:
        raise KeyError(f"no watch is called `{name}`{nearest(name, by_id)}")
    return by_id[name]
