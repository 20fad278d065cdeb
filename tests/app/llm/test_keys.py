"""Keys in a file that only its owner can read."""

from __future__ import annotations

import os
import stat

import pytest

from app.errors import AskError
from app.llm.provider import checked_key, read_keys, save_key, variable_of


def test_a_key_is_kept_for_its_owner_alone_and_a_new_one_takes_its_place(tmp_path):
    path = tmp_path / "data" / "keys.env"
    save_key(path, "OPENAI_API_KEY", "sk-1#$x")
    save_key(path, "OTHER", "two")
    save_key(path, "OPENAI_API_KEY", "sk-2#${OTHER}")
    assert read_keys(path) == {"OTHER": "two", "OPENAI_API_KEY": "sk-2#${OTHER}"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["keys.env"]  # noqa: PTH208


def test_a_file_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "keys.env"
    save_key(path, "A", "b")
    path.chmod(0o644)
    with pytest.raises(AskError, match="Other users can read"):
        save_key(path, "A", "c")


@pytest.mark.parametrize("typed", ["two words", "a'b", 'a"b', "line\nline", "back\\slash", "ключ"])
def test_what_is_no_key_is_refused_and_not_repeated(typed):
    with pytest.raises(AskError, match="not a key") as caught:
        checked_key(typed)
    assert typed not in caught.value.sentence()


def test_a_key_for_one_address_is_another_s_nowhere():
    names = [variable_of(*where) for where in (("openai", ""), ("openai", "http://127.0.0.1:1234/v1"), ("xai", ""))]
    assert (names[0], names[2]) == ("OPENAI_API_KEY", "XAI_API_KEY")
    assert names[1].startswith("KEY_OF_127_0_0_1_1234_")
    places = ("a.b", "a-b", "a_b", "a:80", "a.80", "ab", "ä.b")
    assert len({variable_of("openai", f"https://{place}/v1") for place in places}) == len(places)
    assert variable_of("openai", "https://A.b/v1") == variable_of("openai", "https://a.B/other")
