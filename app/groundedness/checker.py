"""Checks a sentence against the words that it rests on, and says why they do not support it.

If a judge reads a sentence afterwards, only its figures and quotations are checked: rules refuse too much else that is true
(docs/decisions/051). If nobody judges it, it must say nearly word for word what a passage says, and no figure, date, unit or
name that the passage does not have. A word that denies, or that says which way, how surely or how much, must be in both:
"SMIC did not receive it" is near to "SMIC received it" and its contrary.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from rapidfuzz import fuzz

from app.groundedness.origins import NO_ORIGINS, Origins
from app.groundedness.quantities import Quoted, figures_of, is_derivable, missing_date, missing_figure, same_size
from app.groundedness.support import MAX_SENTENCE, NO_CONTENT, missing_quotation, sentences
from app.text.figures import undated_figures
from app.text.words import Word, is_chinese, is_common, key, words

NOT_NEAR = "It does not keep to the words of the passage."
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")
_LEADING_ANSWER = re.compile(r"^(?:yes|no|是的?|不是?|否|没有)[,.:;—–-]+\s*|^(?:是的|没有|不)[，。]", re.IGNORECASE)
MIN_SHARED_WORDS = 0.8
"""Share of a sentence's words that its passage must hold: at it 81 of 404 true recorded statements stand, and 1 of 90 wrong
ones (docs/decisions/051)."""
MIN_SIMILARITY_ZH = 80
"""Likeness, of 100, that Chinese characters in their order must have to a stretch of the passage: order is all they have."""
_NEGATIONS = "not no never neither nor none nobody nothing without cannot fail refuse deny lack lose stop ban halt"
_RISES = "increase rise grow growth gain climb jump soar expand raise boost double triple widen exceed surpass up"
_FALLS = "decrease fall decline drop shrink contract reduce reduction cut slump narrow halve weaken down"
_MODALITY = (
    "must shall should will would may might can could need want plan target aim goal expect intend propose seek hope "
    "possible possibly likely probably reach achieve complete miss"
)
_DEGREE = (
    "more less fewer most least best better worse worst high higher highest low lower lowest large larger largest small "
    "smaller smallest great greater greatest than over under above below beyond about around nearly almost some only all "
    "every each both any before after since until by up to first last early late main alone because therefore"
)
_POLARITY_KEYS = frozenset(key(w) for group in (_NEGATIONS, _RISES, _FALLS, _MODALITY, _DEGREE) for w in group.split())
_NEGATION_KEYS = frozenset((*(key(w) for w in _NEGATIONS.split()), *"不没未无非否勿"))
_POLARITY_ZH = re.compile(
    "不|没|未|无|非|否|勿|增|升|涨|高|扩|减|降|跌|低|缩|少|多|必须|应|须|可能|可以|可|将|要|拟|计划|规划|目标|力争|预计|争取|希望|达到|完成|实现"
    "|更|最|超|约|近|仅|只|全部|所有|各|每|均|以上|以下|以前|以后|之前|之后|首|因|由于|大|小"
)
_CLAUSE = re.compile("[，。；：！？,;]")
_NOT = re.compile(r"(?<=can)not\b|n['’]t\b", re.IGNORECASE)


def fault_of(
    claim: str,
    evidence: Sequence[str],
    breadcrumb: str = "",
    judged: bool = False,
    rows: Sequence[int] = (),
    origins: Origins = NO_ORIGINS,
) -> str:
    """Name what is wrong with a sentence that cites passages, in one plain sentence; '' if they support it.

    Args:
        claim: The sentence.
        evidence: The cited passages as one reads them, in any order.
        breadcrumb: The titles and headings above them. Names, figures and dates may come from it, but no statement.
        judged: True if somebody who understands the sentence looks at it afterwards.
        rows: The number of items and rows that stand together in the evidence.
        origins: The sources that the sentence may name.
    """
    if len(claim := plain(claim)) > MAX_SENTENCE:
        return "The sentence is too long to be checked."
    passages, breadcrumb = sorted({plain(e) for e in evidence}), plain(breadcrumb)
    if any(verbatim(claim, p) for p in passages):
        return ""
    evidence_text = "\n".join([*passages, breadcrumb])
    untitled = origins.without_titles(claim)
    claim = untitled if judged else origins.unattributed(claim)
    if fault := missing_quotation(claim, evidence_text) or origins.borrowed_quotation(untitled, passages):
        return fault
    if judged:
        return _unfounded_figure(origins.without_names(_LEADING_ANSWER.sub("", claim)), passages, breadcrumb, rows)
    if fault := missing_date(claim, evidence_text) or _unsupported_figure(claim, passages, evidence_text, breadcrumb):
        return fault
    return "" if any(close_to(claim, p) for p in passages) else NOT_NEAR


def verbatim(claim: str, passage: str) -> bool:
    """Return True if the claim is the passage or whole sentences of it, letter for letter; a colon may stand before it."""
    claim, passage = plain(claim), plain(passage)
    border = r"(?:^|[.!?:;。！？；]\s*)"
    return (
        claim == passage or re.search(border + re.escape(claim.rstrip(" .。")) + r"(?:$|[.!?。！？])", passage) is not None
    )


def _unsupported_figure(claim: str, evidence: Sequence[str], evidence_text: str, breadcrumb: str) -> str:
    evidence_figures = [*(f for passage in evidence for f in figures_of(passage)), *undated_figures(breadcrumb)]
    claim_figures = (f for f in figures_of(claim) if f.text.lower() != "first")
    faults = (missing_figure(f, evidence_figures, claim, evidence_text) for f in claim_figures)
    return next(filter(None, faults), "")


def _unfounded_figure(claim: str, evidence: Sequence[str], breadcrumb: str, rows: Sequence[int]) -> str:
    """Find a figure in digits that the evidence does not support.

    A figure is supported if it stands in the evidence, whatever it counts there, or can be computed from figures there.

    Returns:
        The fault as a sentence, '' if there is none.
    """
    evidence_digits = {digits.replace(",", "") for digits in _DIGITS.findall("\n".join([*evidence, breadcrumb]))}
    quoted = Quoted.of(evidence, breadcrumb, rows)
    for figure in undated_figures(claim):
        digits = _DIGITS.search(figure.text)
        is_quoted = digits is None or digits[0].replace(",", "") in evidence_digits
        if not (is_quoted or any(same_size(figure, k) for k in quoted.figures) or is_derivable(figure, claim, quoted)):
            return f"The figure {figure.text} is not in the evidence."
    return ""


def plain(text: str) -> str:
    """Return a text in Unicode's form NFKC, without white space at its ends; case, quotes and dashes stay."""
    return unicodedata.normalize("NFKC", text).strip()


def close_to(claim: str, passage: str) -> bool:
    """Return True if one sentence of a passage, or the whole passage, says nearly the same as a claim.

    Most words of the claim that carry meaning must be there, with figures and names in the same order. A word that
    changes the meaning of a sentence may be in the claim only if it is in the passage. A negation in the passage must be
    in the claim too.
    """
    claim_words = _content_words(claim)
    supports = _supports_chinese if is_chinese(claim) else _supports_english
    texts = dict.fromkeys([passage, *sentences([passage])])
    # fewer words are a heading or a piece of a list
    return len(claim_words) >= 4 and any(supports(claim, claim_words, text) for text in texts)


def polarity_words(text: str) -> Counter[str]:
    """Count the words of a text that change its meaning.

    They deny, or say in which direction, how surely or how much.
    """
    return Counter(w.key for w in words(_NOT.sub(" not", text)) if w.key in _POLARITY_KEYS)


def _same_polarity(claim: str, passage: str) -> bool:
    in_claim, in_passage = polarity_words(claim), polarity_words(passage)
    return in_claim <= in_passage and all(in_claim[w] == in_passage[w] for w in in_passage if w in _NEGATION_KEYS)


def denies(text: str) -> bool:
    """Return True if a text has a word that denies something."""
    return any(w.key in _NEGATION_KEYS for w in words(_NOT.sub(" not", text)))


def new_words(claim: str, evidence: str) -> list[str]:
    """Return the words of a claim that carry meaning and that the evidence does not have."""
    known = {w.key for w in _content_words(evidence)}
    return [w.text for w in _content_words(claim) if w.key not in known]


def _content_words(text: str) -> list[Word]:
    """Return the words of a text that carry meaning.

    English names may be followed by their Chinese form, which is left out of an English text.
    """
    kept_words = (w for w in words(text) if w.text.lower() not in NO_CONTENT)
    return list(kept_words) if is_chinese(text) else [w for w in kept_words if w.text.isascii()]


def _supports_english(claim: str, claim_words: Sequence[Word], passage: str) -> bool:
    """Return True if a passage has most of a claim's words, with figures and names in the same order."""
    claim_keys, passage_keys = [w.key for w in claim_words], [w.key for w in _content_words(passage)]
    remaining, first_start = iter(passage_keys), next(words(claim)).start
    fixed = (w.key for w in claim_words if _is_figure_or_name(w, first=w.start == first_start))
    in_order = all(any(word == other for other in remaining) for word in fixed)
    shared = (Counter(claim_keys) & Counter(passage_keys)).total()
    return in_order and shared >= MIN_SHARED_WORDS * len(claim_keys) and _same_polarity(claim, passage)


def _is_figure_or_name(word: Word, first: bool) -> bool:
    """Return True for a figure or a name. The first word of a sentence is no name for its capital alone."""
    return any(c.isdigit() for c in word.text) or (word.text[0].isupper() and not (first and is_common(word.text)))


def _supports_chinese(claim: str, claim_words: Sequence[Word], passage: str) -> bool:
    """Return True if a Chinese passage says what a claim says.

    All characters of the claim must be in the passage, in much the same order within one stretch. The words that change
    the meaning of the clauses of that stretch must be the same, in the same order.
    """
    passage_words = _content_words(passage)
    claim_keys, passage_keys = [w.key for w in claim_words], [w.key for w in passage_words]
    if len(claim_keys) > len(passage_keys) or not set(claim_keys) <= set(passage_keys):
        return False
    alignment = fuzz.partial_ratio_alignment(claim_keys, passage_keys, score_cutoff=MIN_SIMILARITY_ZH)
    if alignment is None:
        return False
    first, last = passage_words[alignment.dest_start].start, passage_words[alignment.dest_end - 1].start
    start = max((m.end() for m in _CLAUSE.finditer(passage, 0, first)), default=0)
    end = after.start() if (after := _CLAUSE.search(passage, last)) else len(passage)
    return _POLARITY_ZH.findall(claim) == _POLARITY_ZH.findall(passage[start:end])
