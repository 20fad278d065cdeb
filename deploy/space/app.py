"""The page as a Gradio Space: whoever comes may ask, and nobody can change the documents."""

import os

import ask_the_plan  # noqa: F401  # puts the program's folder on the path, before this one with its `app.py`

# isort: split
from app.settings import read_settings
from app.ui.mount import mount
from app.web.auth import HEADERS
from app.web.server import serve

HEADERS["Content-Security-Policy"] += " https://huggingface.co"  # whose page of the Space shows this one in a frame
SETTINGS = read_settings(
    host="0.0.0.0",
    page_changes="no",
    hosts=os.environ.get("SPACE_HOST", ""),
    proxies="10.0.0.0/8",  # those of a Space: without them all visitors would have one address, and cookies no `Secure`
)

if __name__ == "__main__":
    serve(SETTINGS, mount, public=True)
