"""Generated documents: headings, paragraphs, lists and tables of English and Chinese words, figures and odd signs."""

from hypothesis import strategies as st

WORDS = st.sampled_from(
    "plan chip Hefei fund quantum the of percent U.S. No. 8 2,439.3 e.g. "
    "合肥 规划。 创新！ 量子？ (see) “quoted” end. why? a|b _x_ **bold** 🚀".split()
)
LINES = st.lists(WORDS, min_size=1, max_size=25).map(" ".join)
BLOCKS = st.one_of(
    LINES,
    LINES.map(lambda line: line.replace(" ", "\n", 1)),
    LINES.map("## {}".format),
    st.lists(LINES, min_size=1, max_size=5).map(lambda items: "Items:\n\n" + "\n".join(f"- {i}" for i in items)),
    st.lists(LINES, min_size=1, max_size=4).map(lambda items: "\n".join(f"{n}. {i}" for n, i in enumerate(items, 1))),
    st.lists(LINES.map(lambda line: line.replace("|", "/")), min_size=1, max_size=4).map(
        lambda rows: "| Name | Value |\n|---|---|\n" + "\n".join(f"| {r} | 1 |" for r in rows)
    ),
    LINES.map(lambda line: line.replace("|", "/")).map(
        lambda line: (
            f"|  | {line} |  |\n|---|---|---|\n|  | 2032 | 2031 |\n| {line}: |  |  |\n| plan | 1 | 2 |\n| Total | 3 | 4 |"
        )
    ),
    LINES.map("> {}".format),
    LINES.map("```\n{}\n```".format),
)


def markdown_texts():
    """Markdown texts of up to eight blocks."""
    return st.lists(BLOCKS, min_size=1, max_size=8).map("\n\n".join)
