"""The program as tools for assistants and editors: an MCP server at `/mcp` (streamable HTTP)."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable

from fastapi import FastAPI
from mcp.server.fastmcp import FastMCP
from mcp.server.transport_security import TransportSecuritySettings

from app.web.functions import functions
from app.web.service import Service


def add_tools(app: FastAPI, service: Service, title: str) -> FastMCP:
    """The route `/mcp`; its `session_manager.run()` must be entered while the application lives."""
    server = FastMCP(
        "ask-the-plan",
        f"{title}. Answers are exact quotes with their sources; `not_found` means that the documents do not say.",
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # app.web.auth looks
    )
    for function in functions(service):
        server.add_tool(_beside(function))
    app.router.routes.extend(server.streamable_http_app().routes)
    return server


def _beside(function: Callable[..., str]) -> Callable[..., object]:
    """The function in a thread, so that the server goes on meanwhile."""

    @functools.wraps(function)
    async def run(**given: object) -> str:
        return await asyncio.to_thread(function, **given)

    return run
