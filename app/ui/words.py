"""The page's own words, English and Chinese. What a document or a user says is never translated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.store.export import spelled

LANGUAGES = ("en", "zh")

_WORDS: dict[str, tuple[str, str]] = {
    # tabs and controls
    "ask_tab": ("Ask", "提问"),
    "documents_tab": ("Documents", "文件"),
    "quality_tab": ("Quality", "质量"),
    "conversation": ("Conversation", "对话"),
    "your_question": ("Your question", "你的问题"),
    "ask_the_documents": ("Ask the documents…", "向文件提问……"),
    "ask": ("Ask", "提问"),
    "stop": ("Stop", "停止"),
    "new": ("New conversation", "新对话"),
    "menu": ("Conversations and settings", "对话与设置"),
    "begin": ("Ask a question, or begin with one of these:", "请提问，或从下面的问题开始："),
    "intro": (
        "Every sentence of an answer rests on words of the documents, shown with their source.",
        "回答中的每一句话都以文件的原文为据，并附有出处。",
    ),
    "holds_title": ("What it holds", "收录内容"),
    "of_publishers": (" that rest on sources of {n} publishers", "，依据 {n} 家发布者的来源"),
    "of_years": (", dated {first} to {last}", "，日期从 {first} 年到 {last} 年"),
    "of_year": (", dated {year}", "，日期为 {year} 年"),
    "stop_mark": (".", "。"),
    "comma": (", ", "，"),
    "and_others": ("and {n} others", "以及其他 {n} 份"),
    "see_documents": ("See all documents", "查看全部文件"),
    "limits_title": ("What it does not do", "它不做什么"),
    "limit_unknown": (
        "Where the documents do not hold the answer, it says so and shows what is nearest.",
        "文件中没有答案时，它会如实说明，并给出最接近的内容。",
    ),
    "limit_quotes": ("It gives no opinion and no forecast of its own.", "它不发表意见，也不作预测。"),
    "limit_internet": ("It looks nothing up on the internet.", "它不上网查询。"),
    "see_quality": ("How often it is right", "它有多准确"),
    "settings": ("Settings", "设置"),
    "sources_number": ("Most sources in an answer", "每个回答最多引用的来源数"),
    "sources_help": (
        "At most three about one thing; lists are always quoted whole.",
        "只问一件事时最多三个；列表总是完整引用。",
    ),
    "strictness": ("Strictness", "严格程度"),
    "strictness_help": (
        "How sure the program must be before it answers: 0 answers always, 1 hardly ever.",
        "程序要有多大把握才回答：0 表示总是回答，1 表示几乎不回答。",
    ),
    "engine": ("Words of an answer", "回答的措辞"),
    "engine_help": (
        "A language model's sentences are shown only where a source supports them. "
        "Your question and the passages found are sent to it.",
        "语言模型写的句子只有在来源支持时才会显示。你的问题和找到的段落会发送给它。",
    ),
    "engine_none": (
        "No language model is set: see docs/models.md.",
        "未设置语言模型：见 docs/models.md。",
    ),
    "model": ("Language model", "语言模型"),
    "model_found": ("Found on this machine", "在本机找到的"),
    "model_found_help": (
        "Asked when this was opened; nothing beyond this machine is.",
        "打开此处时查询，仅限本机。",
    ),
    "model_none": ("No language model: quotes alone", "不用语言模型，仅引用原文"),
    "model_key_set": ("{name} is set: type the model’s name", "已设置 {name}：请填写模型名称"),
    "model_name": ("Model", "模型"),
    "model_address": ("Address", "地址"),
    "model_address_help": ("Empty for the provider’s own.", "留空则使用服务商自己的地址。"),
    "model_key": ("Key", "密钥"),
    "model_key_help": (
        "Kept in memory until the page is stopped, sent to this address alone, never shown.",
        "只保存在内存中，直到页面停止；只发送到此地址，从不显示。",
    ),
    "model_keep": ("Keep it in a file that only I can read", "保存在只有我能读取的文件中"),
    "model_test": ("Test", "测试"),
    "model_use": ("Use", "使用"),
    "model_testing": ("Asking the model", "正在询问模型"),
    "model_works": ("It works: it answered in {s} s.", "可以使用：{s} 秒内作答。"),
    "model_text_only": (
        "It works: it answered in {s} s. It does not take structured output, so it is asked in plain text.",
        "可以使用：{s} 秒内作答。它不支持结构化输出，因此使用纯文本。",
    ),
    "model_failed": ("The language model cannot be used; the log says more.", "无法使用该语言模型，详情见日志。"),
    "model_not_used": ("It is not used.", "未启用。"),
    "model_used": (
        "It is used for all questions from now on, until the page is stopped.",
        "从现在起用于所有问题，直到页面停止。",
    ),
    "model_none_used": ("From now on answers are quotes.", "从现在起回答均为原文引用。"),
    "model_now": ("In use: {name}.", "正在使用：{name}。"),
    "model_now_none": ("In use: none; answers are quotes.", "未使用语言模型，回答均为原文引用。"),
    "language": ("Language of the page", "页面语言"),
    "language_auto": ("As the browser", "跟随浏览器"),
    # while an answer comes
    "reading": ("Reading the question", "正在理解问题"),
    "matching": ("Looking among the known questions", "正在查找已知问题"),
    "searching": ("Searching the documents", "正在检索文件"),
    "ranking": ("Ranking what was found", "正在排序检索结果"),
    "choosing": ("Choosing the sentences", "正在挑选句子"),
    "checking": ("Checking every quote", "正在核对每一处引文"),
    "writing": ("Wording the answer and checking each sentence", "正在组织回答并逐句核对"),
    "Loading the models": ("Loading the models", "正在加载模型"),
    "in_line": ("Waiting: {n} before you", "排队中：前面还有 {n} 个问题"),
    "stopped": ("Stopped.", "已停止。"),
    "stopped_box": ("Stopped. Your question is in the box again.", "已停止。问题已放回输入框。"),
    "failed": (
        "Something went wrong inside the program; its log says more. Your question is still in the box.",
        "程序内部出错，详情见日志。问题仍在输入框中。",
    ),
    # below an answer
    "source": ("Source", "来源"),
    "read_as": ("Read as:", "理解为："),
    "correct": ("Correct this", "修改"),
    "seconds": ("{s} s", "{s} 秒"),
    "dated": ("Sources dated {span}", "来源日期：{span}"),
    "worded_by": ("worded by {name}, each sentence checked", "由 {name} 措辞，逐句核对"),
    "left_out": ("{n} statements that are not shown", "{n} 条未显示的陈述"),
    "left_out_one": ("1 statement that is not shown", "1 条未显示的陈述"),
    "shown_as": ("Shown:", "显示："),
    "as_worded": ("worded", "改写"),
    "as_quotes": ("quotes", "原文引用"),
    "copy": ("Copy with footnotes", "复制（含脚注）"),
    "more": ("More", "更多"),
    "bibtex": ("Copy BibTeX", "复制 BibTeX"),
    "again": ("Ask again", "重新回答"),
    "why": ("Why this answer", "为什么这样回答"),
    "evidence": ("Save evidence", "保存证据"),
    "up": ("Good answer", "回答得好"),
    "down": ("Bad answer", "回答得不好"),
    "chosen": ("(chosen)", "（已选）"),
    "comment": ("Add a comment", "添加说明"),
    "right": ("Show the right passage", "指出正确的段落"),
    "follow": ("Ask next", "接着问"),
    "changed": (
        "A source has changed since this answer was given: {titles}.",
        "自本回答给出以来，来源已有变动：{titles}。",
    ),
    # the sources
    "sources": ("Sources", "来源"),
    "no_sources": (
        "The quoted words, their document and the original source appear here.",
        "引用的原文、所在文件和原始来源会显示在这里。",
    ),
    "nearest": (
        "Not an answer: the nearest passages that the documents hold.",
        "以下不是答案，只是文件中最接近的内容。",
    ),
    "earlier": ("Earlier answers", "之前的回答"),
    "original": ("Original source", "原始来源"),
    "official": ("official", "官方"),
    "not_official": ("not official", "非官方"),
    "untitled": ("Untitled", "无标题"),
    "open": ("Open document", "打开文件"),
    "back": ("Back to the answer, source {n}", "回到回答，来源 {n}"),
    "page": ("page {n}", "第 {n} 页"),
    # the forms of an answer, and what a source is
    "stated": ("as of {date}", "截至 {date}"),
    "a_target": ("target", "目标"),
    "a_result": ("result", "结果"),
    "compared": ("Compared by the program", "由程序比较"),
    "compared_as": ("result {result} {sign} target {target}", "结果 {result} {sign} 目标 {target}"),
    "compared_met": ("result {result} {sign} target {target}: met", "结果 {result} {sign} 目标 {target}：达到"),
    "chart": ("Bar chart: {name}, {first} to {last}", "柱状图：{name}，{first} 年至 {last} 年"),
    "empty_cell": ("nothing stated", "未说明"),
    "empty_side": ("Nothing quoted on this side alone.", "没有只谈这一方的引文。"),
    "kind_plan": ("plan", "规划"),
    "kind_law": ("law", "法律法规"),
    "kind_report": ("government text", "政府文件"),
    "kind_statistics": ("statistics", "统计"),
    "kind_press": ("press", "媒体"),
    "kind_research": ("research", "研究"),
    "kind_analysis": ("analysis", "分析"),
    "kind_reference": ("reference work", "工具书"),
    "language_en": ("English", "英文"),
    "language_zh": ("Chinese", "中文"),
    "language_ja": ("Japanese", "日文"),
    "language_it": ("Italian", "意大利文"),
    # the dialogs
    "close": ("Close", "关闭"),
    "gone": ("This document is no longer there.", "该文件已不存在。"),
    "why_title": ("Why this answer", "为什么这样回答"),
    "why_read": ("The question was read as", "问题被理解为"),
    "why_confidence": (
        "Confidence {c}; below {t} the page says that it found nothing.",
        "把握 {c}；低于 {t} 时页面会说没有找到。",
    ),
    "why_model": (
        "{name} wrote {written} statements in {s} s ({read} tokens read, {out} written); of those that could not be "
        "verified {removed} were left out, {replaced} replaced by quotes.",
        "{name} 用 {s} 秒写了 {written} 句（读入 {read} 个词元，写出 {out} 个）；"
        "{removed} 句无法核实，已略去，{replaced} 句换成原文。",
    ),
    "why_passages": ("Passages considered, best first", "考虑过的段落，由好到差"),
    "score": ("Score", "得分"),
    "passage": ("Passage", "段落"),
    "document": ("Document", "文件"),
    "quoted": ("quoted", "已引用"),
    "comment_title": ("What was good or bad about the answer?", "这个回答好在哪里或不好在哪里？"),
    "right_title": ("Which passage answers the question?", "哪一段能回答这个问题？"),
    "right_help": ("Choose it below, or look for it by its words.", "请在下面选择，或用词语查找。"),
    "right_words": ("Words of the passage", "段落中的词语"),
    "right_none": ("No passage has these words.", "没有包含这些词语的段落。"),
    "seek": ("Find", "查找"),
    "noted": ("Thank you: the passage is kept on this machine.", "谢谢：所选段落已保存在本机。"),
    "send": ("Send", "发送"),
    "thanks": ("Thank you: your comment is kept on this machine.", "谢谢：你的说明已保存在本机。"),
    # conversations
    "saved_conversations": ("Conversations", "对话记录"),
    "not_saved": ("This answer was not kept.", "本回答未能保存。"),
    "none_saved": ("None yet. They are kept on this machine only.", "暂无。对话只保存在本机。"),
    "markdown": ("Markdown", "Markdown"),
    "json": ("JSON", "JSON"),
    "delete": ("Delete", "删除"),
    "answers": ("{n} answers", "{n} 个回答"),
    "answer": ("1 answer", "1 个回答"),
    # what is held
    "held": ("{n} documents", "{n} 份文件"),
    "held_one": ("1 document", "1 份文件"),
    "as_of": (", as of {date}", "，截至 {date}"),
    "lacking": (
        " · {share} % of the passages are searched by meaning so far, the others by their words alone",
        " · 目前 {share}% 的段落可以按语义检索，其余只能按词语检索",
    ),
    "not_read": ("{n} not read", "{n} 份未能读取"),
    # the documents
    "files": ("Files", "文件"),
    "address": ("Or an address", "或网址"),
    "tongues": (
        "Measured in English and Chinese, and on small sets in French, German, Spanish, Japanese and Korean.",
        "已测试英文和中文，并用少量法文、德文、西班牙文、日文和韩文材料测试过。",
    ),
    "add": ("Add", "添加"),
    "stop_adding": ("Stop adding", "停止添加"),
    "find": ("Find", "查找"),
    "find_help": ("Words of a title, source or file name", "标题、来源或文件名中的词"),
    "by_source": ("Source", "来源"),
    "by_year": ("Year", "年份"),
    "by_language": ("Language", "语言"),
    "any": ("All", "全部"),
    "only_shown": ("Ask only those listed", "只问列出的文件"),
    "asked_only": ("Ask only this", "只问此文件"),
    "ask_this": ("Ask about this document", "就此文件提问"),
    "all_documents": ("All documents", "全部文件"),
    "remove": ("Remove", "移除"),
    "narrowed": ("Only {n} of {all} documents are asked: {titles}", "只向 {all} 份文件中的 {n} 份提问：{titles}"),
    "widen": ("Ask all documents", "向全部文件提问"),
    "some_of": ("{n} of {all} documents", "{all} 份文件中的 {n} 份"),
    "none_fits": ("No document fits. Change or empty the filters.", "没有符合的文件。请更改或清空筛选条件。"),
    "not_yet": ("The documents appear here once the page has loaded them.", "页面加载完成后，文件会显示在这里。"),
    "title": ("Title", "标题"),
    "date": ("Date", "日期"),
    "add_documents": ("Add documents", "添加文件"),
    "originals": ("Rests on", "依据的来源"),
    "years": ("Years", "年份"),
    "known_of": ("Known questions", "已知问题数"),
    "original_one": ("1 original source", "1 个原始来源"),
    "originals_n": ("{n} original sources", "{n} 个原始来源"),
    "of_them_official": (", {n} official", "，其中 {n} 个官方"),
    "and_more": ("{n} more", "另有 {n} 家"),
    "passage_one": ("1 passage", "1 个段落"),
    "passages_n": ("{n} passages", "{n} 个段落"),
    "pages": ("Pages of the list", "列表页码"),
    "page_of": ("Page {n} of {all}", "第 {n} 页，共 {all} 页"),
    "part_of": ("Part {n} of {all}", "第 {n} 部分，共 {all} 部分"),
    "before": ("Previous", "上一页"),
    "after": ("Next", "下一页"),
    "asked_of_it": ("Questions that it answers", "它能回答的问题"),
    "ask_it": ("Ask of it:", "可以这样提问："),
    "outline": ("Outline", "大纲"),
    "search_inside": ("Search in this document", "在此文件中查找"),
    "next_place": ("Next", "下一处"),
    "found_places": ("{n} places", "{n} 处"),
    # adding and removing
    "Beginning": ("Beginning", "开始"),
    "Stopping": ("Stopping", "正在停止"),
    "Reading": ("Reading", "正在读取"),
    "Fetching": ("Fetching", "正在获取"),
    "Embedding": ("Embedding", "正在生成向量"),
    "Embedding questions": ("Embedding questions", "正在为问题生成向量"),
    "Writing": ("Writing", "正在写入"),
    "so_far": ("{what} {n} of {all}", "{what}：{n}/{all}"),
    "left_seconds": (", about {n} seconds left", "，约剩 {n} 秒"),
    "left_minutes": (", about {n} minutes left", "，约剩 {n} 分钟"),
    "n_added": ("{n} added", "已添加 {n} 份"),
    "n_updated": ("{n} updated", "已更新 {n} 份"),
    "n_unchanged": ("{n} unchanged", "未变 {n} 份"),
    "n_failed": ("{n} failed", "失败 {n} 份"),
    "found_later": (
        " What is new is found by its words already, and by its meaning in a while.",
        "新内容现在可按词语找到，稍后可按语义找到。",
    ),
    "removed": ("Removed: {title}.", "已移除：{title}。"),
    "documents_failed": ("Something went wrong inside the program; its log says more.", "程序内部出错，详情见日志。"),
    # quality
    "bad_report": (
        "The report cannot be read. Run “make eval” to write it anew.",
        "报告无法读取。请运行“make eval”重新生成。",
    ),
    "quality_title": ("How good are the answers?", "回答的质量如何？"),
    "quality_intro": (
        "The program was asked {n} test questions whose answers are known ({date}). "
        "No weight or threshold was adjusted on these questions.",
        "我们用 {n} 个已知答案的测试问题检验了程序（{date}）。没有根据这些问题调整任何权重或阈值。",
    ),
    "quality_state": (" It was version {state}.", "程序版本：{state}。"),
    "quality_shipped": (
        " This report comes with the program and is about its own documents; “make eval” writes one of this installation.",
        "这份报告随程序提供，针对程序自带的文件；运行“make eval”可生成本机的报告。",
    ),
    "q_of_answerable": ("Of 100 questions that the documents answer", "文件能回答的每 100 个问题中"),
    "q_was_right": ("got the right answer", "个得到正确回答"),
    "q_was_refused": ("were told that there is no answer, although there is one", "个有答案却被告知没有"),
    "q_was_wrong": ("got an answer that misses what was asked", "个的回答不切题"),
    "q_of_others": ("Of 100 questions that the documents do not answer", "文件不能回答的每 100 个问题中"),
    "q_said_none": ("were told so, or what is so instead", "个被如实告知，或得到了更正"),
    "q_was_invented": (
        "got quotes all the same: true sentences, but no answer",
        "个仍然得到了引文：句子是真的，但不是答案",
    ),
    "q_usual_time": ("Half of the answers took less than {s} seconds. ", "一半的回答用时不到 {s} 秒。"),
    "q_details": (
        "Details: by kind of question, how sure these figures are, what went wrong",
        "详情：按问题类型、数字的可靠程度、出错的问题",
    ),
    "kind table row": ("table row", "表格中的一行"),
    "kind unanswerable near miss": ("not answerable, but near", "不可答，但相近"),
    "kind unanswerable far": ("not answerable, far off", "不可答，相去甚远"),
    "kind false premise": ("false premise", "前提有误"),
    "kind follow-up": ("follow-up", "追问"),
    "kind list": ("list", "列举"),
    "kind comparison": ("comparison", "比较"),
    "kind reason": ("reason", "原因"),
    "kind several documents": ("several documents", "涉及多份文件"),
    "kind Chinese question": ("Chinese question", "中文问题"),
    "kind date": ("date", "日期"),
    "kind disagreement": ("disagreement of sources", "来源不一致"),
    "kind figure": ("figure", "数字"),
    "kind person or body": ("person or body", "人物或机构"),
    "kind single fact": ("single fact", "单一事实"),
    "kind injection": ("text that gives orders", "夹带指令的文本"),
    "q_right": ("of the questions that the documents answer were answered rightly", "的可答问题得到了正确回答"),
    "q_refused": ("of them were refused although the documents hold the answer", "的可答问题被误判为没有答案"),
    "q_invented": (
        "of the questions that the documents do not answer got an answer all the same",
        "的不可答问题仍然得到了回答",
    ),
    "q_time": ("seconds for an answer: half of them took less", "秒得到回答：一半的回答更快"),
    "q_interval": ("Likely between {low} and {high}.", "很可能在 {low} 到 {high} 之间。"),
    "q_by_kind": ("By kind of question", "按问题类型"),
    "q_by_kind_help": (
        "The bar is the share of questions that were handled rightly; "
        "the thin line shows how far chance could have moved it.",
        "横条表示处理正确的问题所占的比例；细线表示偶然因素可能造成的偏差。",
    ),
    "q_kind": ("Kind", "类型"),
    "q_share": ("Right", "正确"),
    "q_count": ("Questions", "问题数"),
    "q_strict": ("What strictness does", "严格程度的作用"),
    "q_strict_help": (
        "A stricter program refuses more questions that it could have answered, "
        "and answers fewer that it should have refused. The dot is where it stands.",
        "越严格，误拒的问题越多，而不该回答却回答的越少。圆点是当前位置。",
    ),
    "q_over": ("answerable, but refused", "可答却拒答"),
    "q_halluc": ("not answerable, but answered", "不可答却回答"),
    "q_axis": ("strictness", "严格程度"),
    "q_wrong": ("Questions that went wrong", "出错的问题"),
    "q_why": ("Why", "原因"),
    "q_question": ("Question", "问题"),
    "tradeoff": (
        "Measured at {t}: {over} of the answerable questions are refused, {halluc} of the others are answered all the same.",
        "在 {t} 处实测：可答问题有 {over} 被拒答，不可答问题有 {halluc} 仍被回答。",
    ),
    "no_tradeoff": ("“make eval” measures what this does.", "运行“make eval”可测量其影响。"),
    # saved conversations
    "rename": ("Rename", "重命名"),
    "seek_saved": ("Search conversations", "搜索对话"),
    "none_found": ("None of them has these words.", "没有包含这些词的对话。"),
    # an answer under an address of its own
    "link": ("Copy link", "复制链接"),
    "shared_link": ("Link to this answer", "此回答的链接"),
    "shared_who": (
        "Whoever may open this page can read the answer there as it is now, without the chat. "
        "Delete the conversation to take it back.",
        "凡能打开本页面的人，都可以在那里阅读此回答的现有内容，无需进入对话。删除该对话即可收回链接。",
    ),
    "shared_asked": ("Asked {date}", "提问日期：{date}"),
    "shared_markdown": ("Copy Markdown", "复制 Markdown"),
    "shared_print": ("Print or PDF", "打印或存为 PDF"),
    "shared_word": ("Word", "Word 文档"),
    "shared_file": ("Markdown file", "Markdown 文件"),
    "shared_tools": ("Take it along", "带走此回答"),
    "shared_language": ("English", "中文"),
    "shared_promise": (
        "Every quote stands in its document sign by sign, as it was when this was asked.",
        "每一处引文均与提问时文件中的原文逐字一致。",
    ),
    "shared_none": ("No answer here", "此处没有回答"),
    "shared_gone": (
        "There is no answer under this address, or whoever asked has deleted it.",
        "此地址下没有回答，或提问者已将其删除。",
    ),
    "shared_login": (
        "This page asks for a login: log in, then open the link again.",
        "本页面需要登录：请先登录，再打开此链接。",
    ),
    "shared_back": ("To the page", "前往主页"),
    # said by the script
    "copied": ("Copied", "已复制"),
    "cannot_copy": ("The browser does not allow copying", "浏览器不允许复制"),
    "saved": ("Saved", "已保存"),
}
_REASONS = {
    "It is no statement.": "这不是一条陈述。",
    "It is written in another language.": "它是用另一种语言写的。",
    "Nothing in the evidence says so.": "证据中没有这样说。",
    "It does not keep to the words of the passage.": "它没有紧扣原文的措辞。",
    "The sentence breaks off.": "句子没有写完。",
    "Too little of the sentence is in the evidence.": "句子的内容大多不在证据中。",
}
"""Why a statement is left out, as the program says it most often; what a judge says is the judge's."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words in one language: `words("stop")`."""

    language: str = "en"

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key with its values filled in; a key that is not listed is its own words."""
        pair = _WORDS.get(key)
        if pair is None:
            return key
        return pair[LANGUAGES.index(self.language)].format(**values)

    def reason(self, sentence: str) -> str:
        """Why a statement is left out, in this language where that is known."""
        return _REASONS.get(sentence, sentence) if self.language == "zh" else sentence

    def day(self, date: str) -> str:
        """A date as sources have it (`2021-03-05`, `2021-03`, `2021`) -> the same as people write it."""
        if self.language == "en":
            return spelled(date)
        found = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", date)
        signs = zip(found.groups(), "年月日", strict=True) if found else ()
        return "".join(f"{int(part)}{sign}" for part, sign in signs if part) or date

    def tongue(self, code: str) -> str:
        """A language by its code; a code that is not known here is its own name."""
        key = f"language_{code.partition('-')[0].lower()}"
        return self(key) if key in _WORDS else code

    def count(self, one: str, many: str, number: int) -> str:
        """The words for one, or those for a number of things."""
        return self(one) if number == 1 else self(many, n=number)


def words_for(chosen: str, accepted: str) -> Words:
    """What was chosen and the browser's `Accept-Language` -> words in the language that was chosen, else the first of the
    browser's that there are words for."""
    wanted = [chosen, *(part.split(";")[0].strip() for part in accepted.split(","))]
    found = (code for want in wanted for code in LANGUAGES if want.lower().startswith(code))
    return Words(next(found, "en"))


def translations() -> Mapping[str, dict[str, str]]:
    """By language, for Gradio's own translation of labels."""
    return {code: {key: pair[n] for key, pair in _WORDS.items()} for n, code in enumerate(LANGUAGES)}
