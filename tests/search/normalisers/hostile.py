"""Texts that break careless readers; every normaliser has to take them."""

from hypothesis import strategies as st

LONG = 20_000  # characters: what is not linear does not come back from here
HOSTILE = [
    "", " ", "\0", "abc\0def", "\ud800", "a\ud800b\udfff", "\x01\x02\x03", "\u200b\u200b", "\u202etxet abc",
    "\u0301\u0301\u0301",
    "a" + "\u0301" * 400, "\ufdfa" * 100, "9" * 400, "!!!...???", "\\\\\\\\", "((((((((((", "\"\"\"\"", "' OR '1'='1",
    "%s %n {0}",
    "{{7*7}} {% debug %}", "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "../../../../etc/passwd",
    "title:* OR [* TO *] AND (",
    "👩\u200d👩\u200d👧 book", "\r\nSet-Cookie: a=b", "١٢٣٤", "１２３４", "Ⅻ", "½", "\U000e0001", "\uffff", "ﬁ", "ŉ",
    "ǆ", "İ", "ẞ", "ͅ",
]  # fmt: skip
UNITS = [
    "a", "word ", " ", "\n", "\t ", "\u0301", "(", "[", "[a](", "[a]", "*", "**a", "_a ", "*a ", "<", "<p", "<b>",
    "<p>x</p>", "&", "&amp;",
    "&#", "> ", "# ", "- ", "1", "1 ", "1,", ", ", "; ", " & ", " and ", " by ", "a, ", "A.", "l'", "'", "vol 1 ",
    "ii ", "(Reprint", "(a #1",
    "first ", ": ", " - ", "/ ", "--", "c++", "\ufdfa", "字", "か", "ก", "ё", "é",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(st.characters(categories=["L", "M", "N", "P", "Z", "Cf", "Cs", "Cc"]), max_size=40),
    st.text(st.sampled_from("aAiIlLdoO'’ʼ-.,:;()[]#&*_ \u0301\u0306\u200dйёİıßſǅŉ½字がｶﾞ한กำ१٣"), max_size=25),
    st.sampled_from(HOSTILE),
)
ANYTHING = st.one_of(
    TEXTS, st.none(), st.booleans(), st.integers(), st.floats(), st.binary(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2), st.just(10**5000),
)  # fmt: skip


def long_texts() -> list[str]:
    """Each unit repeated to a great length, and once more with an end that does not fit."""
    return [text for unit in UNITS for text in (unit * (LONG // len(unit)), unit * (LONG // len(unit)) + "!")]
