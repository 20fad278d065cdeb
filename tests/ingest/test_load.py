import pytest

from ingest.documents import Mark, guess_language
from ingest.errors import LoadError
from ingest.load import load, take_marks
from ingest.split import split

DIGEST = """---
title: "A digest"
date: 2026-11-24
sources:
  a1: {title: First, publisher: P, date: 2021-03, url: "https://example.org/a", language: en, official: true}
  b2: {title: Second, publisher: Q, where: Article 3, language: zh}
---

# A digest

## Figures

One fact stands here.[^a1] Another one.[^a1][^b2]

| Year | Output (billion yuan) | Source |
|---|---|---|
| 2020 | 12 | [^a1] |
| 2021 | 13 \\| 14 | [^b2][^a1] |

- first item[^a1]
- second item[^b2]
"""


def loaded(tmp_path, text, name="d.md"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(path, tmp_path)


def test_source_ids_leave_the_text_and_reach_their_passages(tmp_path):
    document = loaded(tmp_path, DIGEST)
    assert "[^" not in document.text
    assert "Source" not in document.text
    passages = [p for c in split(document) for p in c.passages]
    assert [(p.read(document.text), p.kind, p.sources) for p in passages] == [
        ("One fact stands here.", "sentence", ("a1",)),
        ("Another one.", "sentence", ("a1", "b2")),
        ("Year: 2020; Output (billion yuan): 12", "row", ("a1",)),
        ("Year: 2021; Output (billion yuan): 13 | 14", "row", ("b2", "a1")),
        ("first item", "item", ("a1",)),
        ("second item", "item", ("b2",)),
    ]
    assert [s.date for s in document.sources] == ["2021-03", ""]


def test_marks_keep_their_positions():
    assert take_marks("ab.[^x][^y] cd.[^z]") == ("ab. cd.", (Mark(3, ("x", "y")), Mark(7, ("z",))))


@pytest.mark.parametrize(
    ("line", "authorship"),
    [("authorship: summary\n", "summary"), ("authorship: original\n", "original"), ("authorship: digest\n", "original"),
     ("authorship: [summary]\n", "original"), ("", "original")],
)  # fmt: skip
def test_only_a_document_that_says_so_is_a_summary(tmp_path, line, authorship):
    assert loaded(tmp_path, f"---\ntitle: T\n{line}---\nA fact.\n").authorship == authorship
    assert loaded(tmp_path, "A fact.", "d.txt").authorship == "original"


def test_a_user_document_keeps_its_footnotes(tmp_path):
    document = loaded(tmp_path, "# Mine\n\nA claim.[^1]\n\n[^1]: a note\n")
    assert "[^1]" in document.text
    assert document.title == "Mine"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"GIF89a\x00\x00", "picture.md", "it is an image"),
        (b"", "empty.md", "contains no text"),
        (b" \n\t\n--- \n", "blank.txt", "contains no text"),
        (b"---\ntitle: a: b: c\n---\nText.", "front.md", "line 2: the front matter is not YAML"),
        (b"%!PS", "paper.ps", "is not a type of file that can be read here"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(tmp_path, content, name, said):
    with pytest.raises(LoadError, match=r".") as error:
        loaded(tmp_path, content, name)
    assert said in str(error.value)
    assert error.value.next_step


def test_line_ends_marks_and_controls_are_normalised(tmp_path):
    document = loaded(tmp_path, b"\xef\xbb\xbfOne line.\r\nTwo\x07.\r", "a.txt")
    assert document.text == "One line.\nTwo .\n"


@pytest.mark.parametrize(
    ("text", "language"), [("plan", "en"), ("规划", "zh"), ("MOST (科学技术部) issued a programme", "en"), ("", "en")]
)
def test_language(text, language):
    assert guess_language(text) == language
