"""Hasty visitors: whatever is pressed while an answer comes, no question is lost or doubled, and the page comes to rest."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browsing import (
    FAR,
    LIST,
    QUESTION,
    WAIT,
    ask,
    choose,
    leave,
    listed,
    on_a_slow_line,
    press_when_seen,
    read,
    ready,
    stopped,
    tab,
)

pytestmark = pytest.mark.timeout(420)
HOLDS = """{ const plain = window.fetch; window.held = {};
window.fetch = async (input, init) => { const reply = await plain(input, init);
  const name = ['why', 'up'].find((name) => String(init?.body).includes(`"name":"${name}"`));
  if (name) await new Promise((go) => { window.held[name] = go; });
  return reply; }; }"""  # the page reads what the server replies to these two presses when it is told to
WAITS = f"Will be asked next: {QUESTION} Cancel"


def send(page: Page, question: str, times: int = 1) -> None:
    box = page.locator("#question textarea")
    box.fill(question)
    for _ in range(times):
        box.press("Enter")


def at_rest(page: Page) -> tuple[list[str], str]:
    """The questions in the conversation, each with one reply, and what is in the box, once nothing is on its way."""
    expect(page.locator("#chat :is(.busy, .partial)")).to_have_count(0, timeout=WAIT)
    expect(page.locator("#send")).to_be_visible()
    expect(page.locator("#stop")).not_to_be_visible()
    page.wait_for_timeout(800)
    expect(page.locator(".later, #chat :is(.busy, .partial)")).to_have_count(0, timeout=WAIT)
    asked = [text.strip() for text in page.locator("#chat .user .message-content").all_inner_texts()]
    expect(page.locator("#chat .reply.done")).to_have_count(len(asked))
    return asked, page.locator("#question textarea").input_value()


def send_when_busy(page: Page, question: str) -> None:
    """Have the page send a question as soon as an answer is under way: a fast one is over before a test can."""
    page.evaluate(
        """question => { const look = new MutationObserver(() => { if (!document.querySelector('#chat .busy')) return;
        look.disconnect(); const box = document.querySelector('#question textarea'); box.value = question;
        box.dispatchEvent(new Event('input', {bubbles: true}));
        box.dispatchEvent(new KeyboardEvent('keypress', {key: 'Enter', bubbles: true, cancelable: true}));
        box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true})); });
        look.observe(document.body, {subtree: true, childList: true}); }""",
        question,
    )


def watch_line(page: Page) -> None:
    """From now on the page keeps in `lines` what the line of the question that waits says."""
    page.evaluate(
        """() => { window.lines = new Set(); new MutationObserver(() => { const line = document.querySelector('.later');
        if (line) window.lines.add(line.innerText); }).observe(document.body, {subtree: true, childList: true}); }"""
    )


def under_way(page: Page) -> None:
    expect(page.locator("#chat :is(.busy, .partial)")).to_be_visible(timeout=WAIT)


def test_a_question_typed_while_an_answer_comes_waits_in_a_line_and_is_asked(visited: Page) -> None:
    watch_line(visited)
    send_when_busy(visited, QUESTION)
    send(visited, LIST)
    expect(visited.locator("#chat .reply.done")).to_have_count(2, timeout=WAIT)
    assert at_rest(visited) == ([LIST, QUESTION], "")
    assert visited.evaluate("[...window.lines]") == [WAITS]


@pytest.mark.parametrize("button", ["#stop", ".later button"])
def test_a_question_that_waits_is_given_back(visited: Page, button: str) -> None:
    watch_line(visited)
    press_when_seen(visited, button, ".later")
    send_when_busy(visited, QUESTION)
    send(visited, LIST)
    assert at_rest(visited) == ([LIST], QUESTION)
    assert visited.evaluate("[...window.lines]") == [WAITS]


def test_enter_pressed_twice_asks_once(visited: Page) -> None:
    send(visited, QUESTION, times=3)
    expect(visited.locator("#chat .reply.done")).to_have_count(1, timeout=WAIT)
    assert at_rest(visited) == ([QUESTION], "")


def test_two_fast_questions_are_both_there(visited: Page) -> None:
    send(visited, QUESTION)
    send(visited, FAR)
    expect(visited.locator("#chat .reply.done")).to_have_count(1, timeout=WAIT)
    asked, box = at_rest(visited)
    assert [*asked, *filter(None, [box])] == [QUESTION, FAR]


def test_an_example_and_enter_at_once_lose_and_double_nothing(visited: Page) -> None:
    visited.locator("#question textarea").fill(LIST)
    visited.locator("#welcome .try").first.click(no_wait_after=True)
    visited.locator("#question textarea").press("Enter", no_wait_after=True)
    expect(visited.locator("#chat .reply.done")).to_have_count(1, timeout=WAIT)
    asked, box = at_rest(visited)
    assert (asked, box) in (([QUESTION], LIST), ([QUESTION, LIST], ""), ([LIST], ""))


@pytest.mark.parametrize("moment", ["busy", "partial", "late"])
def test_stop_at_any_moment_comes_to_rest(visited: Page, moment: str) -> None:
    """While it is searched, while sentences appear, and in the moment in which the last one does."""
    many = visited.locator("#chat .reply .points li")
    ask(visited, LIST)
    whole = many.count()
    visited.get_by_role("button", name="New conversation").click()
    expect(many).to_have_count(0)
    when = {"busy": "q('.busy')", "partial": "q('.partial')", "late": f"qa('.partial .points li').length >= {whole - 1}"}[
        moment
    ]
    visited.evaluate(
        """when => { const q = s => document.querySelector('#chat ' + s), qa = s => document.querySelectorAll('#chat ' + s);
        const due = new Function('q', 'qa', 'return ' + when);
        const look = new MutationObserver(() => { if (!due(q, qa)) return; look.disconnect();
        document.querySelector('#stop').click(); });
        look.observe(document.body, {subtree: true, childList: true, characterData: true}); }""",
        when,
    )
    send(visited, LIST)
    expect(visited.locator("#chat .reply.done")).to_have_count(1, timeout=WAIT)
    asked, box = at_rest(visited)
    assert asked == [LIST]
    stopped = visited.locator("#chat .stopped").count()
    assert box == (LIST if stopped else "")
    assert stopped or many.count() == whole
    ask(visited, QUESTION)
    assert at_rest(visited) == ([LIST, QUESTION], "")
    visited.get_by_role("button", name="Conversations").click()
    expect(visited.locator("#saved li")).to_have_count(2)


def test_stop_leaves_what_was_typed_meanwhile(visited: Page) -> None:
    send(visited, LIST)
    under_way(visited)
    visited.locator("#question textarea").fill(QUESTION)
    visited.get_by_role("button", name="Stop").click()
    expect(visited.locator("#chat .stopped")).to_have_text("Stopped.", timeout=WAIT)
    assert at_rest(visited) == ([LIST], QUESTION)


def test_stop_and_another_question_at_once(visited: Page) -> None:
    send(visited, LIST)
    under_way(visited)
    visited.locator("#question textarea").fill(QUESTION)
    visited.evaluate("document.querySelector('#stop').click()")
    visited.locator("#question textarea").press("Enter")
    asked, box = at_rest(visited)
    assert asked + ([box] if box else []) == [LIST, QUESTION]


def test_a_new_conversation_begins_empty_while_an_answer_comes(visited: Page) -> None:
    press_when_seen(visited, "#again", "#chat .busy")
    send(visited, LIST)
    visited.wait_for_timeout(2_500)
    expect(visited.locator("#chat .user")).to_have_count(0)
    assert at_rest(visited) == ([], "")


def test_asking_again_after_a_stopped_question_doubles_nothing(visited: Page) -> None:
    stopped(visited, LIST, QUESTION)
    at_rest(visited)
    choose(visited.locator("#chat .reply.done").first, "Ask again")
    expect(visited.locator("#chat .stopped")).to_have_count(0, timeout=WAIT)
    asked, _ = at_rest(visited)
    assert asked == [QUESTION]


def test_kept_as_it_was_shown(visited: Page, page_server: Any) -> None:
    """A first question that was stopped and asked again stands once among the conversations."""
    tries = stopped(visited, LIST)
    assert at_rest(visited) == ([LIST], LIST)
    visited.locator("#question textarea").press("Enter")
    expect(visited.locator("#chat .reply.done")).to_have_count(2, timeout=WAIT)
    visited.get_by_role("button", name="Conversations").click()
    expect(visited.locator("#saved li")).to_have_count(tries)
    expect(visited.locator("#saved li .when").first).to_contain_text("1 answer")


def test_going_on_while_questions_are_offered_asks_nothing_that_the_server_refuses(visited: Page) -> None:
    refused: list[str] = []
    visited.on("response", lambda r: refused.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    for pause in (0, 20, 50, 80, 120, 200, 300, 500):  # milliseconds; what would be offered is asked for, found, then shown
        ask(visited, QUESTION)
        visited.wait_for_timeout(pause)
    visited.get_by_role("button", name="New conversation").click()
    assert at_rest(visited) == ([], "")
    expect(visited.locator("#next button")).to_have_count(0)
    assert refused == []


def test_a_question_that_is_sent_while_the_server_ends_its_stream_is_answered(browser: Browser, page_server: Any) -> None:
    """Gradio's client takes a stream for open until it has read that it is closed, and opens no other."""
    page = browser.new_context().new_page()
    on_a_slow_line(page)
    page.goto(page_server.url)
    ready(page)
    ask(page, QUESTION)  # the models are there: what is pressed next is done at once
    page.wait_for_timeout(3_000)  # questions to ask next are looked for
    page.wait_for_function("window.streams === 0", timeout=WAIT)
    page.evaluate("window.late = 1500")
    page.get_by_role("tab", name="Quality").click()
    page.wait_for_timeout(500)  # the server has closed the stream, which the client will read a second later
    page.get_by_role("tab", name="Ask").click()
    send(page, FAR)
    page.wait_for_timeout(2_500)
    page.evaluate("window.late = 0")
    expect(page.locator("#chat .reply.done")).to_have_count(2, timeout=WAIT)
    assert at_rest(page) == ([QUESTION, FAR], "")
    leave(page)


def test_what_was_brought_by_a_stream_that_is_over_is_shown(browser: Browser, page_server: Any) -> None:
    """Two events are done and their stream is over before their replies are read; the first reply opens another stream."""
    page = browser.new_context().new_page()
    page.add_init_script(HOLDS)
    page.goto(page_server.url)
    ready(page)
    ask(page, QUESTION)
    for name in ("up", "why"):
        press_when_seen(page, f"[id^=act-{name}-]", "#chat .busy")
    send(page, FAR)
    page.wait_for_function("Object.keys(window.held).length === 2", timeout=WAIT)
    assert at_rest(page) == ([QUESTION, FAR], "")
    page.wait_for_timeout(3_000)  # questions to ask next are looked for
    for name in ("up", "why"):
        page.evaluate(f"window.held.{name}()")
        page.wait_for_timeout(500)
    expect(page.get_by_role("dialog")).to_be_visible()
    leave(page)


def test_a_question_waits_for_the_choice_of_documents_that_was_pressed_before_it(visited: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        is_choice = ((route.request.post_data_json or {}).get("event_data") or {}).get("name") == "only"
        held.append(route) if is_choice else route.continue_()

    listed(visited)
    reader = read(visited, "Hefei")
    visited.route("**/queue/join*", hold)
    reader.get_by_role("button", name="Ask about this document").click()
    send(visited, "How many indicators does the Outline set?", times=2)
    with visited.expect_request("**/queue/join*"):  # what was pressed before this has left the page, if it leaves at once
        tab(visited, "Quality")
    tab(visited, "Ask")
    (choice,) = held
    choice.continue_()
    expect(visited.locator("#chat .reply.done")).to_have_count(1, timeout=WAIT)
    expect(visited.locator("#narrow")).to_contain_text("Searching 1 of 5 documents")
    assert all("Hefei" in title for title in visited.locator("#panel .card h3").all_inner_texts())
    assert at_rest(visited)[1] == ""


def test_leaving_while_an_answer_comes_logs_no_error(visited: Page) -> None:
    logged: list[str] = []
    visited.on("console", lambda message: logged.append(message.text) if message.type == "error" else None)
    send(visited, LIST)
    under_way(visited)
    visited.reload()
    ready(visited)
    assert logged == []
