"""Whatever a template is given is shown as text, and no template writes an empty line."""

from __future__ import annotations

import html
import importlib
import pkgutil
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError, meta, nodes
from markupsafe import Markup

import app.ui
from app.store.conversations import Conversation
from app.ui.escape import literal
from app.ui.layout import acts_html
from app.ui.sidebar import delivery_html, saved_html
from app.ui.template import FOLDER, environment, macros
from app.ui.words import Words

HOSTILE = '<b onclick="x">**a** [l](u) `c` {{ 7 * 7 }} $x$ &amp;\u202e'
NAMES = sorted(file.stem for file in FOLDER.glob("*.html"))


def filled(source: str, **values: object) -> str:
    return environment.from_string(source).render(**values)


def test_a_value_is_escaped_as_a_literal_and_html_is_not() -> None:
    assert filled("<p title='{{ x }}'>{{ x }}</p>", x=HOSTILE) == f"<p title='{literal(HOSTILE)}'>{literal(HOSTILE)}</p>"
    assert filled("{{ x ~ 1 }}{{ [x, 2]|join('-') }}", x=HOSTILE) == literal(f"{HOSTILE}1{HOSTILE}-2")
    assert filled("{{ x }}", x=Markup("<b>*</b>")) == "<b>*</b>"
    assert filled("{{ x }}", x="a\u202eb\u2066*") == "ab&#42;"
    assert filled("{{ x|exact }}", x="a\u202eb*") == "a\u202eb&#42;"
    assert filled("{% macro m(y) %}<i>{{ y }}</i>{% endmacro %}{{ m(x) }}", x="<") == "<i>&#60;</i>"


def test_a_name_that_is_not_there_is_an_error() -> None:
    for source in ("{{ x }}", "{{ words.nothing }}", "{% if x %}{% endif %}"):
        with pytest.raises(UndefinedError):
            filled(source, words=Words())


def test_line_breaks_of_a_template_are_not_in_the_html() -> None:
    source = """
      <p class="a"
        id="b">
        {{ x }}

        one
        two <b> c</b>
      </p>
    """
    assert filled(source, x="\n") == '<p class="a" id="b">\none two <b> c</b></p>'


@pytest.mark.parametrize("name", NAMES)
def test_a_template_knows_all_names_and_escapes_everything(name: str) -> None:
    source = (FOLDER / f"{name}.html").read_text(encoding="utf-8")
    functions = {
        name
        for module in pkgutil.iter_modules(app.ui.__path__)
        for name, value in vars(importlib.import_module(f"app.ui.{module.name}")).items()
        if callable(value)
    }
    missing = meta.find_undeclared_variables(environment.parse(source)) - set(environment.globals) - functions - {"words"}
    assert not missing
    assert "|safe" not in source
    assert "autoescape" not in source


@pytest.mark.parametrize("name", NAMES)
def test_html_is_not_joined_with_text_in_an_expression(name: str) -> None:
    """There Jinja2 would escape the text for HTML alone, and not for Markdown."""
    tree = environment.parse((FOLDER / f"{name}.html").read_text(encoding="utf-8"))
    html_of = {"caller"} | {m.name for m in tree.find_all(nodes.Macro)}
    html_of |= {n[1] if isinstance(n, tuple) else n for i in tree.find_all(nodes.FromImport) for n in i.names}
    for joined in tree.find_all((nodes.Concat, nodes.Add, nodes.Filter)):
        called = {call.node.name for call in joined.find_all(nodes.Call) if isinstance(call.node, nodes.Name)}
        assert not called & html_of, (name, joined.lineno)


@pytest.mark.parametrize("name", NAMES)
def test_every_macro_is_used(name: str) -> None:
    texts = [f.read_text(encoding="utf-8") for f in [*FOLDER.glob("*.html"), *FOLDER.parent.glob("*.py")]]
    tree = environment.parse((FOLDER / f"{name}.html").read_text(encoding="utf-8"))
    for macro in tree.find_all(nodes.Macro):
        call = re.compile(rf"(?<!macro )\b{macro.name}\(|import .*\b{macro.name}\b|, {macro.name}\)")
        assert any(map(call.search, texts)), macro.name


@given(st.text(alphabet=st.sampled_from([*HOSTILE, "\n"]), max_size=30))
def test_a_title_adds_no_element(title: str) -> None:
    saved = [Conversation("c1", title, "2026-01-02T03:04", 1)]
    plain = [Conversation("c1", "t", "2026-01-02T03:04", 1)]
    named, unnamed = (saved_html(s, "", Words(), "problem", "query") for s in (saved, plain))
    assert named.count("<") == unnamed.count("<")
    assert "\n\n" not in saved_html(saved, "c1", Words())
    file = delivery_html(title, title)
    assert file.count("<") == 2
    assert html.unescape(file.partition(">")[2].rpartition("<")[0]) == title


def test_macros_are_made_once_a_language() -> None:
    assert macros("parts", Words("zh")) is macros("parts", Words("zh")) is not macros("parts", Words("en"))


def test_the_script_finds_the_words_that_it_says() -> None:
    offered = set(re.findall(r' data-([a-z-]+)="', acts_html(Markup(), Words())))
    script = (FOLDER.parent / "page.js").read_text(encoding="utf-8")
    said = {re.sub("[A-Z]", lambda m: f"-{m[0].lower()}", key) for key in re.findall(r"say\('(\w+)'\)", script)}
    assert said
    assert said <= offered
