"""A listing's page, read from its bytes, against what botocore makes of it."""

from datetime import UTC, datetime
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pt5_async.model import Listed
from pt5_async.s3.pages import Page, page_of, take, taking
from pt5_async.s3.usual import taken_out

AMAZON = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
WHEN = datetime(2026, 1, 1, 10, tzinfo=UTC)


def item(key: str = "p/a", *, size: str = "1", space: str = "") -> str:
    return (
        f"<{space}Contents><Key>{key}</Key>"
        "<LastModified>2026-01-01T10:00:00.000Z</LastModified>"
        f"<ETag>&quot;e&quot;</ETag><Size>{size}</Size>"
        f"<StorageClass>STANDARD</StorageClass></{space}Contents>"
    )


RESULT = "ListBucketResult"


def body(inner: str, *, name: str = RESULT, more: str = "") -> bytes:
    end = "<IsTruncated>false</IsTruncated>"
    if more:
        token = f"<NextContinuationToken>{more}</NextContinuationToken>"
        end = f"<IsTruncated>true</IsTruncated>{token}"
    text = f"<{name} {AMAZON}>{inner}{end}</{name}>"
    return f"<?xml version='1.0'?>{text}".encode()


def test_a_page_has_its_objects_its_groups_and_where_to_go_on() -> None:
    group = "<CommonPrefixes><Prefix>p/x/</Prefix></CommonPrefixes>"

    page = page_of(body(item() + item("p/b&amp;c") + group, more="t"))

    assert page == Page(
        truncated=True,
        token="t",
        objects=[
            Listed("p/a", 1, "e", WHEN),
            Listed("p/b&c", 1, "e", WHEN),
        ],
        prefixes=["p/x/"],
    )


def test_names_are_as_they_were_before_they_were_quoted() -> None:
    quoted = "<EncodingType>url</EncodingType>" + item("p/caf%C3%A9+1%2B%0A")

    page = page_of(body(quoted))
    plain = page_of(body(item("p/50%+1")))

    assert page is not None
    assert page.objects[0].key == "p/caf\u00e9 1+\n"
    assert plain is not None
    assert plain.objects[0].key == "p/50%+1"


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"<html>Log in</html>",
        body(item(), name="Error"),
        body(item(), name="ListVersionsResult"),
        body(item())[:-9],
        body(item(size="")),
        body(item(size="x")),
        body(item("")),
        body("<Contents/>"),
        body("<CommonPrefixes/>"),
        body(f'<o:Contents xmlns:o="other">{item()}</o:Contents>'),
        body(item(space="o:")).replace(b"<List", b'<List xmlns:o="o" ', 1),
        body(item()).replace(b"IsTruncated", b"IsIt"),
        body(item()).replace(b"2026-01", b"2026-31"),
    ],
)
def test_what_is_no_page_as_s3_makes_it_is_left_to_botocore(
    odd: bytes,
) -> None:
    assert page_of(odd) is None
    with taking() as taken:
        assert take(200, odd) == odd
    assert taken.page is None


def test_botocore_gets_an_empty_page_in_place_of_one_that_is_taken() -> None:
    whole = body(item())
    with taking() as taken:
        assert take(503, whole) == whole
        assert taken.page is None
        assert len(take(200, whole)) < 100
    assert taken.page is not None
    assert take(200, whole) == whole, "nobody asks for it any more"


PIECES = [
    item(),
    item("p/b", size="12345678901234567"),
    item("p/%2B+&amp;", size="0"),
    item("p/caf\u00e9").replace(
        "<Size>", "<ChecksumType>x</ChecksumType><Size>"
    ),
    item('p/"').replace("&quot;", '"'),
    item().replace("<StorageClass>STANDARD</StorageClass>", ""),
    item().replace("<ETag>&quot;e&quot;</ETag>", ""),
    item().replace("</Key>", "</Key><Owner><ID>x</ID></Owner>"),
    item("p/<![CDATA[a<b]]>"),
    item("p/a&#10;"),
    "<!-- <Contents>no</Contents> -->",
    "<Prefix>Contents&gt;</Prefix>",
    "<Other>" + item("p/inner") + "</Other>",
    "<CommonPrefixes><Prefix>p/x/</Prefix></CommonPrefixes>",
    "<EncodingType>url</EncodingType>",
    "\n  ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=6))
def test_both_ways_to_read_a_page_come_to_the_same(pieces: list[str]) -> None:
    whole = body("".join(pieces))
    # A blank before each tag is nothing to a parser, and no usual page.
    spread = whole.replace(b"<Contents>", b"<Contents >")

    page, other = page_of(whole), page_of(spread)

    assert taken_out(spread) is None
    if page is not None:
        assert page == other


def test_a_usual_page_is_read_without_a_parser_for_its_objects() -> None:
    whole = body("".join(item(f"p/{number}") for number in range(100)))

    taken = taken_out(whole)

    assert taken is not None
    assert len(taken[1]) == 100
    assert taken[0].count(b"Contents") == 1


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_any_name_that_xml_can_hold_comes_through(name: str) -> None:
    key = f"p/{name}"
    try:
        page = page_of(body(item(escape(key))))
    except ValueError:
        page = None
    if page is not None:
        assert page.objects[0].key == key


def test_objects_of_another_kind_of_name_are_left_to_botocore() -> None:
    inner = f"<Contents {AMAZON}><Key>p/a</Key></Contents>"
    text = f"<{RESULT}><IsTruncated>false</IsTruncated>{inner}</{RESULT}>"
    assert page_of(text.encode()) is None
