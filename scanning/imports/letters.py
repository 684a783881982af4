# ruff: noqa: E501 - tables read better whole
"""How often a language writes each of its letters beyond a-z, and the code pages its files come in. Data only.

Source: published letter frequencies (percent of a text's letters), rounded; what matters is the order of size.
"""

# language: lower-case letters with their frequency. Upper case is worked out.
FREQUENCIES = {
    "fr": "é1.5 è.27 à.49 ê.22 ç.09 ù.06 î.05 â.05 ô.02 û.06 ï.01 ë.01 œ.06 ü.002 æ.001 ÿ.0005",
    "de": "ä.58 ö.44 ü1.0 ß.31 é.02",
    "es": "ó.83 í.73 á.50 é.43 ñ.31 ú.17 ü.01",
    "pt": "ã.73 ç.53 é.34 ó.30 á.4 ê.45 í.13 õ.10 â.12 à.07 ú.2 ô.06 ü.01",
    "it": "à.63 è.26 ù.17 ì.03 ò.1 é.03",
    "sv": "ä1.8 å1.34 ö1.3 é.01",
    "da": "å1.2 ø.94 æ.87 é.02 ö.01 ä.01",
    "is": "á1.8 í1.6 ð4.4 þ1.5 ó1.0 é.65 ú.61 ö.78 æ.87 ý.23",
    "nl": "é.05 ë.05 ï.02 è.01 ü.01 ö.01",
    "ca": "à.5 é.4 è.3 í.35 ó.35 ò.2 ç.1 ú.1 ï.05 ü.02",
    "et": "ä1.0 ü.6 õ.8 ö.2 š.02 ž.01",
    "pl": "ł2.1 ą.7 ę1.03 ó1.1 ż.7 ć.74 ś.81 ń.36 ź.08",
    "cs": "í1.64 ě1.22 á.87 ý1.0 ž.72 š.69 é.63 č.46 ř.38 ů.2 ú.05 ň.01 ď.02 ó.02 ť.01",
    "sk": "á1.5 í1.2 é1.0 ý1.1 č.9 š.8 ž.8 ú.8 ľ.3 ť.7 ô.2 ň.1 ä.1 ó.1 ď.05 ŕ.01 ĺ.02",
    "hu": "é3.1 á3.7 ö.82 ő.88 ó.82 ü.56 í.66 ú.28 ű.18",
    "ro": "ă2.5 î1.4 ş1.2 ţ1.0 â.5",
    "hr": "č.9 ć.8 ž.6 š1.0 đ.2",
    "tr": "ı5.0 ü1.9 ş1.8 ç1.1 ğ1.1 ö.7 â.02 î.01",
    "ru": "о11 е8.5 а8 и7.4 н6.7 т6.3 с5.5 р4.7 в4.5 л4.3 к3.5 м3.2 д3 п2.8 у2.6 я2 ы1.9 ь1.7 г1.7 з1.7 б1.6 ч1.5 й1.2 х1 ж.9 ш.7 ю.6 ц.5 щ.4 э.3 ф.3 ъ.04 ё.04",
    "uk": "о9.3 а8.3 и6 н6.8 і6 т5.5 в5.3 е4.9 р4.5 с4.2 к3.7 л3.6 у3.4 д3.1 м3 п2.8 з2.3 я2.4 ь1.9 б1.8 г1.6 й1.4 ч1.4 х1.2 ж.9 ш.8 ю.8 ї.7 ц.7 є.5 щ.4 ф.3 ґ.01",
    "el": "α10 ο9 ι7 ε7 τ8 σ5 ν6 η5 υ4 ρ4 π4 κ4 μ3 λ3 ς4 ω2 ά2 γ2 έ2 ό2 δ2 ί3 χ1 θ1 ή1 φ1 ύ1 β.7 ώ.6 ξ.4 ζ.3 ψ.2",
}  # fmt: skip

# In the order in which they are believed where two say the same; the figure is how much more evidence the page must have (nats).
PAGES: dict[str, tuple[float, str, str]] = {
    "cp1252": (0.0, "Windows-1252 (Western Europe)", "fr de es pt it sv da is nl ca"),
    "cp1250": (1.5, "Windows-1250 (Central Europe)", "pl cs sk hu hr ro de"),
    "cp1251": (1.0, "Windows-1251 (Cyrillic)", "ru uk"),
    "iso-8859-2": (2.0, "ISO 8859-2 (Central Europe)", "pl cs sk hu hr ro de"),
    "iso-8859-15": (2.0, "ISO 8859-15 (Western Europe)", "fr de es pt it sv da is nl ca et"),
    "cp1254": (1.0, "Windows-1254 (Turkish)", "tr"),
    "cp1253": (2.0, "Windows-1253 (Greek)", "el"),
    "mac-roman": (6.0, "Mac Roman", "fr de es pt it sv da nl ca"),
    "cp850": (6.0, "DOS code page 850", "fr de es pt it sv da nl ca"),
    "koi8-r": (3.0, "KOI8-R (Cyrillic)", "ru"),
    "cp866": (4.0, "DOS code page 866 (Cyrillic)", "ru"),
}
LATIN_1 = "latin-1"  # nothing is undefined in it: the last resort
