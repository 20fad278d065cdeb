"""Events made by hand: each of the page's functions is called with events and values that its buttons never send."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

EVENTS: list[Any] = [
    None, "x", {"name": "wide", "what": "²"}, {"name": "leaf", "what": "9" * 5_000}, {"name": "place", "what": "a-²-b"},
    {"name": "send", "what": "²"}, {"name": "retitle", "text": {}},
]  # fmt: skip
VALUES: list[Any] = [None, {"a": "²"}]
PATIENCE = 60.0


def send(page: httpx.Client, function: dict[str, Any], data: list[Any], event: Any, session: str) -> Any:
    """Send an event as a page does, and return the last message that comes of it."""
    body = {"fn_index": function["id"], "data": data, "event_data": event, "session_hash": session}
    page.post("/gradio_api/queue/join", json=body).raise_for_status()
    with page.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as reply:
        for line in reply.iter_lines():
            message = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
            if message.get("msg") == "process_completed":
                return message
    raise AssertionError(f"no end of {function['api_name']}")


@pytest.mark.timeout(900)
def test_events_made_by_hand_leave_no_traceback(page_server: Any) -> None:
    with httpx.Client(base_url=page_server.url, timeout=PATIENCE) as page:
        config = page.get("/config").json()
        initial = {c["id"]: c["props"].get("value") for c in config["components"]}
        (acts,) = (c["id"] for c in config["components"] if c["props"].get("elem_id") == "acts")
        sent = 0
        for function in (f for f in config["dependencies"] if f["backend_fn"]):
            values = [initial[i] for i in function["inputs"]]
            events = EVENTS if any(target[0] == acts for target in function["targets"]) else []
            wrong = [[value] * len(values) for value in VALUES] if values else [[5]]
            for data, event in [*((values, e) for e in events), *((w, {}) for w in wrong)]:
                sent += 1
                send(page, function, data, event, f"by-hand-{sent}")
        assert sent > 100
        page.post("/gradio_api/run/search", json={"data": [{}]})
    said = (page_server.settings.data / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in said, said[said.index("Traceback") :][:3_000]
