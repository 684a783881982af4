"""Registration groups of ISBNs, and the languages that are customary in them.

Source: the International ISBN Agency's range message (group prefixes and agencies). A group is a country or a language
area; languages are those its publishers mostly print in. They are left empty where a group says nothing about them:
India, international organisations, and Mauritius, whose numbers are mostly of one house that prints in all languages.
"""

# languages (ISO 639-1) -> what follows the prefix
_AFTER_978 = {
    "en": "0 1 976 978 982 9964 9970 9980 9982 9983 9988 99910 99911 99912 99916 99945 99968",
    "fr": "2 99919 99952 99982",
    "de": "3",
    "ja": "4",
    "ru": "5",
    "zh": "7 626 957 986",
    "cs sk": "80",
    "no nb nn": "82",
    "pl": "83",
    "es ca gl eu": "84",
    "pt": "65 85 972 989",
    "sr hr sl mk bs": "86",
    "da": "87",
    "it": "88",
    "ko": "89 9946",
    "nl": "90 94",
    "sv": "91",
    "fa": "600 622 964",
    "kk ru": "601 9965",
    "id": "602 623 634 979",
    "ar": (
        "603 614 977 9921 9922 9923 9927 9933 9948 9950 9953 9957 9959 9960 99901 99906 99921 99958 99966 99969 99992"
    ),
    "vi": "604 632",
    "tr": "605 625 975 9944",
    "ro": "606 630 973",
    "es": (
        "607 612 628 631 950 956 958 959 968 970 980 987 9915 9917 9929 9930 9942 9945 9962 9968 9972 "
        "9974 9977 9978 99905 99922 99923 99924 99925 99926 99934 99939 99953 99954 99961 99964 99967 "
        "99974 99979 99983 99989"
    ),
    "mk sq": "608 9989",
    "lt": "609 9955 9986",
    "th": "611 616 974",
    "hu": "615 963",
    "uk ru": "617 966",
    "el": "618 960",
    "bg": "619 954",
    "en tl": "621 971",
    "si ta en": "624 955",
    "ur en": "627 969",
    "ms en": "629 967 983",
    "fi sv": "951 952",
    "hr": "953",
    "sl": "961",
    "zh en": "962 988",
    "he": "965",
    "en zh ms": "981 9971",
    "bn en": "984",
    "be ru": "985",
    "uz ru": "9910 9943",
    "sr": "9911 9940",
    "sw en": "9912 9914 9966 9976 9987",
    "en sw": "9913",
    "et": "9916 9949 9985",
    "mt en": "9918 99909 99932 99957",
    "mn": "9919 99929 99962 99973 99978",
    "ar fr": "9920 9931 9938 9947 9954 9961 9969 9973 9981",
    "km": "9924 99950 99963",
    "el tr": "9925 9963",
    "bs hr sr": "9926 9958",
    "sq": "9928 99927 99943 99956",
    "lo": "9932",
    "lv": "9934 9984",
    "is": "9935 9979",
    "fa ps": "9936",
    "ne en": "9937 99933 99946",
    "hy ru": "9939 99930 99941",
    "ka": "9941 99928 99940",
    "sq sr": "9951",
    "az": "9952",
    "fr en": "9956",
    "ky ru": "9967",
    "ro ru": "9975",
    "en fr": "99903 99931 99949 99993",
    "ny en": "99908 99960",
    "ca": "99913 99920",
    "dv en": "99915",
    "ms": "99917 99984",
    "fo da": "99918 99972",
    "ht fr": "99935 99970",
    "dz en": "99936 99980",
    "zh pt": "99937 99965 99981",
    "sr bs": "99938 99955 99976",
    "ar en": "99942 99988",
    "am en": "99944 99990",
    "tg ru": "99947 99975 99985",
    "ti en": "99948",
    "fr de lb": "99959 99987",
    "my": "99971 99986",
    "rw en fr": "99977",
    "": "613 620 633 81 92 93 99902 99904 99914 99951",
}
_AFTER_979 = {"en": "8", "fr": "10", "ko": "11", "it": "12", "es ca gl eu": "13"}
_LANGUAGES = {
    f"{prefix}-{number}": frozenset(languages.split())
    for prefix, groups in (("978", _AFTER_978), ("979", _AFTER_979))
    for languages, numbers in groups.items()
    for number in numbers.split()
}
_LONGEST_CHARS = 5


def group_of(isbn13: str) -> str:
    """The group with its prefix, such as "978-0"; the prefix alone where the group is not known."""
    prefix, rest = isbn13[:3], isbn13[3:]
    groups = (f"{prefix}-{rest[:length]}" for length in range(1, _LONGEST_CHARS + 1))
    return next((group for group in groups if group in _LANGUAGES), prefix)


def languages_of(group: str) -> frozenset[str]:
    """Languages customary in a group; empty where it says nothing about them, or is not known."""
    return _LANGUAGES.get(group, frozenset())
