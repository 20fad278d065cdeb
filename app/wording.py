"""Negation, direction and scope of a sentence, compared with the sentence of the evidence that is nearest to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.figures import undated
from app.words import Word, key, words
from ingest.words import STOPWORDS

_HERE = r"(?:[^,;]|,(?=\d))*?"
_FROM_TO = re.compile(rf"\b(?P<verb>\w+(?: \w+){{0,2}}) from {_HERE}\d{_HERE} to {_HERE}\d[\d.,]*\S*(?: \w+)?")
_CLAUSE = frozenset("but while whereas which who although though".split())
MARGIN = 1  # words by which the contrary must lie nearer where the evidence has both
NEAR = 4  # content words on each side that say what a cue is about
_COMPARED = r"\b(?:more|less|fewer|greater|larger|higher|lower|smaller|bigger|longer|shorter)"
_COUNT = "one|two|three|four|five|six|seven|eight|nine|ten|half|double|twice|million|billion|trillion"
_PHRASES = (  # said in several words, read as one
    (r"\b(?:fall|falls|fell|falling|fallen) short of\b", "fallshort"), (r"\bscal(?:e|es|ed|ing) back\b|\bcut(?:s|ting)? back\b", "reduce"),
    (rf"{_COMPARED} than (?=(?:about |around |roughly |a |an |US|RMB )*[$¥€]?(?:\d|{_COUNT}))", ""), (r"\b(?:above|below) (?=\d)", ""),
    (r"\bup (?=\d|from\b|by\b)", "increase "), (r"\bdown (?=\d|from\b|by\b)", "decrease "), (r"\bhigher\b(?! education)", "increase"),
    (r"\blower\b(?! (?:levels? of|governments?|house|courts?)\b)", "decrease"), (r"\bdeeper\b", "deepen"),
    (r"\b(?:speed|speeds|sped|speeding) up\b", "accelerate"), (r"\bslow(?:s|ed|ing)? down\b", "slow"), (r"\bno (?:less|fewer) than\b", "atleast"),
    (r"\bno more than\b|\bnot (?:be )?more than\b|\bnot (?:to )?exceed\b|\bup to\b(?= \d)", "atmost"), (r"\bat least\b", "atleast"), (r"\bat most\b", "atmost"),
    (r"\bno other\b", ""), (r"\bno (?:\w+ )?other than\b|\bno one but\b|\bnothing but\b|\bno (?=\w+ (?:other than|but|except)\b)", "only"), (r"\bnot only\b", "also"), (r"\b(?:take|takes|took|taking|enter(?:s|ed)? into) (?:effect|force)\b", "start"),
    (r"\b(?:make|makes|made|making) up\b", "constitute"), (r"\bset(?:s|ting)? up\b", "establish"), (r"\bbring(?:s|ing)? up\b|\bcome up\b", "mention"),
    (r"\bout of\b", "outof"), (r"\b(?:keep|keeps|kept) (?=[^.;]* from\b)", "prevent "), (r"\bcan(?:not|['’]t)\b", "can not"), (r"n['’]t\b", " not"),
    (r"\b(?:weigh|weighs|weighed) on\b", "hurt"), (r"\bput on\b", "add on"), (r"\btook? off\b|\btaken? off\b", "remove"), (r"\bas (?:soon|well|long|far) as\b", "as"),
    (r"\bfar from\b", "not"), (r"\bone of\b|\bamong\b", "oneof"), (r"\bNo\.? ?(?=\d)", ""), (r"\b(?:are|were) all\b", "are"), (r"\bmore or less\b", "about"), (r"\bprior to\b", "before"),
)  # fmt: skip
_NOT = frozenset("not no never without neither nor none nobody nothing".split())
_DENIES = frozenset(
    key(w)
    for w in "lack fail refuse deny reject absent avoid cease stop end ban prohibit forbid prevent exclude except exempt exemption free "
    "waive drop abolish cancel halt suspend oppose unlike instead rather zero outside leave".replace("\n", " ").split()
)
_PAIRS = (  # (one way, the other way); the first word of a pair names it
    (
        "increase rise grow growth gain climb jump surge soar expand expansion upward raise boost double triple "
        "widen deepen strengthen enlarge lift more above exceed greater larger outperform outdo beat surpass longer",
        "decrease fall decline drop shrink contract contraction reduce reduction cut lowering lowered downward dip slump plunge "
        "narrow halve weaken less fewer below fallshort smaller underperform shorter",
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
_ZH_PAIRS = {  # the same in Chinese, by the pair's name
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
_ZH_NOT = re.compile(r"没有|并未|从未|未能|不是|不位于|并不|不会|不再|不得|尚未|未(?=[^来])|无(?!线|人|锡)")
_ALL = frozenset("all every entire whole always everyone everything".split())
_ONLY = frozenset("only sole solely alone exclusive exclusively merely single unique".split())
_MOST = frozenset("most mostly majority".split())
_ZH_SCOPES = (
    (_ALL, re.compile("所有|全部|一切|全体")),
    (_ONLY, re.compile("唯一|只有|仅有|仅(?=[^次])")),
    (_MOST, re.compile("大多数|多数")),
)
_MUST = frozenset("must shall required require obliged mandatory compulsory obligatory binding".split())
_MAY = frozenset("may might can could optional voluntary allow allows let lets permit permits encourages backs".split())


def _poles() -> dict[str, tuple[tuple[int, int], ...]]:
    """Key of a word -> (number of the pair, +1 or -1), for each pair that it is in."""
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    for number, sides in enumerate(_PAIRS):
        for pole, side in zip((1, -1), sides, strict=True):
            for word in side.split():
                found[key(word)] = (*found.get(key(word), ()), (number, pole))
    return found


_POLES = _poles()


@dataclass(frozen=True, slots=True)
class Read:
    """A sentence as words, and which of them carry meaning."""

    text: str
    words: tuple[Word, ...]
    content: tuple[int, ...]

    def around(self, at: int) -> frozenset[str]:
        """Keys of the content words near the word at `at`."""
        before = [n for n in self.content if n < at][-NEAR:]
        after = [n for n in self.content if n > at][:NEAR]
        return frozenset(self.words[n].key for n in before + after)

    def following(self, at: int) -> list[str]:
        """Keys of the content words that the word at `at` governs: the next ones of its clause, the nearest first."""
        found = []
        for n in range(at + 1, len(self.words)):
            gap = self.text[self.words[n - 1].start + len(self.words[n - 1].text) : self.words[n].start]
            if re.search("[;:。；]", gap) or self.words[n].text.lower() in _CLAUSE or len(found) == NEAR:
                break
            if n in self.content:
                found.append(self.words[n].key)
        return found


def read(sentence: str) -> Read:
    """The words of a sentence, phrases that read as one word joined."""
    for pattern, other in _PHRASES:
        sentence = re.sub(pattern, other, sentence, flags=re.IGNORECASE)
    found = tuple(words(sentence))
    content = tuple(
        n
        for n, w in enumerate(found)
        if w.text.lower() not in STOPWORDS and w.text.lower() not in _NOT and not w.text[0].isdigit()
    )
    return Read(sentence, found, content)


def contradiction(claim: str, sentences: Sequence[str]) -> str:
    """What the claim turns round or widens against the nearest sentences, '' where nothing."""
    said, held = read(claim), [read(s) for s in sentences]
    return (
        _runs_backwards(claim)
        or _negated(said, held)
        or _turned(said, held)
        or _widened(said, held)
        or _chinese(claim, " ".join(sentences))
    )


def _runs_backwards(claim: str) -> str:
    """A rise to less or a fall to more, which no evidence can say."""
    for match in _FROM_TO.finditer(claim):
        found = [f for f in undated(match[0]) if f.unit != "ordinal"]
        poles = {pole for w in words(match["verb"]) for pair, pole in _POLES.get(w.key, ()) if pair == 0}
        if len(found) >= 2 and found[0].unit == found[-1].unit and poles in ({1}, {-1}):
            if (found[-1].value - found[0].value) * poles.pop() < 0:
                return f"The sentence says “{match['verb']}” of figures that go the other way."
    return ""


def _negated(said: Read, held: Sequence[Read]) -> str:
    ours = [n for n, w in enumerate(said.words) if w.text.lower() in _NOT]
    theirs = [(r, n) for r in held for n, w in enumerate(r.words) if w.text.lower() in _NOT]
    denying = any(w.key in _DENIES for r in held for w in r.words) and not any(w.key in _DENIES for w in said.words)
    for at in ours:
        scope = set(said.following(at)) or said.around(at)
        if not theirs and not denying:
            return "The sentence denies what the evidence does not deny."
        if theirs and not denying and not any(scope & (set(r.following(n)) | r.around(n)) for r, n in theirs):
            return "The sentence denies something else than the evidence."
    keys = {w.key for w in said.words}
    if not any(w.key in _DENIES or w.text == "only" for w in said.words):
        denied = {k for n in ours for k in said.following(n)}
        for r, n in theirs:
            scope = r.following(n)
            if scope and scope[0] in keys and not denied & set(scope) and len(keys & set(scope)) >= 0.6 * len(set(scope)):
                return "The evidence denies what the sentence says."
    return ""


def _turned(said: Read, held: Sequence[Read]) -> str:
    for at, word in enumerate(said.words):
        for pair, pole in _POLES.get(word.key, ()):
            same, other = _cues(held, pair, pole), _cues(held, pair, -pole)
            if not other or any(r.words[n].key == word.key for r, n in same):
                continue
            near = said.around(at)
            best = max((len(near & r.around(n)) for r, n in same), default=-1)
            if max(len(near & r.around(n)) for r, n in other) > best + (MARGIN if same else 0):
                r, n = other[0]
                return f"The sentence says “{word.text}” where the evidence says “{r.words[n].text}”."
    return ""


def _cues(held: Sequence[Read], pair: int, pole: int) -> list[tuple[Read, int]]:
    return [(r, n) for r in held for n, w in enumerate(r.words) if (pair, pole) in _POLES.get(w.key, ())]


def _widened(said: Read, held: Sequence[Read]) -> str:
    ours = {w.text.lower() for w in said.words}
    theirs = {w.text.lower() for r in held for w in r.words}
    for kind in (_ALL, _ONLY, _MOST):
        found = ours & kind
        if found and not theirs & kind:
            return f"The evidence does not say “{min(found)}”."
    if ours & _MUST and not theirs & _MUST and theirs & _MAY:
        return "The evidence allows what the sentence demands."
    if ours & {"may", "might", "can", "could", "optional"} and not theirs & _MAY and theirs & _MUST:
        return "The evidence demands what the sentence allows."
    return ""


def _echoed(clause: str, claim: str) -> bool:
    """Whether the claim says most of a Chinese clause."""
    pairs = [clause[n : n + 2] for n in range(len(clause) - 1)]
    return sum(pair in claim for pair in pairs) * 2 >= len(pairs) > 0


def _chinese(claim: str, evidence: str) -> str:
    """The same for a Chinese sentence, over Chinese or English evidence; coarser, over the whole sentence."""
    if not re.search(r"[\u4e00-\u9fff]{4}", claim):
        return ""
    held = read(evidence)
    small = {w.text.lower() for w in held.words}
    denied = bool(small & _NOT) or any(
        _echoed(clause, claim) for clause in re.split("[，。；]", evidence) if _ZH_NOT.search(clause)
    )
    denies = bool(_ZH_NOT.search(claim))
    if denies and not denied and not _ZH_NOT.search(evidence) and not any(w.key in _DENIES for w in held.words):
        return "The sentence denies what the evidence does not deny."
    if denied and not denies:
        return "The evidence denies what the sentence says."
    for name, sides in _ZH_PAIRS.items():
        number = next(n for n, pair in enumerate(_PAIRS) if pair[0].split()[0] == name)
        for pole, side in zip((1, -1), sides, strict=True):
            other = sides[1] if pole > 0 else sides[0]
            turned = re.search(side, claim)
            if turned and (re.search(other, evidence) or _cues([held], number, -pole)):
                if not re.search(side, evidence) and not _cues([held], number, pole):
                    return f"The evidence says the contrary of “{turned[0]}”."
    for english, chinese in _ZH_SCOPES:
        found = chinese.search(claim)
        if found and not chinese.search(evidence) and not small & english:
            return f"The evidence does not say “{found[0]}”."
    return ""
