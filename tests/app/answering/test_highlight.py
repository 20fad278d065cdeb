"""What is set in bold: the figure, date or name that was asked for, and nothing where that is in doubt."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answering.highlight import highlight
from app.answers import Answer
from app.cli.asking import as_text
from app.query.understand import understand
from app.sentences import Citation, Sentence
from app.store.records import make_record, public, read_record
from app.text.spans import find_spans
from app.ui.render import sentences_html
from app.ui.words import Words


def bold_in(question, sentence):
    return highlight(question, sentence, understand(question).answer_type)


ROBOTS = "China made 556,000 industrial robots in 2024, 14.2 percent more than in 2023."
CENTRE = "Centre: Hefei (合肥); Region: Anhui; Approval by NDRC and MOST: 10 January 2017"
DENSITY = "Country: China; 2020: 246; 2021: 322; 2023: 470"
PANEL = "Xi Jinping headed the drafting panel, and Li Keqiang was its deputy head."
FUND = "The third phase has a registered capital of 344 billion yuan and was founded on 24 May 2024."
SPENDING = "Hefei's science spending rose from 151 billion yuan in 2020 to 245 billion yuan in 2024, by 12.9 percent a year."
STEEL = "Steel output fell by 1.7 percent to 1,005 million tonnes, and cement output fell by 9.5 percent."


@pytest.mark.parametrize(
    ("question", "sentence", "bold"),
    [
        # counts: the noun that is counted decides
        ("How many robots were made in China in 2024?", ROBOTS, "556,000"),
        ("How many industrial robots did the country build?", ROBOTS, "556,000"),
        ("How many firms are on the list?", "The list names 68 affiliates of Huawei and 10 of SMIC's officers.", None),
        ("How many people work there?", "It has 17 laboratories and more than 3,000 staff.", "more than 3,000"),
        ("How many ministries signed?", "Fifteen departments signed the plan of 28 December 2021.", "Fifteen"),
        ("How many indicators are binding?", "Of the 20 indicators, eight are binding.", "eight"),
        ("How many people live in Hefei?", "Hefei has 26 universities.", None),
        ("How many chapters does it have?", "It has 19 parts and 65 chapters.", "65"),
        ("What number of cities took part?", "By 2023 some 29 cities had joined.", "some 29"),
        ("How many companies had listed by mid-October 2020?", "By 13 October 2020, 36 firms had listed on ChiNext.", "36"),
        # money and other figures
        ("How much registered capital does the third phase have?", FUND, "344 billion yuan"),
        (
            "How much money did the listing raise?",
            "The listing raised 53.2 billion yuan on 16 July 2020.",
            "53.2 billion yuan",
        ),
        ("How big is the science city?", "The science city covers 94 square kilometres.", "94 square kilometres"),
        ("What sum was put aside?", "ZTE put 400 million US dollars aside in escrow.", "400 million US dollars"),
        ("How dense were robots in 2020?", DENSITY, "246"),
        ("What did Hefei spend on science in 2024?", SPENDING, "245 billion yuan"),
        ("深圳2020年研发投入是多少？", SPENDING, "151 billion yuan"),
        ("What did Hefei spend it on?", SPENDING, None),
        ("How large is the fund?", "The three largest holders of the fund are banks.", None),
        ("How many people sat in the hall?", "In the hall, 198 members were present.", "198"),
        ("How dense were robots in 2023?", DENSITY, None),
        ("How much did it cost?", "It was opened on 22 July 2019.", None),
        # shares
        (
            "What share of sales came from China?",
            "China brought 46 percent of sales in 2023, or 2.4 billion euros.",
            "46 percent",
        ),
        ("By how much did cement output fall?", STEEL, None),
        ("What percentage should growth reach?", "Growth should exceed 7 percent a year.", "exceed 7 percent"),
        ("How much of the equipment does China supply?", "China supplies almost 10 percent of it.", "almost 10 percent"),
        ("What share of voters took part?", "The plan has 19 parts.", None),
        ("What share works there?", "It grew from 12 percent in 2016 to 15.9 percent.", None),
        ("What share of the firms exports?", "About one third of the firms exports.", "About one third"),
        # how long
        ("How long is the line?", "The line of 2,000 kilometres was opened in 2017.", "2,000 kilometres"),
        ("How long did the plasma hold?", "On 20 January 2025 the plasma held for 1,066 seconds.", "1,066 seconds"),
        ("For how long?", "It denied export privileges for seven years.", "seven years"),
        # dates and years
        ("When did William invade Scotland?", "William invaded Scotland in 1072 and met his fleet.", "1072"),
        ("How many firms took part?", "In 1072 firms took part.", "1072"),
        ("When did the Yuan begin?", "It began on 18 December 1271, say the chronicles.", "18 December 1271"),
        ("When was the centre approved?", CENTRE, "10 January 2017"),
        ("When was the third phase founded?", FUND, "24 May 2024"),
        ("Since when may they no longer help?", "The rule took effect on 12 October 2022.", "12 October 2022"),
        ("On what day did the Outline come out?", "The Outline was published on 13 March 2021.", "13 March 2021"),
        ("In which year did China join?", "China joined ITER in 2006.", "2006"),
        ("By when should emissions peak?", "Emissions are to peak before 2030.", "2030"),
        ("When did Made in China 2025 appear?", "Made in China 2025 appeared on 19 May 2015.", "19 May 2015"),
        ("When did it happen in 2019?", "It happened in 2019.", None),
        ("When was it built?", "It was begun on 1 May 2019 and finished on 3 June 2020.", None),
        # names
        ("Who headed the panel?", PANEL, "Xi Jinping"),
        ("Who was the deputy?", PANEL, None),
        (
            "Which company built the computer?",
            "The computer was built by Origin Quantum (本源量子).",
            "Origin Quantum (本源量子)",
        ),
        ("Who approved the third phase?", "The third phase was approved.", None),
        ("Which city spent most?", "Of China's regions the highest share was 6.58 percent in Beijing.", None),
        ("Which city is home to Huawei?", "Huawei has its seat in Shenzhen.", "Shenzhen"),
        # Chinese
        ("合肥有多少人口？", "2023年底合肥常住人口985.3万人。", "985.3万人"),
        ("这条线路有多长？", "线路全长2000公里，2017年开通。", "2000公里"),
        ("规划是什么时候发布的？", "规划于2021年12月28日发布。", "2021年12月28日"),
        ("哪一年加入的？", "中国2006年加入该项目。", "2006"),
        ("占比是多少？", "占全国的12.1%。", "12.1%"),
        ("2021年合肥占全国量子专利的比例是多少？", "Hefei held 12.1 percent of the patents in 2021.", "12.1 percent"),
        ("有多少家公司？", "园区有一百多家公司。", "一百多家"),
        # no kind that can be marked
        ("Why was the centre founded?", FUND, None),
        ("What is Hefei for?", CENTRE, None),
        ("为什么建这个中心？", "中心于2017年1月10日批准。", None),
        ("Tell me what happened when it opened in 2019.", "It opened on 22 July 2019.", None),
    ],
)
def test_what_is_set_in_bold(question, sentence, bold):
    span = bold_in(question, sentence)
    assert (span and sentence[slice(*span)]) == bold


def test_a_follow_up_says_itself_what_it_asks_for():
    both = "How much capital does the third phase have? When was it founded?"
    span = highlight(both, FUND, understand("When was it founded?").answer_type)
    assert span is not None
    assert FUND[slice(*span)] == "24 May 2024"


@given(st.text(), st.text())
def test_a_span_lies_within_its_sentence(question, sentence):
    for text in (question, "How many dogs? " + question, "Who? " + question):
        span = bold_in(text, sentence)
        assert span is None or 0 <= span[0] < span[1] <= len(sentence)


@pytest.mark.parametrize("kind", ["count", "figure", "share", "duration", "date", "year", "name"])
@given(st.text(alphabet="0123456789,.%年月日 aAB-–/:三亿 percent"))
def test_things_stand_in_order_and_apart(kind, text):
    spans = find_spans(kind, text)
    assert all(a < b for a, b in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


CITED = Citation(1, "d", "T", "", "Output was\n 5 <b> in 2024.", 0, 26, "en", ())
SENTENCE = Sentence("Output was\n 5 <b> in 2024.", (1,), (12, 13))


def test_it_is_bold_on_the_page_and_in_a_terminal_and_a_span_in_the_public_object():
    answer = Answer("q", "q", "answered", (replace(SENTENCE, highlight=None), SENTENCE), (CITED,))
    page = sentences_html(answer, 1, lambda _: None, Words("en"))
    assert page.count("<strong>5</strong>") == 1
    assert "<b>" not in page
    found = public(Answer("q", "q", "answered", (SENTENCE,), (CITED,)))
    assert found["sentences"] == [{"text": SENTENCE.text, "citations": [1], "emphasis": [12, 13]}]
    assert "\x1b[1m5\x1b[0m <b> in 2024. [1]" in as_text(found)
    assert "emphasis" not in public(replace(SENTENCE, highlight=None))


@pytest.mark.parametrize("sentence", [SENTENCE, replace(SENTENCE, highlight=None)])
def test_a_kept_answer_keeps_it(sentence):
    record = make_record(Answer("q", "q", "answered", (sentence,), (CITED,)), 0.25, "index", lambda _: None)
    assert read_record(record.to_dict()).answer.sentences == (sentence,)


@pytest.mark.parametrize(
    ("question", "sentence", "bold"),
    [
        (
            "Who led science in 2026?",
            "Person and office: Yin Hejun, minister in 2026; Part in plans: announced one",
            "Yin Hejun",
        ),
        (
            "Who issued the tea plan?",
            "The National Steel and Rice Commission (NSRC) issued the tea plan on 10 May.",
            "National Steel and Rice Commission",
        ),
        ("Who issued the tea plan?", "The tea plan was issued by Huawei and Tencent.", "Huawei"),
    ],
)
def test_a_heading_is_no_name_and_a_body_is_named_whole(question, sentence, bold):
    span = bold_in(question, sentence)
    assert span is not None
    assert sentence[slice(*span)] == bold


def test_how_many_did_something_is_named_with_what_they_are():
    sentence = "Fifteen departments issued the robot plan in 2021."
    assert bold_in("Who issued the robot plan?", sentence) == (0, len("Fifteen departments"))


def test_who_did_what_introduces_a_list_is_no_item_of_it():
    text = "Southern Daily counted two cities: Cuiheng in Zhongshan"
    question = understand("Who counted the cities?")
    assert highlight(question.standalone, text, question.answer_type, text.index("Cuiheng")) is None


def test_what_introduces_an_item_is_not_set_in_bold():
    question = understand("When did it open?")
    text = "In May 2019 two things were planned: the opening on 22 July 2019"
    span = highlight(question.standalone, text, question.answer_type, text.index("the opening"))
    assert span is not None
    assert text[slice(*span)] == "22 July 2019"
    assert highlight(question.standalone, text, question.answer_type, len(text) - 3) is None
