"""Every tab at the sizes of a desk, a tablet and a phone, light and dark: nothing lies over anything else, and the last row
and the last control can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import LIST, WAIT, ask, leave, listed, read, tab, visit

pytestmark = pytest.mark.timeout(420)

SIZES = {1400: 900, 1024: 768, 390: 844}
ROWS = 40

LOOK = """(rows) => {
  const list = document.querySelector('#listing tbody'), body = list?.checkVisibility() ? list : null;
  while (body?.rows.length && body.rows.length < rows) body.append(body.rows[0].cloneNode(true));
  const what = 'a, button, input, textarea, select, summary, tbody tr, .card, .reply, .tile, .reader, .hundreds';
  const name = e => `${e.tagName} in #${e.closest('[id]')?.id} (${e.getAttribute('class')}) ${e.textContent.slice(0, 30)}`;
  const shown = e => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const there = e => shown(e) && !e.closest('.sr, [aria-hidden=true]');
  const seen = e => {  // what of it is not cut off by what it scrolls in
    let { left, top, right, bottom } = e.getBoundingClientRect();
    for (let at = e.parentElement; at && at !== document.documentElement; at = at.parentElement) {
      if (getComputedStyle(at).overflow === 'visible') continue;
      const box = at.getBoundingClientRect();
      [left, top] = [Math.max(left, box.left), Math.max(top, box.top)];
      [right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)];
    }
    return { left, top, right, bottom };
  };
  const related = (a, b) => a.contains(b) || b.contains(a);
  const all = [...document.querySelectorAll(what)].filter(there);
  const boxes = all.map(e => [e, seen(e)]).filter(([, b]) => b.right - b.left > 1 && b.bottom - b.top > 1);
  const found = [];
  boxes.forEach(([a, p], n) => boxes.slice(n + 1).forEach(([b, q]) => {
    const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
    const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (wide > 2 && high > 2 && !related(a, b)) found.push(`${name(a)} lies over ${name(b)}`);
  }));
  for (const e of all) {
    const at = e.matches('tr') ? e.cells[0] : e;
    at.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
    const { left, top, right, bottom } = at.getBoundingClientRect();
    const x = Math.max(1, (left + right) / 2), y = (top + bottom) / 2;
    const hit = document.elementFromPoint(x, Math.min(Math.max(y, 1), innerHeight - 1));
    if (!hit || !related(hit, at)) found.push(`${name(e)} cannot be reached, there is ${hit && name(hit)}`);
  }
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) found.push(`the page is ${scrollWidth} wide`);
  scrollTo(0, 0);
  return { found, looked: all.length, rows: body?.rows.length ?? 0 };
}"""
"""The elements that lie over others, and those that cannot be scrolled to. Before it looks it fills the list of documents up
to forty rows, in one go: the list is renewed every few seconds."""


@pytest.fixture(params=["light", "dark"])
def page(request: Any, browser: Browser, page_server: Any) -> Iterator[Page]:
    found = visit(browser, page_server.url, color_scheme=request.param)
    yield found
    leave(found)


def looked(page: Page, *widths: int) -> int:
    """The number of elements looked at in each size; nothing is wrong with any."""
    least = 10_000
    for width, height in ((w, h) for w, h in SIZES.items() if w in (widths or SIZES)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)  # Gradio moves tabs that do not fit into a menu after a resize
        seen = page.evaluate(LOOK, ROWS)
        assert seen["found"] == [], f"at {width} pixels"
        least = min(least, seen["looked"])
    return least


def test_nothing_lies_over_anything_else_while_one_asks(page: Page) -> None:
    assert looked(page) > 5
    ask(page, LIST)
    expect(page.locator("#next .chip").first).to_be_visible(timeout=WAIT)
    assert looked(page) > 20
    page.set_viewport_size({"width": 1400, "height": 900})
    page.get_by_role("button", name="Conversations").click()
    expect(page.locator("#saved li")).to_have_count(1)
    assert looked(page, 1400) > 30


def test_nothing_lies_over_forty_documents_or_an_opened_one(page: Page) -> None:
    listed(page)
    assert looked(page) > ROWS
    read(page, "Hefei")
    assert looked(page) > 10


def test_nothing_lies_over_the_report(page: Page) -> None:
    tab(page, "Quality")
    expect(page.locator("#quality .tile")).to_have_count(4, timeout=WAIT)
    assert looked(page) > 4
    for fold in page.locator("#quality summary").all():
        fold.click()
    assert looked(page) > 10
