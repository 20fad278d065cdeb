"""Words that turn a sentence: what denies, what is planned or done, why, and whether an aim was met.

Both languages; English words are compared by their key (`app.groundedness.lemmas`).
"""

from __future__ import annotations

import re

from app.groundedness.lemmas import key

UP = frozenset(  # the one direction that is told from its contrary: it turns what figures say
    key(w)
    for w in (
        "increase rise grow growth gain climb jump surge soar expand expansion upward raise boost double triple widen "
        "strengthen enlarge lift exceed outperform surpass"
    ).split()
)
DOWN = frozenset(
    key(w)
    for w in (
        "decrease fall decline drop shrink contract contraction reduce reduction cut lowering downward dip slump plunge "
        "narrow halve weaken"
    ).split()
)
ZH_UP = re.compile("增长|上升|提高|增加|扩大|加强|深化")
ZH_DOWN = re.compile("下降|减少|降低|缩小|削弱")
NOT = frozenset("not no never without neither nor none nobody nothing".split())
DENIES = frozenset(  # words that may stand in the evidence for a `not` in the sentence
    key(w)
    for w in (
        "lack fail refuse deny reject absent avoid cease ban prohibit forbid prevent exclude except exempt exemption waive "
        "abolish cancel halt suspend oppose unlike zero rather instead differ different outside below short miss behind"
        " leave only "
        "unconfirmed unknown"
    ).split()
)
CONTRASTS = re.compile(  # a `not` that sets apart or compares, and denies nothing
    r"(?:not|no) (?:only|other|just|merely|yet|until|quite|all|every|necessarily|exactly|even|so much|a single"
    r"|the same|as \w+ as|simply"
    r"|(?:longer|later|earlier|more|less|fewer|higher|lower|larger|smaller|bigger|increase|decrease)\b)|without\b",
    re.IGNORECASE,
)
ZH_NOT = re.compile(r"没有|并未|从未|未能|不是|不位于|并不|不会|不再|不得|尚未|未(?=[^来])|无(?!线|人|锡)")
PLANNED = re.compile(
    r"\b(?:target|aim|intend|want|seek|sought|envisag|expect|project(?:ed|ion)|forecast|schedul|promis|pledg|vow|hope"
    r"|foresee|foresaw"
    r"|ambition|goal|plan(?:s|ned|ning)? to\b|planned)|\b(?:should|shall|will|would|must)\b|\b(?:is|are|was|were|has|have"
    r"|had) to [a-z]"
    r"|\b(?:call|ask|aim)(?:s|ed|ing)? for\b|\bin view\b|\bset for\b|\bsupposed to\b|\b(?:is|was) for \w+ to\b|\bto be"
    r" [a-z]+|\bmeant to\b|\bdue to (?:be|open|start)\b|\b(?:has|have) China [a-z]"
    r"|目标|计划(?=[到在将于建用])|拟|将(?!近)|应当?(?!用)|力争|预计|预期|争取|要(?=[到达在建使把下提])|想要|承诺|希望",
    re.IGNORECASE,
)
DONE = re.compile(
    r"\b(?:(?:reach|achiev|attain|record|complet|amount|report|install|register|produc|open|launch|adopt|pass|account"
    r"|total|totall|add|export|import"
    r"|increas|rais)ed|was|were|had|hit|rose|grew|fell|stood|met|came|made(?! in\b)|spent|built|became|took|held|went|got"
    r"|sold|won|paid|result"
    r"|(?:has|have) (?:\w+ )?\w+(?:ed|ilt|ade|aid|own|een|un))\b|已(?!提)|达到?了|建成|完成|实现了|达到",
    re.IGNORECASE,
)
CAUSE = re.compile(
    r"\b(?:because|cause[sd]?\b|therefore|thus\b|hence\b|consequen|thanks to|owing|due to (?!be\b|open|start)|(?:led"
    r"|leads|leading) to|result(?:s|ed|ing)? (?:in|from)\b"
    r"|result of|in response|respon(?:se|d)|so that\b|reason|why\b|driven by|drove|drives|forc(?:e[sd]|ing)\b|prompt"
    r"|trigger|spurred|brought about|on account of|explain"
    r"|made possible|enabl|gave rise|retaliat|allowed \w+ to|which is how|that is how|made it\b)"
    r"|因为|因此|由于|导致|所以|得益于|缘于|归功|从而|使得|原因|促使|源于|引起|造成|引发",
    re.IGNORECASE,
)
LINK = re.compile(  # what may stand in the evidence for a cause
    CAUSE.pattern + r"|\b(?:so|in order|help\w*|depend\w*|condition\w*|since(?! \d| \w+ \d)|hurts?|weighs"
    r"|as (?:it|they)|to (?:cut|avoid|prevent|give|let|make|keep|reduce))\b|为了|以便|使|以免",
    re.IGNORECASE,
)
EXCEEDED = re.compile(
    r"\b(?:exceed|surpass|beat|overshot|outperform|more than met|outstrip|overfulfil)|\b(?:above|ahead of|beyond|over)"
    r" (?:the |its |this |that )?(?:\w+ )?(?:target|goal|mark)"
    r"|超额|超过|超出|高于",
    re.IGNORECASE,
)
REACHED = re.compile(
    r"\b(?:met|meets?|fulfil\w*|achiev\w+|reach\w*|attain\w*|hit|on target|there yet|kept to|kept within)\b|完成|达到"
    r"|达成|实现|达标",
    re.IGNORECASE,
)
MISSED = re.compile(
    r"\bmiss(?:ed|es|ing)?\b|\b(?:fell|falls|fall|falling|was|were|just|still|remained|remains|well) short\b|\bshort of\b"
    r"|\bbelow (?:the |its )?(?:\w+ )?(?:target|goal|mark)|\bbehind\b|未达|低于|落后|差",
    re.IGNORECASE,
)
TARGET = re.compile(r"\b(?:target|goal|aim|mark|limit|wanted|planned|ceiling|floor|plan)|目标|计划|上限|规划", re.IGNORECASE)
