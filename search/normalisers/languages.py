"""Languages in every notation that catalogues and exports use, to ISO 639-1.

Source: ISO 639-1 and 639-2 (bibliographic and terminology codes), MARC's older codes, BCP 47 (primary subtag).
"""

import re
import unicodedata

MAX_CHARS = 60
# 639-1: 639-2 codes, English name
_CODES_AND_NAMES = """
aa aar afar; ab abk abkhazian; ae ave avestan; af afr afrikaans; ak aka akan; am amh amharic; an arg aragonese; ar ara arabic;
as asm assamese; av ava avaric; ay aym aymara; az aze azerbaijani; ba bak bashkir; be bel belarusian; bg bul bulgarian;
bi bis bislama; bm bam bambara; bn ben bengali; bo tib bod tibetan; br bre breton; bs bos bosnian; ca cat catalan valencian;
ce che chechen; ch cha chamorro; co cos corsican; cr cre cree; cs cze ces czech; cu chu; cv chv chuvash; cy wel cym welsh;
da dan danish; de ger deu german; dv div dhivehi; dz dzo dzongkha; ee ewe; el gre ell greek; en eng english;
eo epo esp esperanto; es spa spanish castilian; et est estonian; eu baq eus basque; fa per fas persian farsi; ff ful fulah;
fi fin finnish; fj fij fijian; fo fao far faroese; fr fre fra french; fy fry fri frisian; ga gle iri irish; gd gla gae gaelic;
gl glg gag galician; gn grn gua guarani; gu guj gujarati; gv glv max manx; ha hau hausa; he iw heb hebrew; hi hin hindi;
ho hmo; hr hrv scr croatian; ht hat haitian; hu hun hungarian; hy arm hye armenian; hz her herero; ia ina int interlingua;
id in ind indonesian; ie ile interlingue; ig ibo igbo; ii iii; ik ipk inupiaq; io ido; is ice isl icelandic; it ita italian;
iu iku inuktitut; ja jpn japanese; jv jav javanese; ka geo kat georgian; kg kon kongo; ki kik kikuyu; kj kua; kk kaz kazakh;
kl kal greenlandic; km khm cam khmer; kn kan kannada; ko kor korean; kr kau kanuri; ks kas kashmiri; ku kur kurdish;
kv kom komi; kw cor cornish; ky kir kyrgyz; la lat latin; lb ltz luxembourgish; lg lug ganda; li lim limburgish;
ln lin lingala; lo lao lao; lt lit lithuanian; lu lub; lv lav latvian; mg mlg mla malagasy; mh mah marshallese;
mi mao mri maori; mk mac mkd macedonian; ml mal malayalam; mn mon mongolian; mr mar marathi; ms may msa malay;
mt mlt maltese; my bur mya burmese; na nau nauru; nb nob; nd nde; ne nep nepali; ng ndo ndonga; nl dut nld dutch flemish;
nn nno; no nor norwegian; nr nbl; nv nav navajo; ny nya chichewa; oc oci lan occitan; oj oji ojibwa; om orm gal oromo;
or ori oriya odia; os oss ossetian; pa pan punjabi panjabi; pi pli pali; pl pol polish; ps pus pashto; pt por portuguese;
qu que quechua; rm roh romansh; rn run rundi; ro mo rum ron mol romanian moldovan; ru rus russian; rw kin kinyarwanda;
sa san sanskrit; sc srd sardinian; sd snd sindhi; se sme; sg sag sango; si sin snh sinhala sinhalese; sk slo slk slovak;
sl slv slovenian slovene; sm smo sao samoan; sn sna sho shona; so som somali; sq alb sqi albanian; sr srp scc serbian;
ss ssw swz swati; st sot sso sotho; su sun sundanese; sv swe swedish; sw swa swahili; ta tam tamil; te tel telugu;
tg tgk taj tajik; th tha thai; ti tir tigrinya; tk tuk turkmen; tl tgl tag fil tagalog filipino; tn tsn tsw tswana;
to ton tongan; tr tur turkish; ts tso tsonga; tt tat tar tatar; tw twi; ty tah tahitian; ug uig uighur uyghur;
uk ukr ukrainian; ur urd urdu; uz uzb uzbek; ve ven venda; vi vie vietnamese; vo vol volapuk; wa wln walloon; wo wol wolof;
xh xho xhosa; yi ji yid yiddish; yo yor yoruba; za zha zhuang; zh chi zho cmn chinese mandarin; zu zul zulu
"""
# the names that exports of other languages write, accents off: German, French, Spanish, Italian, Portuguese, Dutch, Polish, Czech, its own
_OTHER_NAMES = """
ar arabisch arabe arabo العربية; cs czeski cesky tschechisch tcheque checo ceco tsjechisch cestina; da dunski dansky danstina
danisch danois danes danese dinamarques deens dansk; de niemiecki nemecky nemcina deutsch allemand aleman tedesco alemao duits; el
grecki recky rectina griechisch grec griego greco grego grieks ελληνικα; en angielski anglicky anglictina englisch anglais ingles
inglese engels; es hiszpanski spanelsky spanelstina spanisch espagnol espanol spagnolo espanhol spaans; fi finski finsky finstina
finnisch finnois fines finlandes finlandese fins suomi; fr franzosisch francais frances francese frans; he hebraisch hebreu hebreo
ebraico hebraico hebreeuws עברית; hi hindi हिन्दी; hu wegierski madarsky madarstina ungarisch hongrois hungaro ungherese hongaars
magyar; it wloski włoski italsky italstina italienisch italien italiano italiaans; ja japonski japonsky japonstina japanisch
japonais japones giapponese japans 日本語; ko koreanisch coreen coreano koreaans 한국어; la lacinski łacinski latinsky latina lateinisch
latein latino latim latijn; nl niderlandzki holenderski nizozemsky nizozemstina niederlandisch neerlandais neerlandes olandese
holandes nederlands; no norweski norsky norstina norwegisch norvegien noruego norvegese noruegues noors norsk; pl polski polsky
polstina polnisch polonais polaco polacco polones pools polski; pt portugalski portugalsky portugalstina portugiesisch portugais
portugues portoghese portugees; ro rumanisch roumain rumano romeno roemeens romana; ru rosyjski rusky rustina russisch russe ruso
russo русский; sv szwedzki svedsky svedstina schwedisch suedois sueco svedese zweeds svenska; tr turecki turecky turectina
turkisch turc turco turks turkce; uk ukrainski ukrajinsky ukrajinstina ukrainisch ukrainien ucraniano ucraino oekraiens
українська; zh chinski cinsky cinstina chinesisch chinois chino cinese chines chinees 中文 汉语 漢語
"""


def _words(table: str) -> dict[str, str]:
    return {word: row.split()[0] for row in table.split(";") for word in row.split()}


_CODES = _words(_OTHER_NAMES) | _words(_CODES_AND_NAMES)
_BREAK = re.compile(r"[-_;(]|\s+\(")


def language_code(raw: object) -> str | None:
    """The two-letter code of "en", "eng", "en-US", "/languages/eng", "English" or "inglês"; None for anything else.

    "und", "mul" and "zxx" (undetermined, several, none) are None.
    """
    if not isinstance(raw, str):
        return None
    word = _BREAK.split(raw[:MAX_CHARS].strip().rpartition("/")[2], maxsplit=1)[0].strip().casefold()
    return _CODES.get(word) or _CODES.get(_without_accents(word))


def _without_accents(word: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", word) if unicodedata.category(sign) != "Mn")
