"""Tell the language of a text by its script, its letters and its small words."""

from __future__ import annotations

import re
from collections import Counter

_SAMPLE = 6000  # characters that are looked at
_ENOUGH, _LEAST = 3, 1  # small words that must be found, with a hint at another language and without
_USUAL, _SOME = 0.15, 0.06  # share of small words among all words
_PRIOR = 1.15  # how much more the hint's small words weigh: it decides between close relatives

# Small words, the most frequent first; shared ones stand in each of their languages.
_SMALL = {
    "en": "the of and to in that is was for on with as it by from at are this be have has were which not but an or",
    "de": "der die das und in den von zu mit ist des auf für im dem nicht sich ein eine als auch es an werden aus er"
    " hat dass sie nach wird bei um sind wie einen über",
    "fr": "le la les de des et en un une du que est pour dans qui par sur au pas plus ce il avec ne se sont son aux"
    " été cette mais ou",
    "es": "el la los las de que y en un una del se por con para es su al lo como más no ha sus pero este sobre entre"
    " fue también",
    "it": "il la i le di che e in un una del della per non con si da sono è nel dei al alla come anche più ha gli"
    " delle ma lo",
    "pt": "o a os as de que e em um uma do da no na para com não por se dos das mais ao como foi pelo pela são à é"
    " também mas",
    "nl": "de het een en van in is op te dat die voor met zijn aan niet er om ook als maar bij door naar uit wordt"
    " heeft werd nog over",
    "sv": "och i att det som en på är av för med till den har de inte om ett var men från sig vid efter också kan"
    " ska när",
    "da": "og i at det er en til på af som for den med de har ikke der et var fra men om blev efter også kan ved"
    " sig være blevet",
    "no": "og i at det er en til på av som for den med de har ikke et var fra men om ble etter også kan ved seg være"
    " blitt mot",
    "fi": "ja on ei se että oli hän ovat mutta kun joka myös mukaan sekä tai kuin vuonna olla ole jo niin sen ollut"
    " jos nyt",
    "lt": "ir kad į iš su yra tai ne bet kaip buvo jis per apie dėl už nuo taip po bei prie jau ar tik šio savo",
    "lv": "un ir ar no ka uz kas par bet tika lai pēc arī kā to tas tiek savu vai viņš pie šo nav gan jau",
    "et": "ja on ei et see oli ta ning kui aga mis ka kes või oma selle üle ole nad juba pärast eest sest siis",
    "ro": "și de în la a pe cu că un o nu din care este pentru mai al ale fost sa au prin dar despre după fi cel",
    "hu": "a az és hogy nem is egy ez de meg csak mint már vagy volt el azt még ha ki ezt lesz után szerint",
    "tr": "ve bir bu da de için ile olarak çok daha olan gibi ise en sonra ne kadar ancak olduğu o her değil",
    "pl": "w i na z że się nie do jest to o po za od jak przez dla ale są oraz ze jego już co tym także który być",
    "cs": "a v se na že je s z do o to i pro jako podle ale by za po jsou který které ve však také už při není",
    "sk": "a v sa na že je s z do o to aj pre ako podľa ale by za po sú ktorý ktoré vo však tiež už pri nie",
    "hr": "i u je se na da su za od s koji što nije kao bi će iz o ali koje kako nakon te samo bio zbog",
    "sl": "in je v na se da so za ki z pa bi s tudi ne kot po od pri še do iz bo ali kar pred",
    "id": "yang dan di untuk dengan dari ini pada itu tidak ke dalam adalah akan juga oleh telah sebagai bahwa",
    "uk": "і в на що у з не та до за про від це як для його й під після також але які був щодо або через із може",
    "ru": "и в на не что с по из за к о для от это как его но он также был при до после их все или том которые",
    "be": "і у ў на што не з да за ад пра гэта як для яго па таксама але быў якія пасля яны ці ён было каб",
    "bg": "и в на за от се да не с е са че по които като но това към при след ще или беше през има му бяха",
    "sr": "и у је се на да су за од са који што није као би ће из о али које како након те само био због",
    "mk": "и во на да се од за не со е дека ги ја што го по како но ќе при кои или беше им сите",
}
_WORDS = {code: frozenset(words.split()) for code, words in _SMALL.items()}
_CYRILLIC = ("uk", "ru", "be", "bg", "sr", "mk")
_LATIN = tuple(code for code in _SMALL if code not in _CYRILLIC)
# Letters that one of close relatives has and another has not: (has, has not).
_LETTERS = {
    "uk": ("іїєґ", "ыэёўъ"), "ru": ("ыэё", "іїєґўј"), "be": ("ўі", "иїєщъ"), "bg": ("ъщ", "ыэёіїєўј"),
    "sr": ("јћђљњ", "ыэіїйщя"), "mk": ("ѓќѕј", "ыэіїйщя"), "pl": ("łąęśżźć", "áíýřěťď"),
    "cs": ("řěůý", "łąęľĺôŕä"), "sk": ("ľĺôŕäý", "łąęřěů"), "hr": ("čćžšđ", "ěřýłąęéíá"), "sl": ("čžš", "ćđěřýł"),
    "da": ("æø", "äößè"), "no": ("æø", "äöß"), "sv": ("äåö", "æøßü"), "et": ("õäöü", "åæøßèé"),
    "lt": ("ėųįšž", "āēīõäö"), "lv": ("āēīģķļņ", "ėųįõäö"), "tr": ("ğışç", "äßéèñ"), "de": ("äöüß", "éèñãåæø"),
    "hu": ("őűáé", "äåčěñ"), "ro": ("ășțâî", "äöüßñ"), "fi": ("äö", "åæøßü"),
    "es": ("ñáóí¿", "äößçãõèø"), "pt": ("ãõçá", "äößñø"), "fr": ("éèêàç", "äößñãõø"), "it": ("èàòù", "äößñãõç"),
}  # fmt: skip
_SCRIPTS = (
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("hy", re.compile("[\u0530-\u058f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("bn", re.compile("[\u0980-\u09ff]")),
    ("ta", re.compile("[\u0b80-\u0bff]")),
    ("cyrillic", re.compile("[\u0400-\u04ff]")),
    ("latin", re.compile("[A-Za-z\u00c0-\u024f]")),
)
_DENSE = {"ko": 2, "ja": 3, "zh": 2}  # one sign of these says as much as two or three letters
_KANA = 0.1  # share of a Japanese text that is kana at least


def detect(text: str, hint: str | None = None) -> str | None:
    """The ISO 639-1 code of the language of `text`, or None when too little speaks for any.

    `hint` is what the page or the source claims: it decides between close candidates, and for a text too
    short to tell, as long as the script fits.
    """
    sample = text[:_SAMPLE].lower()
    match _script(sample):
        case None:
            return hint
        case "cyrillic":
            told = _spoken(sample, _CYRILLIC, hint)
            # in a flash of a few words the letters know better than a template that serves two languages
            return told or (_by_letters(sample) if hint in _CYRILLIC else None) or hint or _by_letters(sample)
        case "latin":
            return _spoken(sample, _LATIN, hint) or hint
        case "ar":
            return _arabic(sample, hint)
        case "hi" if hint in ("mr", "ne"):
            return hint
        case script:
            return script


def _spoken(sample: str, languages: tuple[str, ...], hint: str | None) -> str | None:
    scores = _scores(sample, languages, hint)
    best = max(scores, key=lambda code: scores[code])
    share = scores[best] / max(1, len(sample.split()))
    if hint and hint not in languages and share < _USUAL:
        return hint  # a language without a table here
    return best if scores[best] >= (_ENOUGH if hint else _LEAST) and share >= _SOME else None


def _by_letters(sample: str) -> str | None:
    """The one language of ours whose letters a few Cyrillic words have."""
    letters = set(sample)
    if "ў" in letters:
        return "be"
    if letters & set("їєґі") and not letters & set("ыэёъ"):
        return "uk"
    return "ru" if letters & set("ыэё") and "і" not in letters else None


def _script(sample: str) -> str | None:
    counts = {name: len(pattern.findall(sample)) * _DENSE.get(name, 1) for name, pattern in _SCRIPTS}
    if counts["ja"] > _KANA * (counts["ja"] + counts["zh"]):
        counts["ja"] += counts["zh"]
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None


def _arabic(sample: str, hint: str | None) -> str:
    if hint in ("ur", "ps", "ckb"):
        return hint
    if len(re.findall("[ٹڈڑںےہ]", sample)) > len(sample) / 100:
        return "ur"
    return "fa" if len(re.findall("[پچژگی]", sample)) > len(sample) / 50 else "ar"


def _scores(sample: str, languages: tuple[str, ...], hint: str | None) -> dict[str, float]:
    """Small words found, more for letters of the language, less for letters that it does not have."""
    words = Counter(re.findall(r"[^\W\d_]+", sample))
    letters = Counter(sample)
    total = max(1, sum(words.values()))
    scores = {}
    for code in languages:
        # one letter says little: "it's", "d.", initials
        score = sum(words[word] * (0.4 if len(word) == 1 else 1.0) for word in _WORDS[code])
        has, lacks = _LETTERS.get(code, ("", ""))
        own = sum(letters[letter] for letter in has) / total
        alien = sum(letters[letter] for letter in lacks) / total
        score *= (1 + min(own, 0.5)) * max(0.1, 1 - 4 * alien)
        scores[code] = score * (_PRIOR if code == hint else 1)
    return scores
