"""What the reader model is shown of a passage."""

from ingest.documents import Document, contextualised_texts
from ingest.split import split

TEXT = """## Places

The comet was seen in Ulm. It stayed for 41 days. Rye was sown.

Three towns saw it:

- Ulm
- Worms

| Town | Days |
|---|---|
| Ulm | 41 |
"""


def test_a_passage_stands_behind_what_it_needs_to_be_understood():
    document = Document(TEXT, "Comets", "a.md", markdown=True)
    texts = [text for chunk in split(document) for text in contextualised_texts(chunk, document)]
    assert texts == [
        "Comets. Places. The comet was seen in Ulm.",
        "Comets. Places. The comet was seen in Ulm. It stayed for 41 days.",
        "Comets. Places. Rye was sown.",
        "Comets. Places. Three towns saw it:",
        "Comets. Places. Three towns saw it: Ulm",
        "Comets. Places. Three towns saw it: Worms",
        "Comets. Places. Town: Ulm; Days: 41",
    ]
