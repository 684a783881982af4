"""Registration groups of ISBNs, and the languages that are customary in them.

Source: the International ISBN Agency's range message (group prefixes and agencies). A group is a country or a language area; languages are
those its publishers mostly print in, and are left empty where that says nothing (India, international organisations).
"""

# what follows the prefix 978 -> languages, ISO 639-1, separated by spaces
_978 = {
    "0": "en", "1": "en", "2": "fr", "3": "de", "4": "ja", "5": "ru", "7": "zh", "80": "cs sk", "81": "", "82": "no nb nn", "83": "pl",
    "84": "es ca gl eu", "85": "pt", "86": "sr hr sl mk bs", "87": "da", "88": "it", "89": "ko", "90": "nl", "91": "sv", "92": "",
    "93": "", "94": "nl", "600": "fa", "601": "kk ru", "602": "id", "603": "ar", "604": "vi", "605": "tr", "606": "ro", "607": "es",
    "608": "mk sq", "609": "lt", "611": "th", "612": "es", "613": "en fr", "614": "ar", "615": "hu", "616": "th", "617": "uk ru",
    "618": "el", "619": "bg", "620": "", "621": "en tl", "622": "fa", "623": "id", "624": "si ta en", "625": "tr", "626": "zh",
    "627": "ur en", "628": "es", "629": "vi", "630": "ro", "631": "es", "632": "vi", "633": "es", "634": "id", "950": "es", "951": "fi sv",
    "952": "fi sv", "953": "hr", "954": "bg", "955": "si ta en", "956": "es", "957": "zh", "958": "es", "959": "es", "960": "el",
    "961": "sl", "962": "zh en", "963": "hu", "964": "fa", "965": "he", "966": "uk ru", "967": "ms en", "968": "es", "969": "ur en",
    "970": "es", "971": "en tl", "972": "pt", "973": "ro", "974": "th", "975": "tr", "976": "en", "977": "ar", "978": "en", "979": "id",
    "980": "es", "981": "en zh ms", "982": "en", "983": "ms en", "984": "bn en", "985": "be ru", "986": "zh", "987": "es", "988": "zh en",
    "989": "pt", "9910": "uz ru", "9911": "sr", "9912": "sw en", "9913": "en", "9914": "", "9915": "es", "9916": "et", "9917": "es",
    "9918": "mt en", "9919": "mn", "9920": "ar fr", "9921": "ar", "9922": "ar", "9923": "ar", "9924": "km", "9925": "el tr",
    "9926": "bs", "9927": "ar", "9928": "sq", "9929": "es", "9930": "es", "9931": "ar fr", "9932": "lo", "9933": "ar", "9934": "lv",
    "9935": "is", "9936": "fa ps", "9937": "ne en", "9938": "ar fr", "9939": "hy ru", "9940": "sr", "9941": "ka", "9942": "es",
    "9943": "uz ru", "9944": "tr", "9945": "es", "9946": "ko", "9947": "ar fr", "9948": "ar", "9949": "et", "9950": "ar", "9951": "sq sr",
    "9952": "az", "9953": "ar", "9954": "ar fr", "9955": "lt", "9956": "fr en", "9957": "ar", "9958": "bs", "9959": "ar", "9960": "ar",
    "9961": "ar fr", "9962": "es", "9963": "el tr", "9964": "en", "9965": "kk ru", "9966": "sw en", "9967": "ky ru", "9968": "es",
    "9970": "en", "9971": "en zh ms", "9972": "es", "9973": "ar fr", "9974": "es", "9975": "ro ru", "9976": "sw en", "9977": "es",
    "9978": "es", "9979": "is", "9980": "en", "9981": "ar fr", "9982": "en", "9983": "en", "9984": "lv", "9985": "et", "9986": "lt",
    "9987": "sw en", "9988": "en", "9989": "mk sq", "65": "pt", "99901": "ar", "99902": "en", "99903": "en", "99904": "", "99905": "es",
    "99906": "ar", "99908": "en", "99909": "mt en", "99910": "en", "99911": "en", "99912": "en", "99913": "ca", "99914": "", "99915": "",
    "99916": "en", "99918": "", "99919": "fr", "99920": "ca", "99921": "ar", "99922": "es", "99923": "es", "99924": "es", "99925": "es",
    "99926": "es", "99927": "sq", "99928": "ka", "99929": "mn", "99930": "hy", "99936": "dz en", "99937": "zh pt", "99938": "sr bs",
    "99939": "es", "99940": "ka", "99941": "hy ru", "99953": "es", "99954": "es", "99955": "sr bs", "99956": "sq", "99957": "mt en",
    "99961": "es", "99965": "zh pt", "99966": "ar", "99970": "ht fr", "99974": "es", "99978": "mn", "99980": "dz en",
}  # fmt: skip
_979 = {"8": "en", "10": "fr", "11": "ko", "12": "it", "13": "es ca gl eu"}


def group_of(isbn13: str) -> str:
    """The group with its prefix, such as "978-0"; the prefix alone where the group is not known."""
    prefix, rest = isbn13[:3], isbn13[3:]
    groups = _978 if prefix == "978" else _979
    found = next((rest[:length] for length in range(1, 6) if rest[:length] in groups), None)
    return f"{prefix}-{found}" if found else prefix


def languages_of(group: str) -> frozenset[str]:
    """Languages customary in a group; empty where they say nothing."""
    prefix, _, number = group.partition("-")
    return frozenset((_978 if prefix == "978" else _979).get(number, "").split())
