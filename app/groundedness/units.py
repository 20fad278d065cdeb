"""Units and sizes that stand behind a number, English and Chinese, each with its factor to a base unit."""

from __future__ import annotations

import re

SIZES = {
    "thousand": 1e3, "million": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9, "trillion": 1e12, "trn": 1e12, "tn": 1e12,
    "dozen": 12, "hundred": 100, "万亿": 1e12, "千亿": 1e11, "百亿": 1e10, "十亿": 1e9, "亿": 1e8, "千万": 1e7, "百万": 1e6,
    "十万": 1e5, "万": 1e4, "千": 1e3, "百": 100,
}  # fmt: skip
MONEY = {
    "US$": "dollar", "$": "dollar", "USD": "dollar", "¥": "yuan", "￥": "yuan", "RMB": "yuan", "CNY": "yuan", "€": "euro"
}  # fmt: skip
"""Currencies that stand before a number."""
UNITS: tuple[tuple[str, str, float], ...] = (  # (form, base unit, factor); the first that fits counts
    (r"(?:percentage|percent) points?|points?\b|(?:个)?百分点", "percentage point", 1),
    (r"%|percent\b|per cent\b|pct\b", "%", 1),
    (r"成(?!为|立|果|员|本|功|都|交|长|就|效)", "%", 10),
    (r"basis points?", "percentage point", 0.01),
    (r"(?:Chinese )?yuan\b|RMB\b|CNY\b|renminbi\b|元(?!素)|人民币", "yuan", 1),
    (r"(?:US |U\.S\. )?dollars?\b|USD\b|美元", "dollar", 1),
    (r"euros?\b|EUR\b|欧元", "euro", 1),
    (r"yen\b|JPY\b|日元", "yen", 1),
    (r"HKD\b|Hong Kong dollars?|港元", "Hong Kong dollar", 1),
    (r"square[ -]kilomet(?:re|er)s?|km2|km²|平方公里|平方千米", "m2", 1000000.0),
    (r"square[ -]met(?:re|er)s?|m2|m²|平方米", "m2", 1),
    (r"hectares?|公顷", "m2", 10000.0),
    (r"acres?\b", "m2", 4046.8564224),
    (r"mu\b|亩", "mu", 1),
    (r"square miles?", "m2", 2589988.110336),
    (r"(?:kilowatt[ -]hours?|kWh)\b|千瓦时|度电", "Wh", 1000.0),
    (r"(?:megawatt[ -]hours?|MWh)\b", "Wh", 1000000.0),
    (r"(?:gigawatt[ -]hours?|GWh)\b", "Wh", 1000000000.0),
    (r"(?:terawatt[ -]hours?|TWh)\b", "Wh", 1000000000000.0),
    (r"(?:kilowatts?|kW)\b|千瓦", "W", 1000.0),
    (r"(?:megawatts?|MW)\b|兆瓦", "W", 1000000.0),
    (r"(?:gigawatts?|GW)\b|吉瓦", "W", 1000000000.0),
    (r"(?:terawatts?|TW)\b", "W", 1000000000000.0),
    (r"watts?\b", "W", 1),
    (r"(?:nanomet(?:re|er)s?|nm)\b|纳米", "m", 1e-09),
    (r"(?:micromet(?:re|er)s?|microns?|μm|µm)\b|微米", "m", 1e-06),
    (r"(?:millimet(?:re|er)s?|mm)\b|毫米", "m", 0.001),
    (r"(?:centimet(?:re|er)s?|cm)\b|厘米", "m", 0.01),
    (r"(?:kilomet(?:re|er)s?|km)\b|公里|千米", "m", 1000.0),
    (r"met(?:re|er)s?\b|米(?!克)", "m", 1),
    (r"miles?\b|英里", "m", 1609.344),
    (r"(?:metric )?ton(?:ne)?s?\b|吨", "g", 1000000.0),
    (r"(?:kilograms?|kg)\b|公斤|千克", "g", 1000.0),
    (r"grams?\b|克", "g", 1),
    (r"seconds\b|second\b|秒", "s", 1),
    (r"minutes?\b|分钟", "s", 60),
    (r"hours?\b|小时", "s", 3600),
    (r"days?\b|天|日(?![元本])", "day", 1),
    (r"weeks?\b|周(?!年)|星期", "day", 7),
    (r"months?\b|个月", "month", 1),
    (r"years?\b|年", "month", 12),
    (r"decades?\b", "month", 120),
    (r"quarters?\b|季度", "quarter", 1),
    (r"(?:million )?amp(?:ere)?s?\b|安培", "A", 1),
    (r"volts?\b|伏", "V", 1),
    (r"degrees?\b|度(?!假)|°C", "degree", 1),
    (r"Gbps\b|gigabits? per second", "bit/s", 1000000000.0),
    (r"Mbps\b|megabits? per second", "bit/s", 1000000.0),
    (r"[ZEPTGM]B\b", "byte", 1),
    (r"[EPT]FLOPS\b", "flop/s", 1),
    (r"(?:times|-?fold)\b|倍", "times", 1),
)


def _flags(form: str) -> re.RegexFlag:
    return re.IGNORECASE if form.islower() else re.NOFLAG


_FORMS = [(re.compile(rf"[\s-]*(?:{form})", _flags(form)), unit, size) for form, unit, size in UNITS]
_ANY_FORM = re.compile(rf"[\s-]*(?:{'|'.join(form for form, _, _ in UNITS)})", re.IGNORECASE)
"""Most numbers have no unit behind them: one look tells."""
_SIZE = re.compile(rf"[\s-]*({'|'.join(sorted(SIZES, key=len, reverse=True))})(?![a-z])", re.IGNORECASE)


def after_number(text: str, end: int) -> tuple[float, str, int]:
    """A text and where a number ends in it -> factor and base unit of what follows, and where that ends; 1 and '' where
    nothing does."""
    size = 1.0
    if match := _SIZE.match(text, end):
        size, end = SIZES[match[1].lower()], match.end()
    for form, unit, factor in _FORMS if _ANY_FORM.match(text, end) else ():
        if match := form.match(text, end):
            return size * factor, unit, match.end()
    return size, "", end


def mentions(text: str, unit: str) -> bool:
    """A text and a unit -> whether the text names it anywhere, as a table does at its head."""
    return any(re.search(form, text, _flags(form)) for form, name, _ in UNITS if name == unit)
