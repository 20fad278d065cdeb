"""The page in a headless browser: how tests visit it and ask."""

from __future__ import annotations

import re
import shutil
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Playwright, Route, TimeoutError, expect

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
WAIT = 200_000  # milliseconds; the models load on a busy machine
expect.set_options(timeout=60_000)  # what is awaited comes late on a busy machine, never at a time
TAKEN = 20_000  # milliseconds after which a question has surely been taken, if it was
QUESTION = "What is Hefei for?"
LIST = "Which seven frontier fields of science and technology does the Outline name?"
FAR = "Who won the World Cup final of 1998?"


def launch(playwright: Playwright) -> Browser:
    path = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    return playwright.chromium.launch(executable_path=path, args=FLAGS)


def visit(browser: Browser, url: str, width: int = 1280, height: int = 860, **context: Any) -> Page:
    """A page of a visitor of its own; `page.requested` are the addresses that it asked for, `page.events` what it asked of
    Gradio's queue that is not over."""
    page = browser.new_context(viewport={"width": width, "height": height}, **context).new_page()
    page.requested = []  # type: ignore[attr-defined]
    page.on("request", lambda r: page.requested.append(r.url))  # type: ignore[attr-defined]
    page.events = set()  # type: ignore[attr-defined]
    page.on("request", lambda r: page.events.add(r) if "/queue/" in r.url else None)  # type: ignore[attr-defined]
    for end in ("requestfinished", "requestfailed"):
        page.on(end, lambda r: page.events.discard(r))  # type: ignore[call-overload]
    page.goto(url, timeout=WAIT)
    ready(page)
    return page


def without_our_links(page: Page) -> None:
    """The page as Gradio alone would load it: `app.ui.assets` adds nothing to its head."""

    def answer(route: Route) -> None:
        found = route.fetch()
        ours = r'<link rel="(?:modulepreload" crossorigin|stylesheet" disabled|stylesheet" href="\./assets/first-)[^>]*>'
        route.fulfill(response=found, body=re.sub(ours, "", found.text()))

    page.route(re.compile(r"^http://[^/]+/(\?.*)?$"), answer)


def on_a_slow_line(page: Page) -> None:
    """Before the page is opened: every stream of the server, and every part of it, comes `late` milliseconds later, as soon
    as that is set in the page; `streams` are those that it has not left."""
    page.add_init_script(
        """{ const plain = window.fetch;
        window.streams = 0;
        window.fetch = async (...given) => {
          const reply = await plain(...given);
          if (!String(given[0].url ?? given[0]).includes('/queue/data')) return reply;
          const pause = () => new Promise(go => setTimeout(go, window.late ?? 0));
          const slow = async (part, to) => { await pause(); to.enqueue(part); };
          window.streams += 1;
          given[0].signal.addEventListener('abort', () => { window.streams -= 1; });
          await pause();
          return new Response(reply.body.pipeThrough(new TransformStream({ transform: slow })), reply);
        }; }"""
    )


def files_of(addresses: list[str]) -> list[str]:
    """Gradio's files among what a page asked for, in that order: the entry, then other scripts, then style sheets."""
    found = [a.rpartition("/assets/")[2] for a in addresses if "/assets/" in a]
    return sorted(dict.fromkeys(found), key=lambda f: (not f.startswith("index-"), f.endswith(".css")))


def ready(page: Page) -> None:
    """Until the page answers events: what it loads at first has come."""
    expect(page.locator("#question textarea")).to_be_visible(timeout=WAIT)
    expect(page.locator("#acts .words")).to_be_attached(timeout=WAIT)


STILL = """() => new Promise(done => {
  let before = '', same = 0;
  const look = () => {
    const parts = [...document.querySelectorAll('#bar, #bar *, #chat, #asking, #side, #chat .actions *, #chat .user')];
    const now = JSON.stringify(parts.map(e => e.getBoundingClientRect()));
    same = now === before ? same + 1 : 0;
    before = now;
    same < 10 ? requestAnimationFrame(look) : done();
  };
  look();
})"""


def still(page: Page) -> None:
    """Until nothing of the conversation has moved in ten frames that the browser drew."""
    page.evaluate(STILL)


def idle(page: Page) -> None:
    """Until the server has done all that the page asked for: what was set is set. A stream may stay open after a stop or an
    undo (docs/known-defects.md): half a minute is enough for all else."""
    quiet = 0
    for _ in range(300):  # an event leaves the page a moment after the press
        page.wait_for_timeout(100)
        quiet = 0 if page.events else quiet + 1  # type: ignore[attr-defined]
        if quiet == 5:
            return


def ask(page: Page, question: str) -> Locator:
    """The newest reply, finished. In the moment in which an answer ends the page takes no new question: where it stays in
    its box Enter is pressed once more, as a visitor would."""
    replies, box = page.locator("#chat .reply"), page.locator("#question textarea")
    before, begun = page.locator("#chat .reply.done").count(), replies.count()
    box.fill(question)
    box.press("Enter")
    try:
        expect(replies).not_to_have_count(begun, timeout=TAKEN)
    except AssertionError:
        if box.input_value() == question:
            box.press("Enter")
    return reply(page, before)


def watch_steps(page: Page) -> None:
    """From now on the page keeps in `steps` what it says while it works on an answer."""
    page.evaluate(
        """() => { window.steps = []; new MutationObserver(() => { const b = document.querySelector('#chat .busy');
        if (b) window.steps.push(b.innerText.trim()); }).observe(document.querySelector('#chat'),
        {subtree: true, childList: true, characterData: true}); }"""
    )


def reply(page: Page, before: int) -> Locator:
    """The reply after `before` others, once it is whole."""
    try:
        expect(page.locator("#chat .reply.done")).to_have_count(before + 1, timeout=WAIT)
    except AssertionError as error:
        waits = [r.url for r in page.events]  # type: ignore[attr-defined]
        box = page.locator("#question textarea").input_value()
        error.add_note(f"in the box: {box!r}; under way: {waits}; the chat: {page.locator('#chat').inner_text()[-500:]!r}")
        raise
    return page.locator("#chat .reply.done").nth(before)


def serious(page: Page) -> list[str]:
    """The findings that axe calls serious or critical, with their elements."""
    found = Axe().run(page).response["violations"]
    bad = [v for v in found if v["impact"] in ("serious", "critical")]
    return [f"{v['id']}: {[n['target'] for n in v['nodes'][:4]]} {v['nodes'][0]['any'][:1]}" for v in bad]


def choose(said: Locator, name: str) -> None:
    """An entry of the menu below an answer."""
    said.locator("details.more > summary").click()
    said.get_by_role("button", name=name).click()


def kept(page: Page, name: str, of: str = "") -> None:
    """An entry of the menu of a saved conversation, the first if none is named."""
    row = page.locator("#saved li", has_text=of).first
    for _ in range(10):  # the list may come anew meanwhile, with its menus closed
        if not row.locator("details[open]").count():
            row.locator("summary").click()
        try:
            row.get_by_role("button", name=f"{name}: ").click(timeout=3_000)
        except TimeoutError:
            continue
        return
    raise AssertionError(f"no button {name}")


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def listed(page: Page, said: str = "5 documents") -> Locator:
    """The list of documents, once it says how many there are."""
    tab(page, "Documents")
    expect(page.locator("#listing .count")).to_contain_text(said, timeout=WAIT)
    return page.locator("#listing")


def read(page: Page, title: str) -> Locator:
    """A document of the list, opened."""
    page.locator("#listing").get_by_role("button", name=title).first.click()
    expect(page.locator("#opened .reader")).to_be_visible(timeout=WAIT)
    return page.locator("#opened .reader")


def press_when_seen(page: Page, button: str, seen: str) -> None:
    """Have the page press a button in the moment in which something is seen: what is fast is over before a test can."""
    page.evaluate(
        """([button, seen]) => { window.pressed = false; const look = new MutationObserver(() => {
        if (!document.querySelector(seen)) return;
        look.disconnect(); document.querySelector(button).click(); window.pressed = true; });
        look.observe(document.body, {subtree: true, childList: true}); }""",
        [button, seen],
    )


def until_pressed(page: Page) -> None:
    """Until the page has pressed the button of `press_when_seen`."""
    page.wait_for_function("window.pressed", timeout=WAIT)


def stopped(page: Page, question: str, before: str = "") -> int:
    """Ask a question and stop it at once, in a new conversation until the stop comes before the answer; how many it took."""
    for tries in range(1, 11):
        if before:
            ask(page, before)
        press_when_seen(page, "#stop", "#chat .busy")
        box = page.locator("#question textarea")
        box.fill(question)
        box.press("Enter")
        expect(page.locator("#chat .reply.done")).to_have_count(2 if before else 1, timeout=WAIT)
        expect(page.locator("#chat :is(.busy, .partial)")).to_have_count(0, timeout=WAIT)
        if page.locator("#chat .stopped").count():
            return tries
        page.get_by_role("button", name="New conversation").click()
        expect(page.locator("#chat .reply")).to_have_count(0, timeout=WAIT)
    raise AssertionError("every answer came before its stop")


def leave(page: Page) -> None:
    page.context.close()
