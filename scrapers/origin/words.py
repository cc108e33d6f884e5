"""The vocabulary of attribution in Ukrainian, Russian, English, Polish, German, French, Czech and some others.

Patterns, one list a meaning; blanks part them, `_` is a blank inside one.
"""

from __future__ import annotations


def _any(words: str) -> str:
    """A pattern for any of `words`."""
    return "(?:" + "|".join(words.split()).replace("_", r"\s+") + ")"


# "X reports": before the name, and after it
REPORTS = _any(r"""
    повідомля(?:є|ють) повідоми(?:в|ла|ло|ли) переда(?:є|ють|в|ла|ло|ли) пиш(?:е|уть) написа(?:в|ла|ло|ли)
    інформу(?:є|ють) поінформува(?:в|ла|ло|ли) навод(?:ить|ять) опублікува(?:в|ла|ло|ли) оприлюдни(?:в|ла|ло|ли)
    зазнача(?:є|ють) заяви(?:в|ла|ло|ли) стверджу(?:є|ють) з['’ʼ]ясува(?:в|ла|ло|ли) дізна(?:вся|лася|лося|лися)
    показу(?:є|ють) відзнача(?:є|ють) каж(?:е|уть)
    сообща(?:ет|ют) сообщи(?:л|ла|ло|ли) переда[её]т переда(?:ют|л|ла|ло|ли) пиш(?:ет|ут) написа(?:л|ла|ло|ли)
    информиру(?:ет|ют) проинформирова(?:л|ла|ло|ли) привод(?:ит|ят) опубликова(?:л|ла|ло|ли) отмеча(?:ет|ют)
    заяви(?:л|ла|ло|ли) утвержда(?:ет|ют) выясни(?:л|ла|ло|ли) узна(?:л|ла|ло|ли) указыва(?:ет|ют)
    poda(?:je|ją|ł|ła|ło|li|ły) dono(?:si|szą) doni(?:ósł|osła|osły|eśli) informuj[eą]
    poinformowa(?:ł|ła|ło|li|ły) pisz[eą] napisa(?:ł|ła|ło|li) przekaza(?:ł|ła|ło|li|ły) relacjonuje
    berichte(?:t|n|te|ten) melde(?:t|n|te|ten) schreib(?:t|en) schrieb(?:en)? wie so
    rapporte(?:nt)? écri(?:t|vent) affirme(?:nt)? indique(?:nt)? révèle(?:nt)?
    uvád(?:í|ějí) uved(?:l|la|lo|li) píš[eí] informuje informoval[aoi]? napsal[aoi]? sdělil[aoi]? oznámil[aoi]?
    melder skriver rapporterar uppger
""")
# only before the name; an English verb there more often has the name as the subject of what it reports:
# "the minister said Reuters had erred"
REPORTS_ENGLISH = _any(r"reports? writes? wrote said says reported (?:as_|is_|was_|are_|were_)?reported_by")
# only after the name
REPORTS_AFTER = _any(r"""
    reports? reported sa(?:id|ys) wr(?:ites?|ote|itten) learn(?:ed|t) reveal(?:s|ed) found note[sd] announced confirmed
    publishe[sd] states? stated estimate[sd]? assesse[sd] understands
    (?:report|investigation|analysis|article|poll|sources?)_(?:said|says|show(?:s|ed)|found|reveal(?:s|ed)|claim(?:s|ed))
    розпов\w+ вважа(?:є|ють) вказу(?:є|ють) поясни\w+ уточни\w+ спрогнозува\w+ оціню\w+ підтверди\w+
    расска\w+ счита(?:ет|ют) подтверди\w+ zufolge ogłosi\w+
""")
# what may be said to hold a report: "за даними X", "йдеться у ... X"
_BY = _any(r"""
    даними даних інформацією інформації повідомленням\w* відомостями матеріалами оцінками оцінкою підрахунками
    підрахунком версією зведенням данным информации сообщени(?:ю|ям) сведениям материалам оценкам оценке
    подсч[её]там версии
""")
_STANDS = _any(r"""
    йдеться ідеться сказано вказано зазначено написано пиш(?:е|уть|ет|ут) уточнили зазначили зазначають заявили
    заявляють наголосили вважають повідомили повідомляють підтвердили
    говорится указано указывается отмечается отметили считают полагают сообщили сообщают подтвердили заявляют
""")
# "citing X": X stands behind the one who says so
CITES = _any(rf"""
    (?:з|із|со?)_(?:посиланням|ссылкой)_на посила(?:ючись|ється|ються)_на ссыла(?:ясь|ется|ются)_на
    (?:за|згідно_з|відповідно_до|по|согласно)_{_BY} згідно(?:_з)? согласно {_STANDS}_(?:у|в|во|на) стало_відомо
    (?:свідч(?:ать|ить)|свидетельству(?:ют|ет))_\w+ [ув]_(?:статті|матеріалі|звіті|публікації|розслідуванні|зведенні)
    в_(?:статье|материале|отч[её]те|публикации|расследовании|сводке)
    стало_известно випливає_і?з следует_из у_розпорядженні в_распоряжении
    cit(?:ing|es|ed) quot(?:ing|es|ed) with_reference_to referring_to according_to per first_reported_by reporting_by
    (?:seen|obtained|reviewed|published)_(?:exclusively_)?(?:by|in)
    (?:reports?|investigation|article|analysis|story|poll)_(?:published_)?(?:by|from|in)
    powołując_się_na z_powołaniem_na według laut nach_Angaben unter_(?:Berufung|Bezug)_auf
    (?:einem|einer|dem|der)_(?:Medien)?(?:Bericht|Meldung|Recherche|Umfrage)_(?:de[rs]|von|in) beruft_sich_auf
    selon d['’]après citant podle s_(?:odkazem|odvoláním)_na según secondo potrivit volgens enligt ifølge
""")
# "X, citing ...": X passes on, and so reports
CITING = _any(r"""
    і?з_посиланням посилаючись со_ссылкой ссылаясь citing quoting with_reference_to powołując_się unter_Berufung
    unter_Bezug citant s_odkazem
""")
# "told X": X was there first
TELLS = _any(r"""
    розпов\w+ сказа(?:в|ла|ло|ли|л) ексклюзивн\w+ расска\w+ эксклюзивн\w+
    (?:в|у|дав|дала|дал)_(?:\w+_)?(?:інтерв['’ʼ]?ю|интервью|коментар\w*|комментари\w*)(?:_(?:з|із|с))?
    (?:джерел|источник|співрозмовни[кц]|собеседни[кц])\w*(?!\w*\s*[:–—-])
    (?:у_відповідь|в_ответ)_на_(?:запит\w*|питання|запитання|вопрос\w*|запрос\w*)(?:_кореспондент\w*|_корреспондент\w*)?
    [ву]_(?:\w+_)?(?:розмові_(?:з|із)|беседе_со?|(?:теле|радіо|радио)?(?:ефірі|эфире)) told tells telling
    sp(?:oke|eaking)_(?:to|with) interview(?:ed)?_(?:to|with|by|for) comments?_(?:to|for) (?:statement|e-?mail)_to
    w_rozmowie_z w_wywiadzie_(?:dla|z) gegenüber(?:_(?:der|dem))? sagten?_(?:der|dem)
    a_(?:déclaré|confié|dit)_[àa] řek(?:l|la|li)(?:_pro)?
""")
# "quoted by X": X only passes on
RELAYS = _any(r"циту(?:є|ють) цитиру(?:ет|ют) (?:as_)?(?:cited|quoted)_by via cytowany_przez zitiert_von")
_COMPOUND = r"(?:(?:інформ|информ|прес|пресс|теле|радіо|радио|медіа|медиа|інтернет|интернет|telegram|телеграмм?)-?)*"
# Between the reporting words and the name: what kind of outlet it is, of which country, where and when it said so.
BETWEEN = _any(rf"""
    {_COMPOUND}(?:агент|агенц|видан|издан|канал|портал|газет|журнал|сайт|ресурс|змі|сми|медіа|медиа)[\w’'-]*
    {_COMPOUND}(?:редакц|служб|центр|корпорац|компан)[\w’'-]*
    (?:тижневик|еженедельник|щоденник|мовник|вещател|станц|про[єе]кт|аналітик|аналитик|експерт|эксперт)[\w’'-]*
    (?:кореспондент|корреспондент|джерел|источник|розслідувач|звіт|отч[её]т|матеріал|материал|стат|публікац)[\w’'-]*
    (?:публикац|сторінц|страниц|соцмереж|соцсет|повідомлен|сообщени|заяв|зведен|сводк|доповід|доклад|оглядач)[\w’'-]*
    (?:обозревател|фейсбук|телеграм|новин|новост|ефір|эфир)[\w’'-]*
    \w+(?:ськ|цьк|зьк|ск|цк)\w{{1,3}} (?:власн|собственн|офіційн|официальн|місцев|местн|державн|государственн)\w+
    (?:ділов|делов|впливов|влиятельн|медійн|останн|последн|щоденн|ежедневн|ранков|вечірн|найбільш|крупнейш)\w+
    сво[йюєїе]\w* його її їх его е[её] их кілька несколько в во у на до для з із зі с со від от
    facebook telegram twitter x youtube whatsapp viber
    \d{{1,2}}(?:\.\d\d(?:\.\d{{4}})?)? (?:січ|лют|берез|квіт|трав|черв|лип|серп|верес|жовт|листоп|груд)\w+
    (?:янв|фев|март|апр|ма[яй]|июн|июл|авг|сент|окт|ноя|дек)\w* понеділ\w+ вівтор\w+ серед[уи] четвер\w* п['’ʼ]ятниц\w+
    субот\w+ неділ\w+ понедельник вторник сред[уы] четверг пятниц\w+ суббот\w+ воскресень\w+ сьогодні сегодня
    вчора учора вчера (?:mon|tues|wednes|thurs|fri|satur|sun)day
    the an? its by from to of at in on with some both dutch french u\.?s\.? uk eu german [a-z]{{3,}}(?:ian|ish|ese|ican)
    newspapers? (?:(?:news|press|wire|media)_)?agenc(?:y|ies) news media outlets? magazine (?:web)?site portal tabloid
    broadcasters? channel publication think tank service television tv radio journal paper platform project
    journalists? reporters? correspondents? sources? interview reports? data figures analysis analysts office
    local state state-(?:run|owned|controlled) independent public national international business daily weekly monthly
    investigative military defen[cs]e online exclusive [a-z]+-(?:based|language|owned|funded)
    agencj[aiąęe] portal\w* dziennik\w* gazet[aąyęe] telewizj\w+ stacj\w+ tygodnik\w* serwis\w*
    am (?:mon|diens|donners|frei|sams|sonn)tag mittwoch heute deutsche[nrs]? [a-zäöüß]+ische[nrsm]?
    die der das dem den des vom von zeitung nachrichtenagentur agentur magazins? senders?
    le la les du de à au quotidien journal agence agentur[ay]? deník\w* server\w* web\w*
""")
# "X opened a bureau last week", "X said its reporter": the name is what the report is about, or long past
OF_ITSELF = _any(r"""
    (?:,_що_|,_что_)(?:її|його|їхн\w+|его|е[её]|их)\b earlier previously раніше ранее back_in last_(?:week|month|year)
    in_(?:\w+_)?(?:19|20)\d\d (?:on_\w+day_)?(?:that_)?(?:\w+_of_)?its\b
    (?:that_)?it_(?:was|is|will|would|has_been|had_been|plans|intends)\b
""")
AGO = _any(r"раніше ранее previously earlier напередодні накануне тоді тогда минул\w+ прошл\w+ wcześniej zuvor dříve")
CREDITS = _any(r"""
    photo image picture video credit illustration screenshot фото\w* світлин\w* відео видео ілюстраці\w+ иллюстраци\w+
    скріншот скриншот снимок знімок zdjęcie fot\. foto bild: getty © джерело_(?:фото|відео|зображення)
    источник_(?:фото|видео|изображения)
""")
LEGAL = _any(r"""
    передрук перепечатк\w+ використання_матеріалів использовани[ея]_материалов (?:на_)?цьому_сайті (?:на_)?этом_сайте
    всі_права все_права all_rights_reserved may_not_be_(?:published|reproduced|broadcast) © terms_of_use
""")
LABELS = _any(r"Джерел[оа] Источники?(?:_и_фото)? Sources? Quellen? Źródł[oa] Zdroje? Fuente")
READ_ALSO = _any(r"""
    (?:читайте|читай|дивіться|смотрите|слухайте)[_-]+(?:також|также|ще|еще|на_тему) за_темою по_теме
    read_(?:also|more|next) see_also also_read related more_on_this lesen_sie_auch czytaj_(?:też|także|również)
    (?:à_)?lire_aussi čtěte_také
""")
BACKGROUND = _any(r"""
    (?:як|как)_(?:(?:раніше|ранее|уже|вже)_)?(?:повідомля|інформува|писа|передава)(?:в|вся|ла|ло|ли|лося|л|лось)\b
    (?:як|как)_(?:(?:раніше|ранее|уже|вже)_)?сообщал(?:а|о|и|ось)?\b нагада(?:ємо|ю) напомн(?:им|ю)
    передісторія предыстория що_передувало что_предшествовало контекст\b background\b[:.\n] przypomnijmy
    as_(?:we_)?(?:previously_|earlier_)?reported_(?:earlier|previously) as_(?:previously|earlier)_reported
    as_[\w\ ]{2,30}_(?:(?:previously|earlier)_reported|reported_(?:earlier|previously))
    jak_(?:informowaliśmy|pisaliśmy)
""")
