"""The outlet that an article names as the origin of its report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scrapers.article import Attribution
from scrapers.origin import phrases
from scrapers.origin.outlets import Mention, Outlets
from scrapers.origin.phrases import Depth
from scrapers.source import Source, SourceKind

__all__ = ["Outlets", "find"]

_LEAD = 1200  # characters; what is named later is the origin of a detail
_LONGEST = 160  # characters of a phrase
_OPENING = 3  # sentences in which a dateline, or a name after a dash, counts
_BREAKS = ",;:—–"


@dataclass(frozen=True, slots=True)
class _Claim:
    """A mention as origin, with the words that say so and its sentence."""

    mention: Mention
    depth: Depth
    start: int
    end: int
    sentence: int

    @property
    def is_official(self) -> bool:
        return self.mention.outlet.kind is SourceKind.OFFICIAL


@dataclass(frozen=True, slots=True)
class _Lead:
    text: str
    sentences: tuple[tuple[int, int], ...]
    mentions: tuple[tuple[int, Mention], ...]  # with the number of the sentence


def find(
    text: str,
    *,
    source: Source,
    outlets: Outlets,
    title: str = "",
    links: Sequence[tuple[str, str]] = (),
    named: Sequence[str] = (),
) -> Attribution | None:
    """The known outlet from which `source` has this report, with the words that say so; None for its own.

    Of a chain ("A reports, citing B") it is the last known link, B. An official body counts where no outlet
    stands between. `links` are (words, URL) of the text's links; `named` are origins given outside the text.
    """
    lead = _lead(text, source, outlets, links)
    claims = tuple(_claims(lead, source))
    return (
        _linked(lead, claims)
        or _named(named, source, outlets)
        or _dateline(lead, source)
        or _phrase(lead, [claim for claim in claims if not claim.mention.linked], text, source, outlets)
        or _signed(lead, source)
        or _titled(title, source, outlets)
    )


def _lead(text: str, source: Source, outlets: Outlets, links: Sequence[tuple[str, str]]) -> _Lead:
    cut = text.find("\n", _LEAD)
    lead = text[: cut if 0 <= cut < _LEAD + _LONGEST else _LEAD]
    sentences = tuple(phrases.sentences(lead))
    mentions = [*outlets.mentions(lead, source.language), *_anchors(lead, outlets, links)]
    mentions.sort(key=lambda mention: mention.start)
    placed = ((_sentence_of(mention.start, sentences), mention) for mention in mentions)
    return _Lead(lead, sentences, tuple((at, mention) for at, mention in placed if at is not None))


def _sentence_of(position: int, sentences: tuple[tuple[int, int], ...]) -> int | None:
    return next((at for at, (start, end) in enumerate(sentences) if start <= position < end), None)


def _anchors(lead: str, outlets: Outlets, links: Sequence[tuple[str, str]]) -> Iterator[Mention]:
    """The links of the lead that go to known outlets."""
    for anchor, url in links:
        words = anchor.strip()
        start = lead.find(words) if words else -1
        if start < 0 or (id_ := outlets.by_host(url)) is None:
            continue
        end = start + len(words)
        if not (lead[start - 1 : start].isalnum() or lead[end : end + 1].isalnum()):
            yield Mention(start, end, outlets.source(id_), linked=True)


def _claims(lead: _Lead, source: Source) -> Iterator[_Claim]:
    """Every mention that is said to be an origin, up to the sentence in which the outlet speaks of its own work."""
    last = len(lead.sentences)
    found: list[_Claim] = []
    for at, mention in lead.mentions:
        said = phrases.said_at(lead.text, mention.start, mention.end, bounds=lead.sentences[at])
        if mention.linked:
            said = phrases.said_by(lead.text[mention.start : mention.end], mention.start, said)
        if mention.outlet.family != source.family:
            found += [_Claim(mention, *said, at)] if said else []
        elif (said and said[0] is Depth.TOLD) or phrases.is_own_reporter(lead.text, mention.start):
            last = min(last, at)
    return (claim for claim in found if claim.sentence <= last)


def _linked(lead: _Lead, claims: Sequence[_Claim]) -> Attribution | None:
    """The origin of the first sentence that says so of an outlet to which a link in it leads."""
    links = {(at, mention.outlet.family) for at, mention in lead.mentions if mention.linked}
    for claim in claims:
        if (claim.sentence, claim.mention.outlet.family) in links:
            return _deepest(lead, [other for other in claims if other.sentence == claim.sentence])
    return None


def _named(named: Sequence[str], source: Source, outlets: Outlets) -> Attribution | None:
    for given in named:
        id_ = outlets.by_host(given) if "." in given or "/" in given else None
        outlet = outlets.source(id_) if id_ else outlets.named(given, source.language)
        if outlet and outlet.family != source.family:
            return Attribution(outlet.id, _short(f"origin given with the article: {given}"))
    return None


def _dateline(lead: _Lead, source: Source) -> Attribution | None:
    for at, mention in lead.mentions:
        paragraph = lead.text.rfind("\n", 0, mention.start) + 1
        if at >= _OPENING or mention.linked or mention.outlet.family == source.family:
            continue
        if phrases.is_dateline(lead.text, mention.start, mention.end, paragraph=paragraph):
            return Attribution(mention.outlet.id, _words(lead.text, paragraph, mention.end + 1))
    return None


def _phrase(lead: _Lead, claims: Sequence[_Claim], text: str, source: Source, outlets: Outlets) -> Attribution | None:
    """The origin that the first reporting phrase names; an outlet close by goes before an official body."""
    official = None
    if claims:
        first = claims[0].sentence
        near = [claim for claim in claims if claim.sentence == first]
        if all(claim.is_official for claim in near):
            official = near
            near = [claim for claim in claims if claim.sentence == first + 1 and not claim.is_official]
        if near:
            return _deepest(lead, near)
    labelled = phrases.label(text)
    if labelled:
        start, end = labelled
        line = text[start:end]
        for mention in outlets.mentions(line, source.language):
            if mention.outlet.family != source.family and mention.outlet.kind is not SourceKind.OFFICIAL:
                return Attribution(mention.outlet.id, _words(line, 0, len(line)))
    return _deepest(lead, official) if official else None


def _signed(lead: _Lead, source: Source) -> Attribution | None:
    """An outlet that closes a sentence after a dash, or an agency in brackets."""
    for at, mention in lead.mentions:
        if at >= _OPENING or mention.outlet.family == source.family:
            continue
        bounds = lead.sentences[at]
        is_agency = mention.outlet.kind in (SourceKind.AGENCY, SourceKind.STATE_MEDIA)
        if phrases.trails(lead.text, mention.start, mention.end, bounds=bounds) or (
            is_agency and phrases.closes(lead.text, mention.start, mention.end, bounds=bounds)
        ):
            return Attribution(mention.outlet.id, _cut(lead.text, bounds, mention.start, mention.end))
    return None


def _titled(title: str, source: Source, outlets: Outlets) -> Attribution | None:
    whole = (0, len(title))
    for mention in outlets.mentions(title, source.language):
        start, end = mention.start, mention.end
        if mention.outlet.family != source.family and (
            phrases.opens(title, start, end)
            or phrases.trails(title, start, end, bounds=whole)
            or phrases.said_at(title, start, end, bounds=whole)
        ):
            return Attribution(mention.outlet.id, _cut(title, whole, start, end))
    return None


def _deepest(lead: _Lead, claims: Sequence[_Claim]) -> Attribution:
    """The last known link of the chain in one sentence; an outlet goes before an official body."""
    outlets = [claim for claim in claims if not claim.is_official] or list(claims)
    depth = max(claim.depth for claim in outlets)
    level = [claim for claim in outlets if claim.depth is depth]
    # "citing A, which cites B" leads on; of "A reports, B writes" the first is the origin
    origin = level[-1] if depth >= Depth.CITE else level[0]
    bounds = lead.sentences[origin.sentence]
    start, end = min(claim.start for claim in claims), max(claim.end for claim in claims)
    if end - start > _LONGEST:
        start, end = origin.start, origin.end
    return Attribution(origin.mention.outlet.id, _cut(lead.text, bounds, start, end))


def _cut(text: str, bounds: tuple[int, int], start: int, end: int) -> str:
    """The sentence, or as much of it around `start`:`end` as a phrase may be long, in whole clauses."""
    low, high = bounds
    if high - low <= _LONGEST:
        return _words(text, low, high)
    left = max((text.rfind(sign, low, start) for sign in _BREAKS), default=-1) + 1
    start = left if low < left and end - left <= _LONGEST else start
    right = min((at for sign in _BREAKS if (at := text.find(sign, end, high)) >= 0), default=high)
    end = right if right - start <= _LONGEST else end
    return _words(text, start, end)


def _words(text: str, start: int, end: int) -> str:
    return _short(" ".join(text[start:end].split()))


def _short(words: str) -> str:
    words = words.strip(" ,;—–-")
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1].rpartition(' ')[0] or words[: _LONGEST - 1]}…"
