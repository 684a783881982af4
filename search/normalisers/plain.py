"""Descriptions as plain text: HTML by a real parser, Markdown by its few common signs.

Source: spec 04, "Normalising" (descriptions).
"""

import html
import re

import nh3

from search.normalisers.text import clean_line

DESCRIPTION_MAX_CHARS = 10_000
_READ_TIMES = 8  # so much more is read than kept: markup takes room
_TAG = re.compile(r"<[a-zA-Z/!]")
_BLOCKS = re.compile(r"</?(?:p|br|div|li|ul|ol|h[1-6]|tr|table|blockquote)\b[^<>]*>", re.IGNORECASE)
_SILENT = {"script", "style", "head", "template", "noscript", "iframe", "object"}
_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\](?:\([^()\s]{1,1000}\)|\[[^\[\]\n]{0,50}\])")
_LINK_TARGET = re.compile(r"^[ \t]*\[[^\[\]\n]{1,50}\]:[ \t]*\S+[ \t]*$", re.MULTILINE)
# signs around words, never inside them: 2*3*4, snake_case and addresses stay
_EMPHASIS = re.compile(
    r"(?<![^\s(\[{\"'“‘«—–-])(\*{1,3}|_{1,3})(?=[^\s*_])([^*_\n]{1,500}?)(?<=\S)\1(?![\w*])"
)
_LINE_START = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|(?:>[ \t]?)+|[-*_]{3,}[ \t]*$)", re.MULTILINE)


def plain_text(text: str, max_chars: int = DESCRIPTION_MAX_CHARS) -> str:
    """HTML or Markdown as plain text with its paragraphs, at most so many characters, cut between words."""
    bare = _without_markdown(_without_html(text[: max_chars * _READ_TIMES]))
    lines = [clean_line(line) for line in re.split(r"\r\n|\r|\n", bare)]
    whole = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if len(whole) <= max_chars:
        return whole
    return whole[:max_chars].rsplit(None, 1)[0].rstrip()


def _without_html(source: str) -> str:
    if not _TAG.search(source):
        source = html.unescape(source)  # some send their tags as entities
    if not _TAG.search(source):
        return html.unescape(source)
    text = html.unescape(nh3.clean(_BLOCKS.sub("\n", source), tags=set(), clean_content_tags=_SILENT))
    return html.unescape(text)  # and some escape twice


def _without_markdown(text: str) -> str:
    unlinked = _LINK_TARGET.sub("", _LINK.sub(r"\1", text))
    for _ in range(2):  # one within another
        unlinked = _EMPHASIS.sub(r"\2", unlinked)
    return _LINE_START.sub("", unlinked)
