"""The loss against its definition; what is saved is what is loaded."""

import math
import random

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: make test-training")

from evals.training.reader_layers import classifier, save_layers
from evals.training.train_reader import BATCH_PAIRS, Item, Pair, batches, item_of, learner, loss, pair_scores
from ingest.models.bundles import BUNDLES, CROSS_ENCODER
from ingest.models.layers import with_layers

pytestmark = pytest.mark.slow


def test_the_loss_is_the_cross_entropy_of_choosing_the_answer_and_without_it_none():
    answered = torch.tensor([2.0, 1.0, -1.0]), torch.tensor([True, True, False])
    unanswered = torch.tensor([0.5, -0.5]), torch.tensor([False, False])
    first = -math.log(math.exp(2) / (math.exp(2) + math.exp(-1) + 1))
    second = -math.log(math.exp(1) / (math.exp(1) + math.exp(-1) + 1))
    without = -math.log(1 / (math.exp(-1) + 1))
    none = -math.log(1 / (math.exp(0.5) + math.exp(-0.5) + 1))
    assert loss(*answered).item() == pytest.approx((first + second) / 2 + without, abs=1e-6)
    assert loss(*unanswered).item() == pytest.approx(none, abs=1e-6)


def test_each_example_is_in_one_batch_and_no_batch_is_too_large():
    draw = random.Random(1)
    items = [Item((Pair((1,), (0,)),) * draw.randint(1, 9), torch.tensor(n)) for n in range(200)]
    result = list(batches(items, draw))
    assert sorted(int(item.target) for batch in result for item in batch) == list(range(200))
    assert all(sum(len(p.pairs) for p in batch) <= BATCH_PAIRS for batch in result)


def test_pairs_of_all_lengths_score_in_their_order_as_the_model_scores_them_one_by_one():
    model, tokenizer = learner()
    texts = ("It was approved on 10 January 2017.", "Bananas. " * 40, "Hefei lies in Anhui, west of Nanjing. " * 6, "No.")
    question = "When was the centre approved?"
    with torch.no_grad():
        scores = pair_scores(model.eval(), item_of(tokenizer, question, texts * 9, ()).pairs)
        alone = []
        for text in texts:
            encoding = tokenizer.encode(question, text)
            features = {
                "input_ids": encoding.ids,
                "attention_mask": encoding.attention_mask,
                "token_type_ids": encoding.type_ids,
            }
            alone.append(model(**{n: torch.tensor([v]) for n, v in features.items()}).logits.item())
    assert scores.tolist() == pytest.approx(alone * 9, abs=0.3)  # 16-bit numbers on one side


def test_saved_layers_score_as_the_model_that_was_saved(tmp_path):
    torch.manual_seed(0)
    model, tokenizer = classifier()
    with torch.no_grad():
        model.classifier.bias += 3.0
        model.bert.encoder.layer[11].output.dense.weight *= 0.9
        model.bert.encoder.layer[0].output.dense.weight *= 1.1
    save_layers(model.eval(), tmp_path / "layers.npz")
    base = BUNDLES[CROSS_ENCODER].path() / "model.onnx"
    session = onnxruntime.InferenceSession(with_layers(base, tmp_path / "layers.npz"))
    for text in ("The NDRC approved the Hefei centre on 10 January 2017.", "Bananas are yellow."):
        pair = tokenizer.encode("When was the centre approved?", text)
        features = {"input_ids": [pair.ids], "attention_mask": [pair.attention_mask], "token_type_ids": [pair.type_ids]}
        with torch.no_grad():
            expected = model(**{n: torch.tensor(v) for n, v in features.items()}).logits.item()
        score = session.run(None, {n: np.array(v) for n, v in features.items()})[0].item()
        assert score == pytest.approx(expected, abs=0.5)


def test_loaded_layers_are_the_saved_ones_as_far_as_eight_bits_go(tmp_path):
    torch.manual_seed(0)
    saved, _ = classifier()
    with torch.no_grad():
        for value in saved.bert.encoder.parameters():
            value += 0.01 * torch.randn_like(value)
    save_layers(saved, tmp_path / "layers.npz")
    loaded, _ = classifier(tmp_path / "layers.npz")
    pairs = zip(saved.state_dict().items(), loaded.state_dict().values(), strict=True)
    for (name, before), after in pairs:
        steps = before.abs().amax(-1, keepdim=True) / 127 if before.dim() == 2 else torch.zeros(1)
        assert torch.all((before - after).abs() <= steps / 2 + 1e-6), name
