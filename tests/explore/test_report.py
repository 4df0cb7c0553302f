"""The report page is made from the recorded results alone."""

import json
from html.parser import HTMLParser

import pytest

from eda.errors import InputError
from eda.explore.report import write_report


def point(**changes):
    base = {
        "name": "tdm <sklansky>",
        "source": "eda",
        "recipe": "speed",
        "delay_ps": 900.0,
        "area_um2": 2000.0,
        "power_mw": None,
        "cells": 1200,
        "proof": {"status": "proven", "method": "certificate", "detail": ""},
    }
    return base | changes


class Balanced(HTMLParser):
    """Checks that tags close in order."""

    VOID = ("meta", "br", "link")

    def __init__(self):
        super().__init__()
        self.stack = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        return

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag


def test_page_is_self_contained_and_marks_the_front(tmp_path):
    points = [point(), point(name="dominated", delay_ps=950.0, area_um2=2500.0, source="yosys")]
    (tmp_path / "results.json").write_text(json.dumps({"title": "16x16", "points": points, "environment": {"pdk": "x"}}))
    page = write_report(tmp_path).read_text()
    Balanced().feed(page)
    assert page.count("<tr class=front>") == 1
    assert "tdm &lt;sklansky&gt;" in page
    assert "<svg" in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    ).replace("https://matplotlib.org", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"results.json:1: expected JSON"),
        ("[]", "expected an object with a list 'points'"),
        ('{"points": [{"name": "x"}]}', "point 0 has no 'source'"),
    ],
)
def test_broken_results_are_refused_and_an_older_report_stays(tmp_path, text, message):
    (tmp_path / "results.json").write_text(text)
    (tmp_path / "report.html").write_text("older")
    with pytest.raises(InputError, match=message):
        write_report(tmp_path)
    assert (tmp_path / "report.html").read_text() == "older"
