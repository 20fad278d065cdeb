"""The Quality tab: how strangers fared, then the latest eval report, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.errors import AskError
from app.store.quality import SHIPPED, Quality, Share, read_quality, read_strangers
from app.ui.escape import literal, one_line, shown
from app.ui.words import Words

WRONG = 30  # questions listed that went wrong


def report_html(file: Path, words: Words) -> str:
    """Render the results of strangers' questions, then the report on our own questions.

    If the file of the report cannot be read, it says so.
    """
    return (
        f'<section class="quality"><h2>{literal(words("quality_title"))}</h2>{_strangers(words)}'
        f"<h3>{literal(words('q_own'))}</h3>{_own(file, words)}</section>"
    )


def _strangers(words: Words) -> str:
    """Render the results of strangers' questions, and how they were measured."""
    told = read_strangers()
    shares = (("good", told.good.value, "q_good"), ("mild", told.partly, "q_partly"), ("bad", told.bad, "q_bad"))
    groups = [(words(name), share) for name, share in told.groups]
    low, high = (f"{x:.0%}" for x in told.good.interval)
    values = {
        "month": words.day(told.month),
        "n": told.good.cases,
        "ceiling": f"{told.ceiling:.0%}",
        "low": low,
        "high": high,
    }
    return (
        f'<div class="hundreds">{_hundred(words("q_of_strangers"), shares, words)}'
        f"<div><h3>{literal(words('q_by_group'))}</h3>{_bars(groups, words)}</div></div>"
        f'<p class="lede">{literal(words("q_strangers_told", **values))}</p>'
    )


def _own(file: Path, words: Words) -> str:
    try:
        quality = read_quality(file)
    except AskError:
        return f'<p class="none" role="status">{literal(words("bad_report"))}</p>'
    intro = words("quality_intro", n=len(quality.asked), date=quality.written)
    parts = (_figures, _kinds, _strictness, _wrong)
    details = _origin(quality, file, words) + "".join(part(quality, words) for part in parts)
    return (
        f'<p class="lede">{literal(intro)}</p>'
        f'<details class="fold"><summary>{literal(words("q_details"))}</summary>{details}</details>'
    )


def _origin(quality: Quality, file: Path, words: Words) -> str:
    """Render a line on the program that the report measured, and if the report came with it; else ''."""
    said = [words("quality_state", state=quality.state)] if quality.state else []
    said += [words("quality_shipped")] if file == SHIPPED else []
    return "".join(f"<p>{literal(sentence)}</p>" for sentence in said)


def _hundred(title: str, shares: Sequence[tuple[str, float, str]], words: Words) -> str:
    """Render shares of a whole as numbers out of a hundred, as squares and in words."""
    numbers = of_hundred([share for _, share, _ in shares])
    squares = "".join(f'<i class="{kind}"></i>' * n for n, (kind, _, _) in zip(numbers, shares, strict=True))
    said = "".join(
        f'<li class="{kind}"><strong>{n}</strong> {literal(words(key))}</li>'
        for n, (kind, _, key) in zip(numbers, shares, strict=True)
    )
    return f'<div><h3>{literal(title)}</h3><div class="squares" aria-hidden="true">{squares}</div><ul>{said}</ul></div>'


def of_hundred(shares: Sequence[float]) -> list[int]:
    """Round shares that add up to 1 to whole numbers that add up to 100, each up or down."""
    whole = [int(100 * share + 1e-9) for share in shares]
    left = sorted(range(len(shares)), key=lambda n: whole[n] - 100 * shares[n])[: 100 - sum(whole)]
    return [w + (n in left) for n, w in enumerate(whole)]


def tradeoff(file: Path, threshold: float, words: Words) -> str:
    """Return a sentence on what was measured at a threshold."""
    try:
        quality = read_quality(file)
    except AskError:
        return words("no_tradeoff")
    return _at(quality, threshold, words)


def _figures(quality: Quality, words: Words) -> str:
    shares = ((quality.right, "q_right"), (quality.refused, "q_refused"), (quality.invented, "q_invented"))
    tiles = "".join(_tile(f"{share.value:.0%}", words(key), _interval(share, words)) for share, key in shares)
    return f'<div class="tiles">{tiles}{_tile(f"{quality.seconds:.1f}", words("q_time"), "")}</div>'


def _tile(figure: str, said: str, small: str) -> str:
    below = f'<p class="small">{literal(small)}</p>' if small else ""
    return f'<div class="tile"><p class="figure">{literal(figure)}</p><p>{literal(said)}</p>{below}</div>'


def _interval(share: Share, words: Words) -> str:
    low, high = share.interval
    return words("q_interval", low=f"{low:.0%}", high=f"{high:.0%}")


def _kinds(quality: Quality, words: Words) -> str:
    rows = [(_kind(name, words), share) for name, share in quality.by_category()]
    return f"<h3>{literal(words('q_by_kind'))}</h3><p>{literal(words('q_by_kind_help'))}</p>{_bars(rows, words)}"


def _bars(named: Sequence[tuple[str, Share]], words: Words) -> str:
    """Render a table with bars that picture its numbers."""
    rows = []
    for name, share in named:
        low, high = (100 * x for x in share.interval)
        bar = (
            f'<span class="bar" aria-hidden="true"><i style="width:{100 * share.value:.1f}%"></i>'
            f'<b style="left:{low:.1f}%;width:{high - low:.1f}%"></b></span>'
        )
        rows.append(
            f'<tr><th scope="row">{literal(name)}</th><td>{bar}</td><td class="n">{share.value:.0%}</td>'
            f'<td class="n">{share.cases}</td></tr>'
        )
    heads = f'<th scope="col">{literal(words("q_kind"))}</th><td></td>' + "".join(
        f'<th scope="col" class="n">{literal(words(k))}</th>' for k in ("q_share", "q_count")
    )
    return f'<table class="kinds"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _kind(name: str, words: Words) -> str:
    """Return the name of a kind in the page's language, if it is one of the program's own."""
    return words(f"cases.{one_line(name)}").removeprefix("cases.")


def _strictness(quality: Quality, words: Words) -> str:
    return f"<h3>{literal(words('q_strict'))}</h3><p>{literal(_at(quality, quality.threshold, words))}</p>"


def _at(quality: Quality, threshold: float, words: Words) -> str:
    over, halluc = quality.at(threshold)
    return words("tradeoff", t=f"{threshold:.2f}", over=f"{over.value:.0%}", halluc=f"{halluc.value:.0%}")


def _why(reason: str, words: Words) -> str:
    return words("marks.semicolon").join(map(words.sentence, reason.split("; ")))


def _wrong(quality: Quality, words: Words) -> str:
    wrong = [a for a in quality.asked if a.reason]
    rows = "".join(f"<tr><td>{shown(a.question)}</td><td>{shown(_why(a.reason, words))}</td></tr>" for a in wrong[:WRONG])
    heads = "".join(f'<th scope="col">{literal(words(k))}</th>' for k in ("q_question", "q_why"))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    title = literal(words("q_wrong") + words("marks.brackets", said=len(wrong)))
    return f'<details><summary>{title}</summary><div class="wide" tabindex="0">{table}</div></details>' if wrong else ""
