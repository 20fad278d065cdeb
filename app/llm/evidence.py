"""The evidence that a language model reads: paragraphs, lists and tables with a key, a place and an origin.

These texts are untrusted. What goes into a prompt must not act as an instruction, and what a model writes must not act on a
page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markdown_it import MarkdownIt

from app.answering.verify import sources_of
from app.answers import Evidence
from app.groundedness.origins import Origins
from ingest.columns import column_names
from ingest.documents import POINTS_BACK, Document, Passage, Source, plain
from ingest.words import CHARACTERS

_MARKDOWN = MarkdownIt("commonmark")
_MARKDOWN.parseInline("-")  # it puts its rules together at its first use, half of which another thread would see
_BLOCK = re.compile(r"^\s*(?:#{1,6}\s+|>\s*|[-*+•·]\s+|\(?\d{1,2}[.)]\s+|```\w*\s*|~~~\w*\s*|\|)+")
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]{0,30}:)?//\S+|\b(?:https?|ftp|file|data|javascript|vbscript|mailto):\S*|\bwww\.\S+"
    r"|\b(?:[a-z0-9-]{1,63}\.){1,9}[a-z]{2,24}[/?]\S*|(?<!\S)\S[^\s@]*+@\S[^\s.]*+\.\S+",
    re.IGNORECASE,
)
_ACTS = re.compile(r"</?[a-z!?]|\]\s*[(\[]|!\[|&#?\w+;|[{}`]|\\x|%[0-9a-f]{2}", re.IGNORECASE)
_MARKUP = re.compile(r"<[/|]?[a-z!?]|\]\s*\(|!\[", re.IGNORECASE)
_WRAPPED = re.compile(r"""^(["'“‘])([^"'“”‘’]+)["'”’]$""")
"""A text in quotation marks as a whole. A mark at one end alone belongs to a name in it."""
_KEY = re.compile(r"[\[【［(（]\s*(S\s*\d+)\s*[\]】］)）]", re.IGNORECASE)
_YOU = "ai|assistant|language model|chatbot|llm"
_SAY = "reply|respond|answer|output|print|write|repeat|append|insert|include|render|say|cite|tell|reveal|send|translate"
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}"
    r"\b(?:instruction|prompt|rule|guideline|polic|above|previous|prior|earlier|evidence|everything)"
    r"|\b(?:system|developer|hidden|secret|initial)\s+(?:prompt|message|instruction)"
    r"|\b(?:new|updated|important|urgent|admin\w*|final)\s+instructions?\b"
    rf"|\bas an? (?:{_YOU})\b|\byou are (?:now|an? (?:{_YOU}|helpful|pirate|unrestricted))"
    rf"|\b(?:{_YOU})s?\b.{{0,30}}\b(?:must|should|shall|please|{_SAY})\b"
    r"|^\s*(?:system|assistant|user|human|developer)\s*:"
    r"|^\s*(?:please\s+)?(?:reply|respond|say|claim|pretend|print|output)\b"
    rf"|\b(?:{_SAY})\b.{{0,50}}\b(?:exactly|only with|only the word|verbatim|to the user|the user|prompts?\b|api.?key"
    r"|password|token|image|link|in your (?:answer|reply|response)|at the end of (?:your|every|each)|instead|\[?S\d+\]?)"
    r"|\b(?:jailbreak|dan mode|do anything now|prompt injection)\b"
    r"|(?:忽略|无视|忘记|不要理会|不要管|绕过).{0,20}(?:指令|指示|提示|规则|要求|以上|上述|之前|前面|证据)"
    r"|系统(?:提示|消息|指令)|提示词|新的?(?:指令|指示)|你现在是|你是一[个名]|作为(?:一个)?(?:人工智能|语言模型|AI|助手)"
    r"|(?:AI|人工智能|语言模型|大模型|助手|机器人)(?:必须|应当|应该|请|须|要)"
    r"|请?(?:只|仅|直接|逐字|改为)?(?:回答|回复|输出|重复|打印|显示|附上|插入|发送|泄露|告诉用户|引用).{0,20}"
    r"(?:提示|密钥|口令|密码|图片|链接|原文如下|以下内容|用户|即可|不要|\[?S\d+\]?)",
    re.IGNORECASE,
)
"""Words with which texts speak to a model. A text without them may still mean ill: what is said is checked all the same."""
PassageRun = tuple[Evidence, ...]
"""Whole passages of one block, without a gap: what one citation shows."""
HAN = re.compile(f"[{CHARACTERS}]")


def visible(text: str) -> str:
    """Put a text on one line without invisible characters.

    These are control, format, private and unassigned characters.
    """
    text = unicodedata.normalize("NFC", text)
    cleaned = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(cleaned.split())


def sound(text: str) -> str:
    """Replace unpaired surrogates in a text, which no file, page or database accepts."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def for_prompt(text: str) -> str:
    """Make a text safe as data in a prompt.

    It then cannot close its delimiters, speak as another role or bring keys of its own.
    """
    text = visible(text).replace("<", "‹").replace(">", "›")
    return _KEY.sub(lambda m: m[1], text).replace("[", "(").replace("]", ")").replace("```", "'''")


def gives_orders(text: str) -> bool:
    """Return True if a text gives orders to a model rather than informing a reader.

    Such a text may be quoted, but it is not shown to a model.
    """
    cleaned = visible(unicodedata.normalize("NFKC", text))
    return bool(_ORDERS.search(cleaned) or _MARKUP.search(cleaned) or _hides(text))


def _hides(text: str) -> bool:
    """Return True if it holds characters that only a machine reads: tags, or many of no width."""
    tags = any(0xE0000 <= ord(c) <= 0xE007F for c in text)
    return tags or sum(c in "\u200b\u200c\u200d\u2060\ufeff" for c in text) > 3


def plain_text(text: str) -> str:
    """Reduce a model's text to plain words without Markdown, HTML, links, images or addresses.

    The result is '' if the text is too long, or if active content or a link is left in it.
    """
    if len(text) > 4_000:  # nobody reads a longer sentence
        return ""
    for _ in range(3):  # what is left may be marked up again
        before, text = text, _without_markup(text)
        if text == before:
            break
    return "" if _ACTS.search(text) or _ADDRESS.search(text) else text


def _without_markup(text: str) -> str:
    text = _BLOCK.sub("", visible(text))
    words: list[str] = []
    for token in _MARKDOWN.parseInline(text)[0].children or ():
        if token.type in ("text", "code_inline", "text_special"):
            words.append(token.content)
        elif token.type == "softbreak":
            words.append(" ")
    return " ".join(_ADDRESS.sub("", "".join(words)).split())


def items_of(value: object) -> list[Any]:
    """Return the items of a list that a model wrote; [] if the value is no list."""
    return value if isinstance(value, list) else []


def short_texts(value: object, limit: int) -> tuple[str, ...]:
    """Return the texts of a list as plain words, each once; what is over 300 characters or gives orders is left out."""
    short = (t for t in items_of(value) if isinstance(t, str) and len(t) <= 300)
    texts = (_WRAPPED.sub(r"\2", plain_text(t)) for t in short)
    return tuple(dict.fromkeys(t for t in texts if t and not gives_orders(t)))[:limit]


@dataclass(frozen=True)
class EvidenceBlock:
    """A paragraph, list or table, or what is shown of a long one, under a key: `items` are its passages, without a gap."""

    key: str
    items: PassageRun

    @property
    def document(self) -> Document:
        """The document of the block."""
        return self.items[0].document

    @cached_property
    def breadcrumb(self) -> str:
        """The title and heading above it."""
        return breadcrumb(self.document, self.items[-1].passage)

    @cached_property
    def text(self) -> str:
        """The text that a model reads: a paragraph on one line, the items of a list and the rows of a table on one each."""
        lines: list[str] = []
        header = section = None
        for item in self.items:
            passage, item_line = item.passage, prompt_line(item)
            if passage.header and passage.header != header:
                header = passage.header
                lines += table_head(item)
            if passage.section and passage.section != section:
                section = passage.section
                lines += _lines(item.document.text[slice(*section)])
            if passage.kind == "sentence" and lines and self.items[0].passage.kind == "sentence":
                lines[-1] = f"{lines[-1]} {item_line}"
            else:
                lines.append(f"- {item_line}" if passage.kind == "item" else item_line)
        return "\n".join(lines)

    @cached_property
    def place_and_origin(self) -> str:
        """Its title and heading, and the first two of its origins."""
        sources = origins_of(self.document, [e.passage for e in self.items]).sources
        origins = dict.fromkeys(", ".join(filter(None, (s.publisher, s.date))) for s in sources)
        facts = [o for o in origins if o][:2] + ["official"] * all(s.official for s in sources)
        return for_prompt(" — ".join(filter(None, (self.breadcrumb, "; ".join(facts)))))

    @cached_property
    def prompt_text(self) -> str:
        """The block in the form of a prompt: key, place and origin above its text."""
        return f"[{self.key}] {self.place_and_origin}\n{self.text}"


@dataclass(frozen=True, slots=True)
class WrittenEvidence:
    """A statement that was written beforehand and checked, under a key.

    Attributes:
        key: Its key, such as W1.
        question: The known question that it was written for.
        text: What it says.
        runs: The passages that it rests on; () if it says what the documents do not hold.
    """

    key: str
    question: str
    text: str
    runs: tuple[PassageRun, ...] = ()


def table_head(item: Evidence) -> list[str]:
    """Return the lines above the table of a row: the unit of its figures, if given, and the column names."""
    passage, text = item.passage, item.document.text
    if passage.header is None:
        return []
    names = " | ".join(plain(n) for n in column_names(text[slice(*passage.header)]))
    return [*(_lines(text[slice(*passage.unit)]) if passage.unit else []), for_prompt(f"| {names} |")]


def _lines(text: str) -> list[str]:
    return [for_prompt(plain(text_line)) for text_line in text.split("\n") if text_line.strip()]


def prompt_line(item: Evidence) -> str:
    """Return the line that a model reads for a passage."""
    return for_prompt(plain(item.passage.quote(item.document.text)))


def breadcrumb(document: Document, passage: Passage) -> str:
    """Return the title of a document and the heading of a passage in it."""
    return f"{document.title} › {passage.heading}" if passage.heading else document.title


def origins_of(document: Document, passages: Iterable[Passage]) -> Origins:
    """Return the origins of a document's passages.

    A source whose text gives orders to a model is left out.
    """
    sources = sources_of(document, dict.fromkeys(i for p in passages for i in p.sources))
    other_publishers = () if document.authorship == "original" else dict.fromkeys(s.publisher for s in document.sources)
    return Origins(tuple(s for s in sources if not gives_orders(origin_line(s))), tuple(other_publishers))


def origin_line(source: Source) -> str:
    """Return the title, publisher and date of a source on one line."""
    return ", ".join(filter(None, (f"“{source.title}”" if source.title else "", source.publisher, source.date)))


def passage_text(document: Document, passage: Passage) -> str:
    """Return the text of a passage; an item of a list follows the sentence that introduces the list."""
    lead = f"{document.text[slice(*passage.lead)]} " if passage.lead else ""
    return lead + passage.read(document.text)


def tokens_of(text: str) -> int:
    """Estimate the tokens of a text, rather too many than too few.

    Each Chinese character counts as a token, and so does every three other characters.
    """
    han = len(HAN.findall(text))
    return han + (len(text) - han + 2) // 3


def with_context(run: PassageRun, block: EvidenceBlock) -> PassageRun:
    """Add the sentence before a run of passages if the run begins with a reference back to it."""
    first = run[0]
    index = block.items.index(first)
    if index and first.passage.kind == "sentence" and POINTS_BACK.match(first.text):
        return (block.items[index - 1], *run)
    return run
