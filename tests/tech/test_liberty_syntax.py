"""Liberty text into nested groups."""

import pytest

from eda.errors import InputError
from eda.tech.liberty_syntax import Source, parse_library, split


def parse(text):
    return parse_library(Source(text, "a.lib"))


def test_groups_and_attributes_nest():
    library = parse('library (l) { a : 1; cell ("x") { b (1, "two"); pin (p) { c : "three"; } } }')
    cell = next(library.each("cell"))
    assert library.get("a") == "1"
    assert cell.arguments() == ["x"]
    assert split(cell.get("b")) == ["1", "two"]
    assert next(cell.each("pin")).get("c") == "three"


def test_the_semicolon_may_be_missing_at_the_end_of_a_line_or_group():
    library = parse("library (l) {\n  a : 1\n  cell (x) { b : 2 }\n}")
    assert library.get("a") == "1"
    assert next(library.each("cell")).get("b") == "2"


def test_a_line_may_go_on_after_a_backslash():
    library = parse('library (l) { \\\n values ( \\\n "1, 2", \\\n "3, 4" \\\n ); }')
    assert split(library.get("values")) == ["1, 2", "3, 4"]


def test_comments_are_blanks_but_not_within_strings():
    library = parse('/* a : { */ library (l) { // b : 1;\n c : "no // comment /* here"; /* d : 1; */ e /* x */ : 2; }')
    assert library.get("c") == "no // comment /* here"
    assert library.get("e") == "2"
    assert set(library.attrs) == {"c", "e"}


def test_a_string_may_hold_quotes_braces_and_semicolons():
    library = parse(r'library (l) { a : "x \" ; } y"; b : 1; }')
    assert library.get("a") == r"x \" ; } y"
    assert library.get("b") == "1"


def test_quoted_names_are_names():
    assert next(parse('"library" (l) { "cell" ("a b") { } }').each("cell")).arguments() == ["a b"]


def test_the_last_of_equal_attributes_stays():
    assert parse("library (l) { a : 1; a : 2; }").get("a") == "2"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "expected 'library .NAME. {', found the end of the file"),
        ("cell (x) { }", 1, "expected 'library .NAME. {', found 'cell"),
        ("library (l) {\n", 2, "expected '}' to close the group 'library .l.' of line 1"),
        ("library (l) {\n cell (x) {\n }\n", 4, "expected '}' to close the group 'library"),
        ("library (l) { }\n}", 2, "found '}' without a matching '{'"),
        ("library (l) { }\nlibrary (m) { }", 2, "expected the end of the file after the library, found 'library'"),
        ('library (l) {\n  a : "open;\n}', 2, "expected '\"' to close this string"),
        ("library (l) {\n  ? ;\n}", 2, "found '[?]"),
        ("library (l) {\n/* open", 2, "expected '[*]/' to close this comment"),
        ("library (l) {\n  values (1, 2\n}", 2, "expected an attribute, a group or '}', found 'values"),
    ],
)
def test_malformed_text_is_refused_with_its_line(text, line, message):
    with pytest.raises(InputError, match=message) as e:
        parse(text)
    assert (e.value.file, e.value.line) == ("a.lib", line)
