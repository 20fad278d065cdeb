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
        "abolish cancel halt suspend oppose unlike zero"
    ).split()
)
ZH_NOT = re.compile(r"没有|并未|从未|未能|不是|不位于|并不|不会|不再|不得|尚未|未(?=[^来])|无(?!线|人|锡)")
ALL = frozenset("all every entire whole always everyone everything".split())
ONLY = frozenset("only sole solely alone exclusive exclusively merely single unique".split())
MOST = frozenset("most mostly majority".split())
ZH_SCOPES = (
    (ALL, re.compile("所有|全部|一切|全体")),
    (ONLY, re.compile("唯一|只有|仅有|仅(?=[^次])")),
    (MOST, re.compile("大多数|多数")),
)
MUST = frozenset("must shall required require obliged mandatory compulsory obligatory binding".split())
CAN = frozenset("may might can could optional".split())
MAY = CAN | frozenset("voluntary allow allows let lets permit permits encourages backs".split())


def _poles() -> dict[str, tuple[tuple[int, int], ...]]:
    """Key of a word -> (number of the pair, +1 or -1), for each pair that it is in."""
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    for number, sides in enumerate(PAIRS):
        for pole, side in zip((1, -1), sides, strict=True):
            for word in side.split():
                found[key(word)] = (*found.get(key(word), ()), (number, pole))
    return found


POLES = _poles()
