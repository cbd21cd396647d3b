"""The page on its own: letters that mean something in HTML are letters."""

from __future__ import annotations

import html
import re

from elman.data import Vocabulary
from elman.models import LanguageModel
from elman.probe.report import inspect
from elman.probe.report.page import LEVELS, to_html


def test_text_and_names_are_escaped_and_shades_are_steps():
    text = '<b>"&amp;" </b>\n' * 3
    vocabulary = Vocabulary.of(text)
    model = LanguageModel("gru", len(vocabulary), 5)
    found = inspect(model, vocabulary, text, name="<run>")
    page = to_html(found, whole=True)
    assert "<run>" not in page and "&lt;run&gt;" in page
    inner = page.split("<pre>")[1].split("</pre>")[0]
    assert html.unescape(re.sub(r"</?i[^>]*>", "", inner)) == text
    levels = {int(level) for level in re.findall(r'class="[np](\d+)"', inner)}
    assert levels and max(levels) == LEVELS
