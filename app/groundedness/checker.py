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

from app.groundedness.origins import UNNAMED, Origins
from app.groundedness.quantities import Quoted, figures_of, missing_date, missing_figure, same_size, worked_out
from app.groundedness.support import LEFT_OUT, LONGEST, missing_quotation, sentences
from app.text.figures import undated_figures
from app.text.words import Word, is_chinese, is_common, key, words

NOT_NEAR = "It does not keep to the words of the passage."
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")
_ANSWER = re.compile(r"^(?:yes|no|是的?|不是?|否|没有)[,.:;—–-]+\s*|^(?:是的|没有|不)[，。]", re.IGNORECASE)


def fault_of(
    claim: str,
    evidence: Sequence[str],
    breadcrumb: str = "",
    judged: bool = False,
    rows: Sequence[int] = (),
    origins: Origins = UNNAMED,
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
    if len(claim := plain(claim)) > LONGEST:
        return "The sentence is too long to be checked."
    passages, breadcrumb = sorted({plain(e) for e in evidence}), plain(breadcrumb)
    if any(verbatim(claim, p) for p in passages):
        return ""
    said = "\n".join([*passages, breadcrumb])
    untitled = origins.without_titles(claim)
    claim = untitled if judged else origins.unattributed(claim)
    if fault := missing_quotation(claim, said) or origins.borrowed_quotation(untitled, passages):
        return fault
    if judged:
        return _unfounded_figure(origins.without_names(_ANSWER.sub("", claim)), passages, breadcrumb, rows)
    if fault := missing_date(claim, said) or _missing_figure(claim, passages, said, breadcrumb):
        return fault
    return "" if any(close_to(claim, p) for p in passages) else NOT_NEAR


def verbatim(claim: str, passage: str) -> bool:
    """Return True if the claim is the passage or whole sentences of it, letter for letter; a colon may stand before it."""
    claim, passage = plain(claim), plain(passage)
    border = r"(?:^|[.!?:;。！？；]\s*)"
    return (
        claim == passage or re.search(border + re.escape(claim.rstrip(" .。")) + r"(?:$|[.!?。！？])", passage) is not None
    )


def _missing_figure(claim: str, evidence: Sequence[str], said: str, breadcrumb: str) -> str:
    known = [*(f for passage in evidence for f in figures_of(passage)), *undated_figures(breadcrumb)]
    wrong = (missing_figure(f, known, claim, said) for f in figures_of(claim) if f.text.lower() != "first")
    return next(filter(None, wrong), "")


def _unfounded_figure(claim: str, evidence: Sequence[str], breadcrumb: str, rows: Sequence[int]) -> str:
    """Find a figure in digits that the evidence does not support.

    A figure is supported if it stands in the evidence, whatever it counts there, or can be computed from figures there.

    Returns:
        The fault as a sentence, '' if there is none.
    """
    said = {digits.replace(",", "") for digits in _DIGITS.findall("\n".join([*evidence, breadcrumb]))}
    quoted = Quoted.of(evidence, breadcrumb, rows)
    for figure in undated_figures(claim):
        digits = _DIGITS.search(figure.text)
        if digits is None or digits[0].replace(",", "") in said or any(same_size(figure, k) for k in quoted.figures):
            continue
        if not worked_out(figure, claim, quoted):
            return f"The figure {figure.text} is not in the evidence."
    return ""


def plain(text: str) -> str:
    """Normalise a text so that all checks see one form of each character."""
    return unicodedata.normalize("NFKC", text).strip()


CLOSE = 0.8
"""Share of a sentence's words that its passage must hold: at it 81 of 404 true recorded statements stand, and 1 of 90 wrong
ones (docs/decisions/051)."""
CLOSE_ZH = 80
"""Likeness, of 100, that Chinese characters in their order must have to a stretch of the passage: order is all they have."""
SHORTEST = 4  # words: what is shorter is a heading or a piece of a list
_DENIES = "not no never neither nor none nobody nothing without cannot fail refuse deny lack lose stop ban halt"
_RISES = "increase rise grow growth gain climb jump soar expand raise boost double triple widen exceed surpass up"
_FALLS = "decrease fall decline drop shrink contract reduce reduction cut slump narrow halve weaken down"
_HOW_SURELY = (
    "must shall should will would may might can could need want plan target aim goal expect intend propose seek hope "
    "possible possibly likely probably reach achieve complete miss"
)
_HOW_MUCH = (
    "more less fewer most least best better worse worst high higher highest low lower lowest large larger largest small "
    "smaller smallest great greater greatest than over under above below beyond about around nearly almost some only all "
    "every each both any before after since until by up to first last early late main alone because therefore"
)
_TURNING = frozenset(key(w) for said in (_DENIES, _RISES, _FALLS, _HOW_SURELY, _HOW_MUCH) for w in said.split())
_DENYING = frozenset((*(key(w) for w in _DENIES.split()), *"不没未无非否勿"))
_TURNING_ZH = re.compile(
    "不|没|未|无|非|否|勿|增|升|涨|高|扩|减|降|跌|低|缩|少|多|必须|应|须|可能|可以|可|将|要|拟|计划|规划|目标|力争|预计|争取|希望|达到|完成|实现"
    "|更|最|超|约|近|仅|只|全部|所有|各|每|均|以上|以下|以前|以后|之前|之后|首|因|由于|大|小"
)
_CLAUSE = re.compile("[，。；：！？,;]")
_NOT = re.compile(r"(?<=can)not\b|n['’]t\b", re.IGNORECASE)


def close_to(claim: str, passage: str) -> bool:
    """Return True if one sentence of a passage, or the whole passage, says nearly the same as a claim.

    Most words of the claim that carry meaning must be there, with figures and names in the same order. A word that
    changes the meaning of a sentence may be in the claim only if it is in the passage. A negation in the passage must be
    in the claim too.
    """
    ours = _carrying(claim)
    says = _says_in_chinese if is_chinese(claim) else _says
    return len(ours) >= SHORTEST and any(says(claim, ours, said) for said in dict.fromkeys([passage, *sentences([passage])]))


def turning(text: str) -> Counter[str]:
    """Count the words of a text that change its meaning.

    They deny, or say in which direction, how surely or how much.
    """
    return Counter(w.key for w in words(_NOT.sub(" not", text)) if w.key in _TURNING)


def _turns_alike(claim: str, said: str) -> bool:
    ours, theirs = turning(claim), turning(said)
    return ours <= theirs and all(ours[w] == theirs[w] for w in theirs if w in _DENYING)


def _carrying(text: str) -> list[Word]:
    """Return the words of a text that carry meaning.

    English names may be followed by their Chinese form, which is left out of an English text.
    """
    every = (w for w in words(text) if w.text.lower() not in LEFT_OUT)
    return list(every) if is_chinese(text) else [w for w in every if w.text.isascii()]


def _says(claim: str, ours: Sequence[Word], passage: str) -> bool:
    """Most of the words stand there, figures and names in the same order."""
    said, held = [w.key for w in ours], [w.key for w in _carrying(passage)]
    left, begin = iter(held), next(words(claim)).start
    in_order = all(any(w.key == other for other in left) for w in ours if _fixed(w, first=w.start == begin))
    return in_order and (Counter(said) & Counter(held)).total() >= CLOSE * len(said) and _turns_alike(claim, passage)


def _fixed(word: Word, first: bool) -> bool:
    """Return True for a figure or a name. The first word of a sentence is no name for its capital alone."""
    return any(c.isdigit() for c in word.text) or (word.text[0].isupper() and not (first and is_common(word.text)))


def _says_in_chinese(claim: str, ours: Sequence[Word], passage: str) -> bool:
    """Return True if a Chinese passage says what a claim says.

    All characters of the claim must be in the passage, in much the same order within one stretch. The words that change
    the meaning of the clauses of that stretch must be the same, in the same order.
    """
    theirs = _carrying(passage)
    said, held = [w.key for w in ours], [w.key for w in theirs]
    found = fuzz.partial_ratio_alignment(said, held, score_cutoff=CLOSE_ZH) if len(said) <= len(held) else None
    if found is None or not set(said) <= set(held):
        return False
    first, last = theirs[found.dest_start].start, theirs[found.dest_end - 1].start
    begin = max((m.end() for m in _CLAUSE.finditer(passage, 0, first)), default=0)
    end = after.start() if (after := _CLAUSE.search(passage, last)) else len(passage)
    return _TURNING_ZH.findall(claim) == _TURNING_ZH.findall(passage[begin:end])
