from alerts.forms import patterns
from alerts.normalize import words


def missing(name: str, language: str | None, paradigm: str, category: str = "") -> set[str]:
    """Which of the words of `paradigm` are no forms of the one-word `name`."""
    ((forms,),) = patterns(name, language, category=category)
    return {form for form in paradigm.split() if words(form)[0] not in forms}


def listed(table: str) -> list[tuple[str, str]]:
    """Name and forms of every line `name: form form`."""
    lines = [line.partition(":") for line in table.strip().splitlines()]
    return [(name.strip(), forms.strip()) for name, _, forms in lines]
