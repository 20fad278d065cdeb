"""One system of looks: the style sheets take colours, sizes of type, weights and radii from the table in tokens.css."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from app.ui.mount import STYLE, TOKENS
from app.ui.shared import STYLE as SHARED
from tests.browsing import FAR, LIST, QUESTION, ask, choose, leave, listed, read, serious, tab, visit

AA, AA_SIGNS = 4.5, 3.0  # least contrast of words, and of signs and edges
FREE = {"0", "inherit", "normal"}
TEMPLATES = sorted(STYLE.with_name("templates").glob("*.html"))
TABLE = dict(re.findall(r"--([\w-]+): ([^;]+);", TOKENS.read_text(encoding="utf-8").partition("@media")[0]))


def declared(sheet: Path) -> list[tuple[str, str]]:
    """The declarations of a style sheet, without comments and pictures."""
    text = re.sub(r"/\*.*?\*/|url\('[^']*'\)", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"(?<![\w-])([\w-]+):\s*([^;{}]+)(?=[;}])", text)


@pytest.mark.parametrize("sheet", [STYLE, SHARED], ids=lambda s: s.name)
def test_a_style_sheet_uses_the_table_alone(sheet: Path) -> None:
    wrong = []
    for name, value in declared(sheet):
        if name in ("font-size", "font-weight", "font") or name.endswith("radius"):
            kind = r"var\(--(?:round|pill)\)" if name.endswith("radius") else r"var\(--(?:small|body|lead|large|strong)\)"
            first = (
                value.replace("!important", "").split(" system-ui")[0].partition("/")[0].removesuffix(" sans-serif").split()
            )
            wrong += [(name, value)] * any(not re.fullmatch(kind, v) and v not in FREE for v in first)
        if re.search(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\(|(?<![\w-])(?:white|black|red|gr[ae]y)\b", value):
            wrong.append((name, value))
    assert wrong == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.name)
def test_a_template_has_no_colour_and_no_size_of_its_own(template: Path) -> None:
    assert not re.findall(
        r"(?:color|font-size|border-radius): ?[#\d][^;]*|font: ?\d[^;]*", template.read_text(encoding="utf-8")
    )


def test_what_is_used_stands_in_the_table() -> None:
    used = {name for sheet in (STYLE, SHARED) for name in re.findall(r"var\(--([\w-]+)", sheet.read_text(encoding="utf-8"))}
    own = {"sign", "of", "less"}  # set beside where they are read
    assert used - own == set(TABLE) & used
    assert {n: round(float(v.removesuffix("rem")) * 16) for n, v in TABLE.items() if v.endswith("rem")} == {
        "small": 13, "body": 15, "lead": 17, "large": 32,
    }  # fmt: skip


def luminance(colour: str) -> float:
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_words_and_signs_have_enough_contrast(dark: bool) -> None:
    found = {name: re.findall(r"#[0-9a-f]{6}", value)[dark] for name, value in TABLE.items() if "light-dark" in value}
    words = [(name, on) for name in ("ink", "quiet", "good", "wrong", "amber") for on in ("paper", "tint")]
    words += [("on-brick", "brick"), ("on-mark", "mark"), ("paper", "ink")]
    signs = [("edge", "paper"), ("brick", "paper"), ("data", "paper")]
    needed = dict.fromkeys(words, AA) | dict.fromkeys(signs, AA_SIGNS)
    low = {pair for pair, least in needed.items() if contrast(found[pair[0]], found[pair[1]]) < least}
    assert low == set()


SEEN = """() => {
  const all = [...document.querySelectorAll('.gradio-container *')];
  const seen = all.filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest('.sr, svg')
    && e.getBoundingClientRect().width > 1);
  const told = e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.matches('input, textarea');
  const corners = ['TopLeft', 'TopRight', 'BottomLeft', 'BottomRight'];
  const named = (found, of) => found.reduce((all, e) => {
    for (const v of of(e)) all[v] ??= e.outerHTML.slice(0, 90);
    return all;
  }, {});
  return [named(seen.filter(told), e => [getComputedStyle(e).fontSize].filter(s => parseFloat(s))),
    named(seen, e => corners.map(c => getComputedStyle(e)[`border${c}Radius`]).filter(r => parseFloat(r)))];
}"""


@pytest.mark.timeout(420)
@pytest.mark.parametrize("width", [1280, 390])
def test_four_sizes_of_type_and_two_radii_are_seen(browser: Browser, page_server: Any, width: int) -> None:
    page = visit(browser, page_server.url, width, 860)
    screens = {"first": page.evaluate(SEEN)}

    def seen(name: str) -> None:
        screens[name] = page.evaluate(SEEN)
        assert [found for found in serious(page) if "contrast" in found] == [], name

    for question in (QUESTION, LIST, "How many tonnes in 2022?", FAR):
        ask(page, question)
        seen(question)
    choose(page.locator("#chat .reply.done").first, "Cite in a paper")
    expect(page.get_by_role("dialog")).to_be_visible()
    seen("dialog")
    page.keyboard.press("Escape")
    page.locator("#menu").click()
    expect(page.locator("#saved .title")).to_be_visible()
    seen("sidebar")
    page.locator("#menu").press("Enter")
    page.locator("#set").click()
    expect(page.locator("#settings")).to_be_visible()
    seen("settings")
    page.keyboard.press("Escape")
    listed(page)
    page.locator("#adding button.label-wrap").click()
    expect(page.locator("#files")).to_be_visible()
    seen("documents")
    read(page, "Hefei")
    seen("reader")
    tab(page, "Quality")
    expect(page.locator("#quality h2").first).to_be_visible()
    seen("quality")
    leave(page)
    assert len(screens) >= 10
    sizes, radii = ({k: v for screen in screens.values() for k, v in screen[n].items()} for n in (0, 1))
    assert sizes.keys() <= {"13px", "15px", "17px", "32px"}, sizes
    assert radii.keys() <= {"8px", "9999px"}, radii


@pytest.mark.timeout(420)
def test_what_stands_below_an_answer_is_one_line(browser: Browser, page_server: Any) -> None:
    page = visit(browser, page_server.url)
    said = ask(page, QUESTION)
    foot, glance, actions = (said.locator(s).bounding_box() for s in (".foot", ".facts > summary", ".actions"))
    following = page.locator("#next").bounding_box()
    said.locator(".facts > summary").click()
    folded = said.locator(".facts .aside").inner_text()
    leave(page)
    assert foot
    assert glance
    assert actions
    assert following
    assert abs(glance["y"] - actions["y"]) < 12
    assert foot["height"] + following["height"] <= 90
    assert "Sources dated" in folded
