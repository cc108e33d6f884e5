from pathlib import Path

from alerts import matching
from tests.builders import make_article
from tests.flows import rooms


def test_a_watch_can_ask_what_the_catalogue_tells_of_a_source(tmp_path: Path) -> None:
    with rooms.opened(tmp_path, rooms.source("wire", "https://wire.example.ua")) as house:
        facts = house.configuration.facts
        article = make_article("Rutte", source="wire")
        for query, holds in {
            "Rutte kind:outlet": True,
            "Rutte kind:agency": False,
            "Rutte country:UA": True,
            "Rutte source:wire": True,
        }.items():
            compiled = matching.compile_one(query, house.configuration.watchlist, facts)
            assert bool(matching.match(article, compiled)) is holds, query
        assert house.compiled.sources == facts
