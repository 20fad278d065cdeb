"""Where settings come from, and where a user's data lie."""

import platformdirs

from app.settings import HOME, own_data, read_settings


def test_data_lie_in_the_checkout_or_in_the_platforms_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("ASK_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert read_settings().data == HOME / ".ask"
    assert own_data(tmp_path) == platformdirs.user_data_path("ask-the-plan", appauthor=False)
    (tmp_path / "pyproject.toml").write_text("")
    assert own_data(tmp_path) == tmp_path / ".ask"
