"""Names of visitors, of which none can be another's."""

from __future__ import annotations

import pytest

from app.web.visitors import lax, new_cookie, visitor, visitor_name

SECRET = "s" * 32


def test_logins_cookies_and_sessions_are_never_the_same_visitor() -> None:
    cookies = f"ask_visitor={SECRET}"
    names = [visitor_name(SECRET, cookies, SECRET), visitor_name(None, cookies, SECRET), visitor_name(None, "", SECRET)]
    assert len(set(names)) == 3
    assert visitor_name(None, 'ask_visitor="login:ann"', "x") != visitor_name("ann", "", "x")
    assert visitor_name(None, "", "login:ann") != visitor_name("ann", "", "x")


@pytest.mark.parametrize("cookies", ["", "ask_visitor=ann", f"ask_visitor={SECRET}x", "ask_visitor=" + "é" * 32, "a=b; ;="])
def test_only_secrets_that_the_page_made_name_a_browser(cookies: str) -> None:
    assert visitor(cookies) == ""
    assert visitor(new_cookie(secure=False).split(";")[0])


def test_cookies_of_others_are_made_to_stay_on_their_site() -> None:
    assert lax("a=b; HttpOnly; Path=/; SameSite=none; Secure", secure=False) == "a=b; HttpOnly; Path=/; Secure; SameSite=Lax"
    assert lax("a=b; Path=/", secure=True) == "a=b; Path=/; SameSite=Lax; Secure"
