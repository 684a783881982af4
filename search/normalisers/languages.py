"""Languages in every notation that catalogues use, to ISO 639-1.

Source: ISO 639-1 and 639-2 (bibliographic and terminology codes), BCP 47 (primary subtag).
"""

import re

# 639-1: 639-2 codes and English name
_TABLE = """
af afr afrikaans; am amh amharic; ar ara arabic; az aze azerbaijani; be bel belarusian; bg bul bulgarian; bn ben bengali; bo tib bod tibetan;
br bre breton; bs bos bosnian; ca cat catalan; cs cze ces czech; cy wel cym welsh; da dan danish; de ger deu german; el gre ell greek;
en eng english; eo epo esperanto; es spa spanish; et est estonian; eu baq eus basque; fa per fas persian farsi; fi fin finnish;
fo fao faroese; fr fre fra french; fy fry frisian; ga gle irish; gd gla gaelic; gl glg galician; gu guj gujarati; ha hau hausa;
he heb hebrew; hi hin hindi; hr hrv scr croatian; ht hat haitian; hu hun hungarian; hy arm hye armenian; id ind indonesian; ig ibo igbo;
is ice isl icelandic; it ita italian; ja jpn japanese; jv jav javanese; ka geo kat georgian; kk kaz kazakh; km khm khmer; kn kan kannada;
ko kor korean; ku kur kurdish; ky kir kyrgyz; la lat latin; lb ltz luxembourgish; lo lao lao; lt lit lithuanian; lv lav latvian;
mk mac mkd macedonian; ml mal malayalam; mn mon mongolian; mr mar marathi; ms may msa malay; mt mlt maltese; my bur mya burmese;
nb nob; ne nep nepali; nl dut nld dutch flemish; nn nno; no nor norwegian; oc oci occitan; pa pan punjabi; pl pol polish; ps pus pashto;
pt por portuguese; ro rum ron romanian; ru rus russian; sa san sanskrit; sd snd sindhi; si sin sinhala; sk slo slk slovak;
sl slv slovenian; so som somali; sq alb sqi albanian; sr srp scc serbian; sv swe swedish; sw swa swahili; ta tam tamil; te tel telugu;
th tha thai; tl tgl tagalog; tr tur turkish; uk ukr ukrainian; ur urd urdu; uz uzb uzbek; vi vie vietnamese; xh xho xhosa; yi yid yiddish;
yo yor yoruba; zh chi zho chinese; zu zul zulu
"""
_CODES = {word: row.split()[0] for row in _TABLE.split(";") for word in row.split()}


def language_code(raw: object) -> str | None:
    """The two-letter code of "en", "eng", "en-US", "/languages/eng" or "English"; None for anything else."""
    if not isinstance(raw, str):
        return None
    word = raw[:40].strip().rpartition("/")[2].lower()
    return _CODES.get(re.split(r"[-_]", word, maxsplit=1)[0])
