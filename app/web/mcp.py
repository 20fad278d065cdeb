"""The program as tools for assistants and editors: an MCP server at `/mcp` (streamable HTTP)."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from fastapi import FastAPI
from mcp.server.fastmcp import FastMCP
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request

from app.web.about import About
from app.web.connected import while_connected
from app.web.contract import QUOTED
from app.web.functions import functions
from app.web.service import Service
from app.web.visitors import asker


def add_tools(app: FastAPI, service: Service, about: About) -> FastMCP:
    """The route `/mcp`; its `session_manager.run()` must be entered while the application lives."""
    server = FastMCP(
        "ask-the-plan",
        f"{about.title}. {about.intro} {QUOTED} `not_found` means that the documents do not say.",
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # app.web.auth looks
    )
    for function in functions(service, lambda: asker(_request(server))):
        server.add_tool(_for_client(server, function))
    app.router.routes.extend(server.streamable_http_app().routes)
    return server


def _for_client(server: FastMCP, function: Callable[..., Coroutine[Any, Any, str]]) -> Callable[..., Awaitable[str]]:
    """The function, which ends early where its client goes away."""

    @functools.wraps(function)
    async def run(**given: object) -> str:
        return await while_connected(_request(server), function(**given)) or ""

    return run


def _request(server: FastMCP) -> Request:
    """The request that a call comes with."""
    request: Request | None = server.get_context().request_context.request
    assert request  # there is one behind every call that comes by HTTP
    return request
