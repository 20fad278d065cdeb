"""Questions and texts about anything: what a cosine is before two texts have to do with each other.

All are about everyday things, so that none of them is what a folder of documents is about; question n in one language is
question n in the other, text n answers it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from ingest.catalogue import Vector
from ingest.models import Embedder, Vectors

QUESTIONS: Mapping[str, Sequence[str]] = {
    "en": (
        "Which river is the longest in the world?",
        "How do I get a grease stain out of a shirt?",
        "In which year was the bridge completed?",
        "Who invented the telephone?",
        "What was the company's net profit last year?",
        "How many hours a day does a cat sleep?",
        "Who directed the film?",
        "What should patients with high blood pressure avoid?",
        "When may the contract be terminated?",
        "Why is the sky blue?",
        "What was the final score of the match?",
        "How many people live in the province?",
        "When do the school holidays begin?",
        "Which measures did the government take to protect the environment?",
        "Can I get a refund for a train ticket?",
        "How does photosynthesis work?",
    ),
    "zh": (
        "世界上最长的河流是哪一条？",
        "怎样去除衣服上的油渍？",
        "这座大桥是哪一年建成的？",
        "谁发明了电话？",
        "公司去年的净利润是多少？",
        "猫一天要睡几个小时？",
        "这部电影的导演是谁？",
        "高血压患者应该注意什么？",
        "合同可以在什么情况下解除？",
        "为什么天空是蓝色的？",
        "比赛最后的比分是多少？",
        "这个省有多少人口？",
        "学校什么时候开始放假？",
        "政府采取了哪些措施来保护环境？",
        "火车票可以退吗？",
        "光合作用是如何进行的？",
    ),
}
TEXTS: Mapping[str, Sequence[str]] = {
    "en": (
        "The Nile flows through eleven countries and into the Mediterranean.",
        "Wash the rice first, soak it for half an hour, then cook it over a low heat for twenty minutes.",
        "The bridge is 3,200 metres long and was opened to traffic after five years.",
        "Bell was granted the patent for the telephone in 1876.",
        "The company's revenue grew by 8.4 percent over the year, and net profit fell slightly.",
        "Cats are active at night and spend most of the day asleep.",
        "The film won three awards after it was shown in its own country.",
        "Patients should eat less salt, take their medicine on time and measure their blood pressure regularly.",
        "Where one party does not perform its main obligations, the other may terminate the contract.",
        "Light of short wavelengths is scattered more easily in the atmosphere.",
        "The home team scored the winner in the last minute and won two to one.",
        "The province has 46 million residents, six in ten of whom live in towns.",
        "The winter holidays begin in the middle of January, and school starts again at the end of February.",
        "We will step up pollution control, promote green development and improve people's lives.",
        "Passengers have to return the ticket before departure and pay a small fee.",
        "Plants use sunlight to turn carbon dioxide and water into sugar.",
    ),
    "zh": (
        "尼罗河流经十一个国家，最后注入地中海。",
        "先把米洗净，加水浸泡半小时，再用小火煮二十分钟。",
        "大桥全长三千二百米，历时五年建成通车。",
        "贝尔于1876年取得了电话的专利。",
        "公司全年营业收入增长8.4%，净利润略有下降。",
        "猫是夜间活动的动物，白天大部分时间都在睡觉。",
        "影片在国内上映后获得了三个奖项。",
        "患者应当少吃盐，按时服药，定期测量血压。",
        "当事人一方不履行主要义务的，另一方可以解除合同。",
        "短波长的光在大气中更容易散射。",
        "主队在最后一分钟攻入制胜球，以二比一获胜。",
        "全省常住人口为四千六百万人，其中城镇人口占六成。",
        "寒假从一月中旬开始，二月底开学。",
        "要加强污染防治，推动绿色发展，改善人民生活。",
        "乘客须在开车前办理退票手续，并支付少量手续费。",
        "植物利用阳光把二氧化碳和水转化为糖。",
    ),
}


class Background:
    """The mean vectors under one embedding model; each is made when it is first asked for (half a second)."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._means: dict[tuple[str, str], Vector] = {}
        self._lock = threading.Lock()

    def questions(self, language: str) -> Vector:
        """The mean of questions in a language, English for an unknown one."""
        return self._mean("questions", language, self._embedder.queries, QUESTIONS)

    def texts(self, language: str) -> Vector:
        """The mean of texts in a language, English for an unknown one."""
        return self._mean("texts", language, self._embedder.passages, TEXTS)

    def _mean(
        self, kind: str, language: str, embedded: Callable[[Sequence[str]], Vectors], of: Mapping[str, Sequence[str]]
    ) -> Vector:
        language = language if language in of else "en"
        with self._lock:
            if (kind, language) not in self._means:
                self._means[kind, language] = embedded(list(of[language])).mean(axis=0)
            return self._means[kind, language]
