"""The loss against its definition; what is saved is what is loaded."""

import math
import random

import numpy as np
import onnxruntime
import pytest
import torch

from evals.reader_data import Example
from evals.reader_layers import bundled_classifier, save_layers
from evals.train_reader import PAIRS, Prepared, batches, losses, lower_states, upper_scores
from ingest.layers import with_layers
from ingest.models import BUNDLES, CROSS_ENCODER


def test_the_loss_is_the_cross_entropy_of_choosing_the_answer_or_none():
    scores = torch.tensor([2.0, 1.0, -1.0, 0.5, -0.5])
    group = torch.tensor([0, 0, 0, 1, 1])
    right = torch.tensor([True, True, False, False, False])
    first = -math.log(math.exp(2) / (math.exp(2) + math.exp(-1) + 1))
    second = -math.log(math.exp(1) / (math.exp(1) + math.exp(-1) + 1))
    none = -math.log(1 / (math.exp(0.5) + math.exp(-0.5) + 1))
    assert losses(scores, group, right).tolist() == pytest.approx([(first + second) / 2, none], abs=1e-6)


def test_each_example_is_in_one_batch_and_no_batch_is_too_large():
    draw = random.Random(1)
    prepared = [
        Prepared(Example(f"q{n}", (), frozenset()), [torch.zeros(draw.randint(1, 40), 2)] * draw.randint(1, 9))
        for n in range(200)
    ]
    found = list(batches(prepared, draw))
    assert sorted(p.example.question for batch in found for p in batch) == sorted(p.example.question for p in prepared)
    assert all(sum(len(p.states) for p in batch) <= PAIRS for batch in found)


def test_the_two_parts_of_the_model_are_the_model():
    model, tokenizer = bundled_classifier()
    example = Example("When was the centre approved?", ("It was approved on 10 January 2017.", "Bananas."), frozenset({0}))
    with torch.no_grad():
        scores = upper_scores(model.eval(), lower_states(model, tokenizer, example, 6), 6)
        found = tokenizer.encode_batch([(example.question, t) for t in example.texts])
        features = {"input_ids": [f.ids for f in found], "attention_mask": [f.attention_mask for f in found]}
        features["token_type_ids"] = [f.type_ids for f in found]
        whole = model(**{n: torch.tensor(v) for n, v in features.items()}).logits[:, 0]
    assert scores.tolist() == pytest.approx(whole.tolist(), abs=0.3)  # 16-bit numbers on one side


def test_saved_layers_score_as_the_model_that_was_saved(tmp_path):
    torch.manual_seed(0)
    model, tokenizer = bundled_classifier()
    with torch.no_grad():
        model.classifier.bias += 3.0
        model.bert.encoder.layer[11].output.dense.weight *= 0.9
    save_layers(model.eval(), 11, tmp_path / "layers.npz")
    base = BUNDLES[CROSS_ENCODER].path() / "model.onnx"
    session = onnxruntime.InferenceSession(with_layers(base, tmp_path / "layers.npz"))
    for text in ("The NDRC approved the Hefei centre on 10 January 2017.", "Bananas are yellow."):
        pair = tokenizer.encode("When was the centre approved?", text)
        features = {"input_ids": [pair.ids], "attention_mask": [pair.attention_mask], "token_type_ids": [pair.type_ids]}
        with torch.no_grad():
            expected = model(**{n: torch.tensor(v) for n, v in features.items()}).logits.item()
        found = session.run(None, {n: np.array(v) for n, v in features.items()})[0].item()
        assert found == pytest.approx(expected, abs=0.5)
