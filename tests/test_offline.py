"""With every address but loopback refused, the models load, a folder is indexed and a question is answered."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError

from app.pipeline.load import load_chain
from app.settings import read_settings
from ingest.index import Index
from ingest.models.load import load_embedder
from ingest.sync import sync

pytestmark = pytest.mark.slow


@pytest.mark.filterwarnings("ignore:A test tried to use:UserWarning")
@pytest.mark.allow_hosts(["127.0.0.1", "::1"])
def test_nothing_is_fetched(tmp_path, monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text(
        "# Comets\n\nThe comet of 1811 was seen for 260 days.\n\nBread is baked from rye."
    )
    settings = read_settings(corpus=tmp_path / "docs", data=tmp_path / "data")
    index = Index(settings.index_folder)
    sync([settings.corpus], index, load_embedder())
    answer = load_chain(settings, index).ask("For how many days was the comet of 1811 seen?")
    assert answer.text == "The comet of 1811 was seen for 260 days. [1]"
    index.close()
