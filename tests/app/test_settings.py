"""Where settings come from, and where a user's data lie."""

import platformdirs

from app.settings import HOME, default_data_folder, read_settings


def test_data_lie_in_the_checkout_or_in_the_platforms_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("ASK_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert read_settings().data == HOME / ".ask"
    assert default_data_folder(tmp_path) == platformdirs.user_data_path("ask-the-plan", appauthor=False)
    (tmp_path / "pyproject.toml").write_text("")
    assert default_data_folder(tmp_path) == tmp_path / ".ask"


def test_a_language_model_is_taken_from_the_file_beside_the_program(tmp_path, monkeypatch):
    monkeypatch.delenv("ASK_LLM", raising=False)
    (tmp_path / ".env").write_text("ASK_LLM=openai:x\nASK_LLM_URL=http://127.0.0.1:8000/v1\nASK_SECRETS=.env\n")
    monkeypatch.chdir(tmp_path)
    found = read_settings()
    assert (found.llm, found.llm_url, found.engine) == ("openai:x", "http://127.0.0.1:8000/v1", "quotes")
