"""Search key, words, scripts, clean lines, plain text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.normalisers.text import _folded, clean_line, dominant_script, folded_words, plain_text, search_key, tokens
from tests.search.normalisers.hostile import HOSTILE, TEXTS, long_texts


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("The Silent Harbor", "silent harbor"),
        ("THE SILENT HARBOR", "silent harbor"),
        ("  Silent   Harbor ", "silent harbor"),
        ("Silent, Harbor!", "silent harbor"),
        ("Silent-Harbor", "silent harbor"),
        ("Ｓｉｌｅｎｔ Harbor", "silent harbor"),
        ("Sîlènt Hàrbör", "silent harbor"),
        ("Sorcerer's Stone", "sorcerers stone"),
        ("Sorcerer’s Stone", "sorcerers stone"),
        ("Sorcererʼs Stone", "sorcerers stone"),
        ("Sorcerers Stone", "sorcerers stone"),
        ("don´t", "dont"),
        ("L'Étranger", "etranger"),
        ("L’étranger", "etranger"),
        ("L Etranger", "etranger"),
        ("Étranger", "etranger"),
        ("C'est la vie", "c est la vie"),
        ("Vitamin C's", "vitamin cs"),
        ("Rock'n'Roll", "rocknroll"),
        ("Der Prozess", "prozess"),
        ("El amor", "amor"),
        ("Gli indifferenti", "indifferenti"),
        ("O Alquimista", "alquimista"),
        ("The", "the"),
        ("A", "a"),
        ("O", "o"),
        ("The A Team", "team"),
        ("Straße", "strasse"),
        ("Ærø, Œuvre, Łódź, Đorđe, þing, ısı", "aero oeuvre lodz dorde thing isi"),
        ("İSTANBUL", "istanbul"),
        ("Όμηρος", "ομηροσ"),
        ("ёлка", "елка"),
        ("1984", "1984"),
        ("C++", "c plus plus"),
        ("C#", "c sharp"),
        ("Book #2", "book 2"),
        ("!!!...", "!!!..."),
        ("🙂", "🙂"),
        ("", ""),
        ("\u200b", ""),
    ],
)
def test_search_key(text: str, key: str) -> None:
    assert search_key(text) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("йод", "иод"),
        ("が", "か"),
        ("ガ", "カ"),
        ("हिन्दी", "हनद"),
        ("ที่", "ท"),
        ("שָׁלוֹם", "שלום"),
        ("C", "C++"),
        ("C#", "C++"),
        ("山水", "水山"),
    ],
)
def test_letters_of_every_script_stay(one: str, other: str) -> None:
    assert search_key(one) != search_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("が", "か\u3099"), ("é", "e\u0301"), ("각", "\u1100\u1161\u11a8"), ("й", "и\u0306"), ("ｶﾞ", "ガ")],
)
def test_composed_and_decomposed_are_one(one: str, other: str) -> None:
    assert search_key(one) == search_key(other)


@given(TEXTS)
def test_the_key_is_idempotent_and_clean(text: str) -> None:
    key = search_key(text)
    assert search_key(key) == key
    assert key == " ".join(key.split())
    assert bool(key) == bool(clean_line(unicodedata.normalize("NFKC", clean_line(text))))


@given(TEXTS)
def test_case_and_surroundings_do_not_matter(text: str) -> None:
    assert search_key(f"  {text}\n") == search_key(text)
    assert search_key(text.casefold()) == search_key(text)


@given(st.text("abcdefgh ", min_size=1), st.sampled_from(["The", "Le", "Der", "Los", "Il", "Uma"]))
def test_a_leading_article_does_not_matter(text: str, article: str) -> None:
    assert search_key(f"{article} x{text}") == search_key(f"x{text}")


def test_words_keep_their_article() -> None:
    assert folded_words("A. A. Milne") == ["a", "a", "milne"]
    assert folded_words("!!!") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Silent Harbor", ["silent", "harbor"]),
        ("砂の惑星", ["砂", "の", "惑", "星"]),
        ("Dune 砂丘 2", ["dune", "砂", "丘", "2"]),
        ("ガラス", ["ガ", "ラ", "ス"]),
        ("한국어 책", ["한국어", "책"]),
        ("กา", ["ก", "า"]),
        ("हिन्दी किताब", ["हिन्दी", "किताब"]),
        ("", []),
    ],
)
def test_tokens(text: str, words: list[str]) -> None:
    assert tokens(text) == words


@given(TEXTS)
def test_tokens_are_the_key_in_pieces(text: str) -> None:
    assert "".join(tokens(text)) == search_key(text).replace(" ", "")


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Dune", "Latin"), ("Ｄｕｎｅ", "Latin"), ("Дюна", "Cyrillic"), ("Дюна (Dune)", None), ("Όμηρος", "Greek"),
        ("砂の惑星", "Kana"),
        ("ｶﾀｶﾅ", "Kana"), ("沙丘", "Han"), ("人々", "Han"), ("한국어", "Hangul"), ("हिन्दी", "Devanagari"),
        ("שלום", "Hebrew"),
        ("عربي", "Arabic"), ("ภาษาไทย", "Thai"), ("ქართული", "Georgian"), ("1984!", None), ("", None),
    ],
)  # fmt: skip
def test_dominant_script(text: str, script: str | None) -> None:
    assert dominant_script(text) in ({script} if script or not any(map(str.isalpha, text)) else {"Cyrillic", "Latin"})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  a\n b\t", "a b"), ("a\0b", "a b"), ("x\ud800y", "xy"), ("a\u202eb", "ab"), ("\ufeffa", "a"),
        ("a\u200bb", "ab"),
        ("e\u0301", "é"), ("\ue000", ""), ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)  # fmt: skip
def test_clean_line(text: str, line: str) -> None:
    assert clean_line(text) == line


@given(TEXTS)
def test_a_clean_line_can_be_stored_anywhere(text: str) -> None:
    line = clean_line(text)
    assert clean_line(line) == line
    line.encode()
    assert not any(unicodedata.category(sign) in ("Cc", "Cs") or sign in "\u202a\u202e\u2066" for sign in line)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<p>A <b>bold</b> tale</p><script>alert(1)</script><br>of two &amp; three", "A bold tale\n\nof two & three"),
        ("<style>p{}</style>x", "x"),
        ("<!-- c -->x", "x"),
        ("<br/>x<BR />y", "x\ny"),
        ("&lt;p&gt;tags as entities&lt;/p&gt;", "tags as entities"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", ""),
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("&#39;x&#39;&nbsp;y", "'x' y"),
        ("a < b and c > d, x<3", "a < b and c > d, x<3"),
        ("**bold** and *em* and _em_ and __strong__, (*so*)", "bold and em and em and strong, (so)"),
        ("**bold *and* more**", "bold and more"),
        ("a * b, 2*3*4, snake_case_name", "a * b, 2*3*4, snake_case_name"),
        ("http://x.example/a_b_c?q=*x*", "http://x.example/a_b_c?q=*x*"),
        ("[a link](http://x.example/a) and ![a picture](b.png)", "a link and a picture"),
        ("From [source][1]\n\n  [1]: http://x.example", "From source"),
        ("# Head\n> quote\n\n\n\npara\r\nnext", "Head\nquote\n\npara\nnext"),
        ("***", ""),
        ("x\u202ey\0z", "xy z"),
    ],
)
def test_plain_text(text: str, plain: str) -> None:
    assert plain_text(text) == plain


def test_plain_text_is_cut_between_words() -> None:
    assert plain_text("word " * 10, 12) == "word word"
    assert plain_text("a" * 50, 12) == "a" * 12
    assert len(plain_text("many words " * 5000)) <= 10_000


@given(
    st.one_of(
        TEXTS, st.lists(st.sampled_from(["<p>", "</p>", "<b", "&lt;", "*", "_", "[a]", "(b)", "\n", "x "])).map("".join)
    )
)
def test_plain_text_of_anything(text: str) -> None:
    plain = plain_text(text, 40)
    assert len(plain) <= 40
    assert plain == plain.strip()
    plain.encode()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts(text: str) -> None:
    for read in (search_key, tokens, dominant_script, clean_line, plain_text):
        read(text)


def test_length_is_no_problem() -> None:
    for text in long_texts():
        for read in (search_key, tokens, dominant_script, clean_line, plain_text):
            read(text)


@given(st.one_of(TEXTS, st.text(st.characters(max_codepoint=127), max_size=40), st.text(st.sampled_from("aAlL'`#+-. \t1"), max_size=12)))
def test_plain_text_takes_a_shorter_way_to_the_same_words(text: str) -> None:
    assert folded_words(text) == _folded(text)
