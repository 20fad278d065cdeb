"""The token with which programs reach a page that has a login. It is made once, and only this user can read it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from ingest.storage import private_folder, storage_errors, write_whole


def api_token(data: Path) -> str:
    """Read the token from the file `token` in a data folder; make it if it is missing."""
    path = data / "token"
    if path.is_file() and (token := path.read_text(encoding="utf-8").strip()):
        return token
    with storage_errors(data):
        private_folder(data)
        write_whole(path, secrets.token_urlsafe(24))
    return path.read_text(encoding="utf-8")


def holds_token(authorization: str, token: str) -> bool:
    """Return True if an `Authorization` header holds the token, `Bearer TOKEN` or the token alone."""
    scheme, _, sent_token = authorization.strip().rpartition(" ")
    is_bearer = scheme.strip().lower() in ("", "bearer")
    return hmac.compare_digest(sent_token.encode(), token.encode()) and is_bearer


def proof(token: str, nonce: str) -> str:
    """Return the proof for a nonce that only a holder of the token can compute."""
    return hmac.new(token.encode(), nonce.encode(), hashlib.sha256).hexdigest()
