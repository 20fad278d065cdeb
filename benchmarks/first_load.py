"""`make load`: how long a new visitor waits until the question box stands, beside an empty Gradio page and its own chat.

With `--write` it also writes `app/ui/assets.txt`: the files of Gradio's that the page asks for, which its head then names.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import httpx
from playwright.sync_api import Browser, sync_playwright

from app.ui.assets import LISTED
from tests.browsing import files_of, launch, without_our_links

ROOT = Path(__file__).resolve().parent.parent
LOADS = 11
COMPARISON_PAGES = {
    "an empty Gradio page": "b = gr.Blocks()\nwith b: gr.Textbox(elem_id='question')",
    "Gradio's own chat page": "b = gr.ChatInterface(lambda m, h: 'ok', textbox=gr.Textbox(elem_id='question'))",
}
COMPARISON = """import socket, uvicorn, gradio as gr
from fastapi import FastAPI
{}
app = gr.mount_gradio_app(FastAPI(), b, path="/")
with socket.create_server(("127.0.0.1", 0)) as listener:
    print("http://127.0.0.1:%d" % listener.getsockname()[1])
    uvicorn.Server(uvicorn.Config(app)).run(sockets=[listener])
"""
VISIBLE_SCRIPT = """() => { const look = () => {
  const box = document.querySelector('#question textarea, #question input');
  if (box?.getClientRects().length) window.stands = performance.now();
  else requestAnimationFrame(look);
}; look(); }"""


@contextmanager
def serve(command: Sequence[str]) -> Iterator[str]:
    """Start a server and yield the address that it prints."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout
        line = next(line for line in process.stdout if "http://" in line)
        match = re.search(r"http://\S+", line)
        assert match
        yield match[0]
    finally:
        process.terminate()
        process.wait(20)


def load(browser: Browser, url: str, as_gradio: bool = False) -> tuple[float, list[str]]:
    """Load a page and measure the time until the question box is visible.

    With `as_gradio`, the page is loaded without the links that we add to its head.

    Returns:
        The milliseconds, and the files of Gradio's that were requested until then.
    """
    context = browser.new_context()
    page = context.new_page()
    if as_gradio:
        without_our_links(page)
    page.add_init_script(f"({VISIBLE_SCRIPT})()")
    requested_urls: list[str] = []
    page.on("request", lambda r: requested_urls.append(r.url))
    page.goto(url, wait_until="commit")
    page.wait_for_function("window.stands > 0", timeout=60_000)
    files = files_of(requested_urls)
    page.wait_for_timeout(700)  # what it still does then is not to slow the next one
    milliseconds = float(page.evaluate("window.stands"))
    context.close()
    return milliseconds, files


@click.command()
@click.option("--write", is_flag=True, help="Write down what the page loads, and no more.")
def main(write: bool) -> None:
    """Print the medians."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as data:
        ours = stack.enter_context(serve([sys.executable, "-m", "app", "--data", data, "chat", "--port", "0"]))
        browser = launch(stack.enter_context(sync_playwright()))
        while httpx.get(f"{ours}/health").json()["status"] == "loading":  # the models' loading is not to slow the page's
            time.sleep(1)
        if write:
            LISTED.write_text("\n".join(load(browser, ours, as_gradio=True)[1]) + "\n", encoding="utf-8")
            click.echo(f"wrote {LISTED.relative_to(ROOT)}")
            return
        commands = {n: [sys.executable, "-uc", COMPARISON.format(blocks)] for n, blocks in COMPARISON_PAGES.items()}
        pages = {name: stack.enter_context(serve(command)) for name, command in commands.items()}
        pages["the page"] = ours
        times: dict[str, list[float]] = {name: [] for name in pages}
        for number in range(LOADS + 1):
            for name, url in pages.items():
                milliseconds, _ = load(browser, url)
                times[name] += [milliseconds] if number else []
        base = statistics.median(times["an empty Gradio page"])
        for name, values in times.items():
            median = statistics.median(values)
            click.echo(f"{median:6.0f} ms, {median / base:.2f} times  {name}  ({min(values):.0f} to {max(values):.0f})")


if __name__ == "__main__":
    main()
