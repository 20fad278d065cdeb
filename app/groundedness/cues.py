"""Words that turn a sentence: what denies, which way something goes, of how much of it something is said.

Both languages; English words are compared by their key (`app.groundedness.lemmas`).
"""

from __future__ import annotations

import re

from app.groundedness.lemmas import key

_COMPARED = r"\b(?:more|less|fewer|greater|larger|higher|lower|smaller|bigger|longer|shorter)"
_COUNT = "one|two|three|four|five|six|seven|eight|nine|ten|half|double|twice|million|billion|trillion"
PHRASES = (  # said in several words, read as one; what stands before a figure is read with the figure
    (r"\b(?:fall|falls|fell|falling|fallen) short of\b", "fallshort"),
    (r"\bscal(?:e|es|ed|ing) back\b|\bcut(?:s|ting)? back\b", "reduce"),
    (rf"{_COMPARED} than (?=(?:about |around |roughly |a |an |US|RMB )*[$¥€]?(?:\d|{_COUNT}))", ""),
    (r"\b(?:above|below) (?=\d)", ""),
    (r"\bup (?=\d|from\b|by\b)", "increase "),
    (r"\bdown (?=\d|from\b|by\b)", "decrease "),
    (r"\bhigher\b(?! education)", "increase"),
    (r"\blower\b(?! (?:levels? of|governments?|house|courts?)\b)", "decrease"),
    (r"\bdeeper\b", "deepen"),
    (r"\b(?:speed|speeds|sped|speeding) up\b", "accelerate"),
    (r"\bslow(?:s|ed|ing)? down\b", "slow"),
    (r"\bno (?:less|fewer) than\b|\bat least\b", "atleast"),
    (r"\bno more than\b|\bnot (?:be )?more than\b|\bnot (?:to )?exceed\b|\bup to\b(?= \d)|\bat most\b", "atmost"),
    (r"\bno other\b", ""),
    (r"\bno (?:\w+ )?other than\b|\bno one but\b|\bnothing but\b|\bno (?=\w+ (?:other than|but|except)\b)", "only"),
    (r"\bnot only\b", "also"),
    (r"\b(?:take|takes|took|taking|enter(?:s|ed)? into) (?:effect|force)\b", "start"),
    (r"\b(?:make|makes|made|making) up\b", "constitute"),
    (r"\bset(?:s|ting)? up\b", "establish"),
    (r"\bbring(?:s|ing)? up\b|\bcome up\b", "mention"),
    (r"\bout of\b", "outof"),
    (r"\b(?:keep|keeps|kept) (?=[^.;]{0,200} from\b)", "prevent "),
    (r"\bcan(?:not|['’]t)\b", "can not"),
    (r"n['’]t\b", " not"),
    (r"\b(?:weigh|weighs|weighed) on\b", "hurt"),
    (r"\bput on\b", "add on"),
    (r"\btook off\b|\btaken? off\b", "remove"),
    (r"\bas (?:soon|well|long|far) as\b", "as"),
    (r"\bfar from\b", "not"),
    (r"\bone of\b|\bamong\b", "oneof"),
    (r"\bNo\.? ?(?=\d)", ""),
    (r"\b(?:are|were) all\b", "are"),
    (r"\bmore or less\b", "about"),
    (r"\bprior to\b", "before"),
)
PAIRS = (  # (one way, the other way); the first word of a pair names it
    (
        "increase rise grow growth gain climb jump surge soar expand expansion upward raise boost double triple "
        "widen deepen strengthen enlarge lift more above exceed greater larger outperform outdo beat surpass longer",
        "decrease fall decline drop shrink contract contraction reduce reduction cut lowering lowered downward dip slump "
        "plunge narrow halve weaken less fewer below fallshort smaller underperform shorter",
    ),
    ("accelerate fast faster speed quick quickly rapid rapidly early", "slow slower slowly delay late postpone"),
    ("before previously until", "after following later then afterwards subsequently"),
    (
        "support back favour encourage promote help aid endorse benefit",
        "oppose discourage hinder hurt harm hamper undermine damage threaten impede",
    ),
    ("allow permit let authorise approve enable grant", "ban prohibit forbid bar block prevent restrict refuse deny reject"),
    (
        "start begin launch open establish found create introduce",
        "end terminate stop close finish cease expire abolish cancel halt suspend dissolve scrap",
    ),
    ("include contain comprise provide cover", "exclude omit except"),
    ("outside outof exclude remove leave exit", "inside into include add enter join list"),
    ("import", "export"),
    ("buy purchase acquire", "sell"),
    ("win", "lose"),
    ("profit gain surplus", "loss deficit"),
    ("upgrade", "downgrade"),
    ("improve better", "worsen worse deteriorate"),
    ("unite join pool together combine", "divide split separate apart"),
    ("best", "worst"),
    ("highest", "lowest"),
    ("maximum", "minimum"),
    ("domestic", "foreign"),
    ("public", "private"),
    ("accept", "reject refuse"),
    ("publish", "withdraw"),
    ("binding mandatory compulsory obligatory", "expected voluntary optional"),
    ("tighten", "loosen relax ease"),
    ("appoint", "dismiss"),
    ("confirm", "deny"),
    ("succeed success", "fail failure"),
    ("majority", "minority"),
)
ZH_PAIRS = {  # the same in Chinese, by the pair's name
    "increase": (
        "增长|上升|提高|增加|扩大|超过|高于|逾|不低于|至少|加强|深化",
        "下降|减少|降低|缩小|低于|不到|至多|不超过|削弱",
    ),
    "accelerate": ("加快|加速", "放缓|减慢|推迟"),
    "before": ("之前|以前", "之后|以后"),
    "support": ("支持|鼓励|促进", "反对|阻碍"),
    "allow": ("允许|批准|准许", "禁止|不准"),
    "start": ("开始|启动|成立|建立", "结束|停止|终止|取消|撤销"),
    "include": ("包括|包含", "排除|不含"),
    "outside": ("移出|退出|删除", "列入|加入|纳入"),
    "import": ("进口", "出口"),
}
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
    r"(?:not|no) (?:just|merely|yet|until|quite|all|every|necessarily|exactly|even|so much|a single|the same|as \w+ as"
    r"|simply"
    r"|(?:longer|later|earlier|more|less|fewer|higher|lower|larger|smaller|bigger|increase|decrease)\b)|without\b",
    re.IGNORECASE,
)
ZH_NOT = re.compile(r"没有|并未|从未|未能|不是|不位于|并不|不会|不再|不得|尚未|未(?=[^来])|无(?!线|人|锡)")
MUST = frozenset("must shall required require obliged mandatory compulsory obligatory binding".split())
CAN = frozenset("may might can could optional".split())
MAY = CAN | frozenset("voluntary allow allows let lets permit permits encourages backs".split())


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


def _poles() -> dict[str, tuple[tuple[int, int], ...]]:
    """Key of a word -> (number of the pair, +1 or -1), for each pair that it is in."""
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    for number, sides in enumerate(PAIRS):
        for pole, side in zip((1, -1), sides, strict=True):
            for word in side.split():
                found[key(word)] = (*found.get(key(word), ()), (number, pole))
    return found


POLES = _poles()
