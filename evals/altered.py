"""True sentences with one thing changed so that they are false: number, unit, date, name, negation, direction or scope.

Written before the checker that is measured with them, from the sentences alone; the checker knows none of these tables.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.halves import Half, half_of

PARAPHRASES = Path(__file__).resolve().parent / "paraphrases.jsonl"
SEED = 0


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """A passage of the corpus as one reads it in place, and a true sentence on it in other words."""

    id: str
    document: str
    claim: str
    evidence: str

    @property
    def half(self) -> Half:
        """The half of the document."""
        return half_of(Path(self.document).stem)


@dataclass(frozen=True, slots=True)
class Altered:
    """A paraphrase's sentence with one thing of a kind changed."""

    of: Paraphrase
    kind: str
    claim: str


def paraphrases(file: Path = PARAPHRASES) -> list[Paraphrase]:
    """All, in the order of the file."""
    return [Paraphrase(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def altered(cases: Iterable[Paraphrase], seed: int = SEED) -> list[Altered]:
    """For each sentence one change of each kind that fits it; the same seed gives the same changes."""
    found = []
    for case in cases:
        for kind, ways in KINDS.items():
            rng = random.Random(f"{seed} {case.id} {kind}")
            changes = sorted({c for c in ways(case.claim, rng) if c != case.claim})
            if changes:
                found.append(Altered(case, kind, rng.choice(changes)))
    return found


Ways = Callable[[str, random.Random], Iterator[str]]
_ZH = re.compile(r"[\u4e00-\u9fff]")
_MONTHS = "January February March April May June July August September October November December".split()
_MONTH = rf"(?:{'|'.join(_MONTHS)})"
_WORDS = "two three four five six seven eight nine ten eleven twelve twenty".split()
_NUMBER = re.compile(r"(?<![A-Za-z0-9.,+\[-])\d+(?:,\d{3})*(?:\.\d+)?(?![\d\]年月日]|,\d|-\d|[A-Za-z]|\.\d)")
_YEAR = re.compile(r"(?<!\[)(?<![\d.,])(?:19|20)\d\d(?![\d\]]|,\d|\.\d)(?! regulations)")
_IN_DATE = re.compile(rf"\b\d{{1,2}} {_MONTH}|{_MONTH} \d{{1,2}}\b(?!\d)")


def _numbers(claim: str, rng: random.Random) -> Iterator[str]:
    dates = [m.span() for m in (*_IN_DATE.finditer(claim), *_YEAR.finditer(claim))]
    for match in _NUMBER.finditer(claim):
        if not any(a <= match.start() < b for a, b in dates):
            yield _put(claim, match, _other_number(match[0], rng))
    for match in re.finditer(rf"\b(?:{'|'.join(_WORDS)})\b", claim):
        yield _put(claim, match, rng.choice([w for w in _WORDS[:10] if w != match[0]]))


def _other_number(number: str, rng: random.Random) -> str:
    """A digit changed, so that length and form stay."""
    places = [n for n, c in enumerate(number) if c.isdigit()]
    place = rng.choice(places)
    lowest = 1 if place == places[0] and len(places) > 1 else 0
    digits = [str(d) for d in range(lowest, 10) if str(d) != number[place]]
    changed = number[:place] + rng.choice(digits) + number[place + 1 :]
    return changed if changed.strip("0.,") else number[:place] + "7"


def _dates(claim: str, rng: random.Random) -> Iterator[str]:
    for match in re.finditer(rf"\b{_MONTH}\b(?= \d|,| of)|(?<=\d ){_MONTH}\b|(?<=[Ii]n ){_MONTH}\b", claim):
        yield _put(claim, match, rng.choice([m for m in _MONTHS if m != match[0]]))
    for match in _IN_DATE.finditer(claim):
        yield _put(claim, match, re.sub(r"\d+", lambda m: str((int(m[0]) + rng.randint(1, 20)) % 27 + 1), match[0]))
    for match in _YEAR.finditer(claim):
        shifts = [s for s in (-3, -2, -1, 1, 2, 3) if str(int(match[0]) + s) not in claim]
        yield _put(claim, match, str(int(match[0]) + rng.choice(shifts)))
    for match in re.finditer(r"(?<=年)\d{1,2}(?=月)", claim):
        yield _put(claim, match, str((int(match[0]) + rng.randint(1, 10)) % 12 + 1))


UNITS = (
    (r"\btrillion\b", ("billion", "million")), (r"\bbillion\b", ("million", "trillion")), (r"\bmillion\b", ("billion",)),
    (r"\byuan\b", ("US dollars", "euros")), (r"\bUS dollars\b", ("yuan",)), (r"%(?! of)", (" percentage points",)),
    (r"%(?= of)", (" billion yuan",)), (r"\btonnes\b", ("kilograms",)), (r"\bseconds\b", ("minutes", "hours")),
    (r"\bkilowatts\b", ("megawatts",)), (r"\bkWh\b", ("MWh",)), (r"\bhectares\b", ("acres",)), (r"\bmu\b", ("hectares",)),
    (r"\bsquare kilometres\b|square-kilometre\b", ("hectares",)), (r"\bdays\b", ("weeks", "months")),
    (r"(?<=\w )years\b", ("months", "weeks")), (r"\bamperes\b", ("volts",)), (r"\bone year\b", ("one month",)),
    (r"万亿元", ("亿元", "万亿美元")), (r"(?<=\d)万(?!亿)", ("亿",)), (r"(?<=\d)%(?=，|。)", ("个百分点",)),
)  # fmt: skip

NAMES = (
    ("Beijing", "Shanghai", "Shenzhen", "Hefei", "Guangzhou", "Chengdu", "Wuhan", "Nanjing"),
    ("Huawei", "ZTE", "Tencent", "ASML", "SMIC", "DJI", "Alibaba", "Baidu", "Lenovo"),
    ("NDRC", "MIIT", "MOST", "CSET", "BIS", "MOFCOM", "NEA", "WIPO"),
    ("Xinhua", "Caixin", "CNBC", "Asia Times", "Reuters", "Bloomberg", "Teller Report", "Science and Technology Daily"),
    ("Li Keqiang", "Xi Jinping", "Wang Huning", "Han Zheng", "Yin Hejun", "Zheng Shanjie", "Li Qiang", "Liu He"),
    ("the Ministry of Finance", "the Ministry of Science and Technology", "the Ministry of Education"),
    ("STAR Market", "ChiNext", "Nasdaq"),
    ("Dutch", "American", "German", "Japanese"),
    ("Zhongguancun Science City", "Huairou Science City", "Future Science City"),
    ("Huairou", "Zhangjiang", "Dongguan", "Songshan Lake"),
    ("China Development Bank Capital", "China Construction Bank", "Bank of China"),
    ("National Bureau of Statistics", "National Energy Administration", "State Taxation Administration"),
    ("Greater Bay Area", "Yangtze River Delta", "Pearl River Delta"),
    ("Micius", "Tiangong", "Beidou"),
    ("EAST", "HL-3", "ITER"),
    ("Anhui", "Guangdong", "Jiangsu"),
    ("National People's Congress", "State Council", "Fifth Plenum"),
    ("中芯国际", "华为", "中兴"), ("上海", "北京", "深圳", "合肥"), ("大疆", "腾讯"), ("工业和信息化部", "财政部"),
    ("郑栅洁", "阴和俊"), ("怀柔", "张江"), ("粤港澳大湾区", "长江三角洲"),
)  # fmt: skip

NEGATIONS = (
    (r"\bdoes not (name|give)\b", (r"\1s",)), (r"\bdo not give\b", ("give",)), (r"\bhas no (?=fixed)", ("has a ",)),
    (r"\bno numerical\b", ("numerical",)), (r"\bno disorderly\b", ("disorderly",)), (r"\bgives no sum\b", ("gives a sum",)),
    (r"\bNo Covid-19 bonds were\b", ("Covid-19 bonds were",)), (r"\bpay no\b", ("pay",)), (r"\bwithout linking\b", ("linking",)),
    (r"\bwithout a fixed\b", ("with a fixed",)), (r"\bno other Chinese city had\b", ("another Chinese city had",)),
    (r"\bgave no figure\b", ("gave a figure",)),
    (r"(?<!bonds )\b(was|were|is|are|should|must|would|may|(?:has|had|have)(?= been| accepted| entered| grown))\b(?! not| no)", (r"\1 not",)),
    (r"(?<!'s )\b(want|aim|support|include|plan|call|provide|contain|enjoy|cover|name)s\b(?= [a-z])", (r"does not \1",)),
    (r"(?<!was )(?<!were )(?<!been )\b(wanted|aimed|reported|raised|reached|exceeded|announced)\b(?= [a-z\d])", (r"never \1",)),
    (r"(发布|批准|通过)了", (r"没有\1",)), (r"(?<!而)是(?!指)", ("不是",)), (r"提出", ("没有提出",)), (r"作了", ("没有作",)),
    (r"位于", ("不位于",)), (r"(?<!被)列入", ("没有列入",)),
)  # fmt: skip

DIRECTIONS = (
    ("rose", "fell"), ("rise", "fall"), ("a rise of", "a decline of"), ("an increase of", "a decrease of"), ("up from", "down from"),
    ("up", "down", r"(?<!made )(?<!make )\bup (?=\d)"), ("grow", "shrink"), ("grown", "shrunk"), ("growth", "contraction", r"\bgrowth(?= of \d)"),
    ("increase", "decrease"), ("reduction", "increase"), ("deepen", "scale back"), ("larger", "smaller"), ("higher", "lower", r"\bhigher\b(?! education)"),
    ("above", "below"), ("exceeded", "fell short of"), ("exceed", "fall short of"), ("exceeding", "falling short of"),
    ("faster", "slower"), ("accelerate", "slow down"), ("accelerated", "slowed"), ("widened", "narrowed"),
    ("expanded", "shrunk"), ("raising the", "lowering the"), ("after", "before"), ("before", "after"), ("supports", "opposes"),
    ("supported", "opposed"), ("encourages", "discourages"), ("prohibits", "permits"), ("prevented", "allowed"),
    ("hurts", "helps"), ("included", "excluded"), ("includes", "excludes"), ("outside", "inside"), ("ended", "started"),
    ("take effect", "expire"), ("lifted out of", "pushed into"), ("removed from", "added to"), ("unites", "divides"),
    ("upgrade", "downgrade"), ("improve", "worsen"), ("outperformed", "underperformed"), ("增长", "下降"), ("超过", "低于"), ("列入", "移出"),
)  # fmt: skip

SCOPES = (
    (r"\b(?:more|larger|higher) than\b", ("less than",)), (r"(?<=[a-z] )over (?=[\d]|a third)", ("under ",)), (r"\bat least\b", ("at most",)),
    (r"\b(?:about|around|roughly)\b(?= \d)", ("at least", "at most")),
    (r"\bsome of its\b", ("all of its",)), (r"\bmay\b", ("must",)), (r"\bmust\b", ("may",)), (r"\bare available to all\b", ("are available to some",)),
    (r"\bis one of\b", ("is the only one of",)), (r"\bAmong the\b", ("The only",)),
    (r"\bBy (?=(?:the end of )?(?:\w+ )?\d{4})|\bby (?=(?:the end of )?20\d\d)", ("after ",)), (r"\bSince (?=\d{4})", ("Before ",)),
    (r"\bfor 2021\b(?= and)", ("for every year",)), (r"\bFor 2026 alone\b", ("For every year from 2026",)), (r"\bAll (?=\d)", ("Most of the ",)),
    (r"\bThe (?=(?:state|national)\b)", ("Only the ",)), (r"\bincludes (?=[a-z]+-|[A-Z])", ("consists only of ",)),
    (r"^Investors\b", ("The only investors",)), (r"\bsome (?=poor|firms)", ("all ",)),
    (r"\bIn (?=\d{4},? )", ("Every year since ",)),
    (r"\bmore than\b", ("up to",)), (r"\bexceed(?= \d)", ("stay within",)), (r"其中包括", ("其中只有",)), (r"超过", ("至多",)), (r"之一", ("中唯一的一个",)),
)  # fmt: skip


def _table(rows: Sequence[tuple[str, tuple[str, ...]]]) -> Ways:
    def ways(claim: str, rng: random.Random) -> Iterator[str]:
        for pattern, others in rows:
            for match in re.finditer(pattern, claim):
                yield _put(claim, match, match.expand(rng.choice(others)))

    return ways


def _names(claim: str, rng: random.Random) -> Iterator[str]:
    for group in NAMES:
        others = [n for n in group if n not in claim]
        for name in group:
            border = "" if _ZH.match(name) else r"\b"
            for match in re.finditer(border + re.escape(name) + border, claim) if others else ():
                yield _put(claim, match, rng.choice(others))


def _put(claim: str, match: re.Match[str], other: str) -> str:
    if match[0][:1].isupper() and match.start() == 0:
        other = other[:1].upper() + other[1:]
    return claim[: match.start()] + other + claim[match.end() :]


_PAIRS = [(row[2] if len(row) > 2 else row[0] if _ZH.match(row[0]) else rf"\b{row[0]}\b", row[1]) for row in DIRECTIONS]
KINDS: dict[str, Ways] = {
    "number": _numbers,
    "unit": _table(UNITS),
    "date": _dates,
    "name": _names,
    "negation": _table(NEGATIONS),
    "direction": _table([(p, (f"{other} ",) if p.endswith(r"(?=\d)") else (other,)) for p, other in _PAIRS]),
    "scope": _table(SCOPES),
}
