"""Drafts the program's own answer: a known question's, the answers of its parts, or quotes of what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from app.answering.confidence import confidence
from app.answering.draft import Draft, Proposal, Statement, run_of
from app.answering.lists import quoted_in_form
from app.answering.notes import searched_note, unmentioned
from app.answering.quotes import draft_quotes
from app.answers import Evidence, Hit, NotePart, Searched
from app.known.answers import evidence_at, known_draft, known_hits, written_or_quoted
from app.known.choosing import Chooser
from app.known.coverage import open_questions
from app.known.joining import MAX_STATEMENTS, PartAnswer, joined
from app.known.match import MIN_SUGGESTED, MIN_SURE, Match, Matcher
from app.known.policy import Decision
from app.query.understand import GLOSSED_LANGUAGES
from app.query.values import Form, Query
from app.retrieval.retriever import Retriever
from app.text.messages import message

MAX_SUGGESTED = 3  # other known questions that are offered beside an answer that is not certain
MIN_QUOTED = 0.5  # confidence from which documents with statements are quoted all the same (docs/decisions/068)
MIN_ADDED = 1.4  # the score of a statement that answers a further question of a turn (docs/decisions/070)
MAX_UNMENTIONED = 3  # words of a refused question that are said to be in no document


class Drafting:
    """Drafts answers without a language model. Safe to share between threads."""

    def __init__(self, max_quotes: int, retriever: Retriever, matcher: Matcher | None, chooser: Chooser | None) -> None:
        self.max_quotes, self.retriever, self.matcher, self.chooser = max_quotes, retriever, matcher, chooser

    def draft(
        self, decision: Decision, rankings: Sequence[Sequence[Hit]], hits: Sequence[Hit], threshold: float, shaped: bool
    ) -> Proposal:
        """Draft an answer.

        Args:
            decision: Which known question answers.
            rankings: The passages for each part of the question.
            hits: All passages that were found.
            threshold: The confidence that an answer needs.
            shaped: False if a language model reads on: it gets plain quotes.
        """
        query, match, evidence = decision.query, decision.match, self.retriever.evidence(hits)
        if match:
            draft = known_draft(match, query, evidence, threshold)
        elif shaped and not decision.parts:
            draft, evidence = self._searched(query, rankings, hits, evidence, threshold)
        else:  # nothing was searched if all parts are known
            draft = draft_quotes(query, rankings, evidence, threshold, self.max_quotes) if rankings else Draft(query)
        if decision.about and draft.status == "not_found" and (shaped or not query.within):
            # what no document answers may be asked of the program; a model can say what chosen documents are about
            draft = known_draft(decision.about, query, (), threshold)
        proposal = Proposal(draft, evidence)
        if shaped and decision.parts:
            proposal = self._in_parts(decision, rankings, proposal, threshold)
        elif shaped:
            proposal = self._with_further(decision, self._in_wished_form(query, match, proposal), threshold)
        return replace(proposal, draft=self._with_suggestions(decision, proposal.draft))

    def finished(self, proposal: Proposal, decision: Decision, over_budget: bool = False) -> Proposal:
        """Add what is said of the search, and of a language model that has no tokens left if it is `over_budget`."""
        draft, query = proposal.draft, decision.query
        if draft.status == "about" or not query.asks:
            return replace(proposal, draft=draft)
        declined = draft.model is not None and draft.model.failure == "declined"
        may_name = not (draft.missing or decision.match or decision.parts or declined)
        if draft.status == "not_found" and may_name and self.matcher:
            absent = (word for word in self.matcher.rare_names(query) if not self.retriever.index.words(word, 1))
            if words := list(islice(absent, MAX_UNMENTIONED)):
                draft = replace(draft, missing=unmentioned(query, words))
        all_documents = self.retriever.index.catalogue.count("documents")
        if query.within is not None and (number := len(set(query.within))) < all_documents:
            searched = Searched(number, all_documents)
            draft = replace(draft, searched=searched, notes=(*draft.notes, searched_note(query, searched)))
        if over_budget:
            spent = NotePart("model", message("model_notes.spent", draft.query.language))
            draft = replace(draft, notes=(*draft.notes, spent))
        return replace(proposal, draft=draft)

    def _searched(
        self,
        query: Query,
        rankings: Sequence[Sequence[Hit]],
        hits: Sequence[Hit],
        evidence: tuple[Evidence, ...],
        threshold: float,
    ) -> tuple[Draft, tuple[Evidence, ...]]:
        """Return the statements that are chosen, else quotes.

        Documents of which no statements were written are quoted if they answer more surely than the statements. Other
        documents are quoted if no statement is chosen, and only if they answer surely.
        """
        quoted = partial(draft_quotes, query, evidence=evidence, threshold=threshold, most=self.max_quotes)
        if self.chooser is None:
            return quoted(rankings), evidence
        best_confidence = max(map(confidence, rankings), default=0.0)
        chosen = self.chooser.draft(query, hits, threshold, best_confidence)
        quotes = quoted([[h for h in r if not self.chooser.has_statements(h.passage.document_id)] for r in rankings])
        if chosen and (quotes.status == "not_found" or quotes.confidence <= chosen.confidence):
            return self._with_quotes(chosen, evidence)
        return (quoted(rankings) if best_confidence >= MIN_QUOTED and quotes.status == "not_found" else quotes), evidence

    def _with_quotes(self, chosen: Draft, evidence: tuple[Evidence, ...]) -> tuple[Draft, tuple[Evidence, ...]]:
        """Return a draft of statements with the passages that they rest on, as quotes and as evidence."""
        places = dict.fromkeys(place for s in chosen.statements for run in s.rests_on for place in run)
        resting = evidence_at(places, self.retriever.index, chosen.query.within)
        quotes = tuple(Statement({e.document.language: e.text}, (run_of([e]),), "passage") for e in resting)
        in_quotes = replace(chosen, statements=quotes, written=False, composed=False)
        return replace(chosen, quotes=in_quotes if quotes else None), (*evidence, *resting)

    # --- parts

    def _in_wished_form(self, query: Query, match: Match | None, quotes: Proposal) -> Proposal:
        """Return the written answer of a match, else the quotes, in the form that is wished for."""
        if match:
            return written_or_quoted(query, match, quotes, self.retriever.index)
        return replace(quotes, draft=quoted_in_form(query, quotes.draft))

    def _in_parts(
        self, decision: Decision, rankings: Sequence[Sequence[Hit]], whole: Proposal, threshold: float
    ) -> Proposal:
        """Return the answers of the parts of a question as one; short ones if they are long together."""
        by_part = dict(zip((q.standalone for q in decision.query.parts), rankings, strict=False))
        quoted = []
        for (query, match), part in zip(decision.parts, decision.query.parts[-len(decision.parts) :], strict=True):
            if match:
                evidence = self.retriever.evidence(known_hits(match, self.retriever.index, query.within))
                draft = known_draft(match, query, evidence, threshold)
            else:
                ranking = by_part[part.standalone]
                alone = replace(query, earlier=())  # else the first half answers the second
                draft, evidence = self._searched(alone, [ranking], ranking, whole.evidence, threshold)
            quoted.append(PartAnswer(query, match, Proposal(draft, evidence)))
        parts = [self._in_form(p, decision.query.wish.form) for p in quoted]
        if sum(len(p.draft.statements) for p in parts) > MAX_STATEMENTS and not decision.query.wish.form:
            parts = [self._in_form(p, "short") for p in quoted]
        return joined(decision.query, parts, whole)

    def _in_form(self, part: PartAnswer, form: Form) -> PartAnswer:
        query = replace(part.query, wish=replace(part.query.wish, form=form))
        return replace(part, proposal=self._in_wished_form(query, part.match, part.proposal))

    def _with_further(self, decision: Decision, proposal: Proposal, threshold: float) -> Proposal:
        """Add the answers of further questions that an answer leaves open; one that has none is named."""
        query, match, chooser = decision.query, decision.match, self.chooser
        if chooser is None:
            return proposal
        parts = [PartAnswer(query, match, proposal)]
        for asked in open_questions(query, proposal.draft, match.known.question if match else "", chooser.reader):
            hits = self.retriever.hits(asked)
            found = chooser.draft(asked, hits, 0.0, confidence(hits), MIN_ADDED) or self._named(asked, match, threshold)
            draft, evidence = self._with_quotes(replace(found, read_as=asked.text), ())
            parts.append(PartAnswer(asked, None, Proposal(draft, evidence)))
        return joined(query, parts, proposal) if len(parts) > 1 else proposal

    def _named(self, asked: Query, shown: Match | None, threshold: float) -> Draft:
        """Return a draft without statements for a further question: `partial` if it is answered when asked by itself.

        It is then suggested, unless it is what is `shown` that answers it.
        """
        matches = self.matcher.matches(asked) if self.matcher else ()
        if self.matcher and (likely := [m for m in matches if m.is_likely and m.known.held]):
            others = [m for m in likely if not shown or m.number != shown.number][:1]
            return Draft(asked, "partial", suggestions=tuple(self.matcher.wording_in(m, asked.language) for m in others))
        for query in (asked, replace(asked, standalone=asked.text, searched=asked.text, english=asked.text, earlier=())):
            hits = self.retriever.hits(query)
            if self._searched(query, [hits], hits, self.retriever.evidence(hits), threshold)[0].statements:
                return Draft(asked, "partial", suggestions=(f"{asked.text[:1].upper()}{asked.text[1:]}?",))
        return Draft(asked)

    def _with_suggestions(self, decision: Decision, draft: Draft) -> Draft:
        """Add suggestions of other known questions to an answer that is not certain.

        An answer is uncertain if it is a refusal, or more likely wrong than right. Only known questions that have an
        answer are suggested.
        """
        query, match = decision.query, decision.match
        is_open = not match.is_sure if match else draft.status == "not_found" or draft.confidence < MIN_SURE
        if not is_open or not query.asks or query.tongue not in GLOSSED_LANGUAGES or not self.matcher:
            return draft
        likely = [m for m in decision.matches if m.probability >= MIN_SUGGESTED and m.known.held and m is not match]
        suggestions = {m.known.key: self.matcher.wording_in(m, query.language) for m in reversed(likely[:MAX_SUGGESTED])}
        return replace(draft, suggestions=(*draft.suggestions, *reversed(suggestions.values())))
