"""The models that are offered to whoever has none."""

from __future__ import annotations

import pytest

from app.llm.discovery import PROVIDERS
from app.llm.offers import fitting, memory, offers


def test_the_list_is_short_and_says_of_each_what_it_is():
    local = offers().local
    assert 2 <= len(local) <= 6
    assert [m.gigabytes for m in local] == sorted(m.gigabytes for m in local)
    assert all(m.name.count(":") == 1 and m.licence and not m.tried for m in local)


def test_each_provider_has_a_model():
    assert set(offers().hosted) == set(PROVIDERS)
    assert all(offers().hosted.values())


@pytest.mark.parametrize(("gigabytes", "names"), [(4.0, []), (8.3, ["qwen2.5:7b"]), (16.8, ["qwen2.5:7b", "qwen2.5:14b"])])
def test_only_what_fits_into_the_memory_is_offered(gigabytes, names):
    assert [m.name for m in fitting(gigabytes)] == names


def test_this_machine_has_a_memory():
    assert 1 < memory() < 100_000
