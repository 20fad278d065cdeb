"""The body of a request as JSON that the program can go on with."""

from __future__ import annotations

import json
from typing import Any

from app.errors import QuestionError


def read_json(body: bytes, shape: str) -> Any:
    """A body -> its value; `shape` says how it is to look.

    Raises:
        QuestionError: it is not JSON, nested too deeply, or its texts are not Unicode.
    """
    try:
        found = json.loads(body)
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise QuestionError("The body is nested too deeply.", shape) from None
    except UnicodeEncodeError:
        raise QuestionError("The body holds half of a character (a lone surrogate).", shape) from None
    except ValueError as error:
        raise QuestionError("The body is not JSON.", shape) from error
    return found
