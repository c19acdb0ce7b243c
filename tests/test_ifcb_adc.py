import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import bins

from pt5_async.ifcb.adc import Rows, count_rows, ends_whole, newest_extent
from pt5_async.ifcb.names import Pid, Style
from pt5_async.ifcb.synthetic import BinBytes

NEW, OLD = Style.NEW, Style.OLD


def new_row(
    trigger: object,
    width: object = 0,
    height: object = 0,
    start: object = 0,
    *,
    fields: int = 24,
    end: str = "\n",
) -> bytes:
    """A new-style row with nothing in the columns that do not matter."""
    values = [trigger, *["1.5"] * 14, width, height, start, *["0"] * 9]
    return (",".join(map(str, values[:fields])) + end).encode("latin-1")


def old_row(
    trigger: object, width: object, height: object, start: object
) -> bytes:
    values = [trigger, *["-.25"] * 10, width, height, start, "-.5"]
    return (",".join(map(str, values)) + ",\n").encode("latin-1")


TABLE = b"".join(
    [
        new_row(1),
        new_row(2, 10, 5, 0),
        new_row(2, 4, 4, 50),
        new_row(3),
        new_row(4, 3, 2, 66),
        new_row(5),
    ]
)


def test_a_table_is_counted_by_rows_images_and_different_triggers() -> None:
    assert count_rows(TABLE, NEW) == Rows(
        rows=6, rois=3, triggers=5, extent=72, odd=0, cut=False
    )


def test_the_newest_image_tells_how_long_the_roi_is() -> None:
    assert newest_extent(TABLE, NEW) == 72


def test_old_tables_keep_the_same_in_other_columns_from_byte_1() -> None:
    table = old_row(1, 10, 5, 1) + old_row(2, 4, 4, 51) + old_row(3, 0, 0, 67)
    assert newest_extent(table, OLD) == 67
    assert count_rows(table, OLD) == Rows(
        rows=3, rois=2, triggers=3, extent=67, odd=0, cut=False
    )


def test_windows_line_ends_change_nothing() -> None:
    table = TABLE.replace(b"\n", b"\r\n")
    assert count_rows(table, NEW) == count_rows(TABLE, NEW)
    assert newest_extent(table, NEW) == 72


@pytest.mark.parametrize("fields", [18, 23, 24, 26])
def test_rows_of_any_length_up_to_the_start_column_are_read(
    fields: int,
) -> None:
    table = new_row(1, 10, 5, 0, fields=fields) * 2
    assert count_rows(table, NEW).rois == 2
    assert newest_extent(table, NEW) == 50
    assert ends_whole(table, NEW)


@pytest.mark.parametrize("value", ["160", "160.0", "1.6e2", "1.6E+02", " 160"])
def test_numbers_are_read_however_they_are_written(value: str) -> None:
    assert newest_extent(new_row(1, value, 2, 0), NEW) == 320


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "NaN",
        "inf",
        "-5",
        "x",
        "1_6",
        "2.5",
        "9" * 400,
        "1e300",
        "\xff",
    ],
)
@pytest.mark.parametrize("column", [0, 1, 2])
def test_a_row_whose_place_is_no_number_is_odd(
    value: str, column: int
) -> None:
    place: list[object] = [10, 5, 0]
    place[column] = value
    row = new_row(1, *place)
    assert newest_extent(row, NEW) is None
    counted = count_rows(new_row(1, 4, 4, 0) + row + new_row(3), NEW)
    assert (counted.odd, counted.rois, counted.cut) == (1, 1, False)


def test_two_negative_sides_make_no_image() -> None:
    assert count_rows(new_row(1, -4, -4, 0), NEW).odd == 1


@pytest.mark.parametrize(
    ("width", "height"), [(0, 0), (5, 0), (0, 5), ("0.0", 5)]
)
def test_a_row_without_width_or_height_has_no_image(
    width: object, height: object
) -> None:
    counted = count_rows(new_row(1, width, height, 9), NEW)
    assert (counted.rois, counted.odd, counted.extent) == (0, 0, 0)


def test_a_row_that_ends_before_its_start_column_is_odd() -> None:
    row = new_row(1, 5, 5, fields=17)
    assert count_rows(row, NEW).odd == 1
    assert newest_extent(row, NEW) is None


def test_an_odd_row_behind_the_newest_image_hides_it() -> None:
    assert newest_extent(TABLE + new_row(6, "NaN"), NEW) is None


def test_where_no_image_starts_does_not_matter() -> None:
    row = new_row(1, 0, 0, "NaN")
    assert count_rows(row, NEW).odd == 0


def test_bogus_times_in_the_last_row_are_nobodys_business() -> None:
    bogus = new_row(2).replace(b"0,0\n", b"9.336713E+09,-1\n")
    assert bogus.endswith(b",9.336713E+09,-1\n")
    assert count_rows(new_row(1, 4, 4, 0) + bogus, NEW) == Rows(
        rows=2, rois=1, triggers=2, extent=16, odd=0, cut=False
    )


def test_a_blank_line_is_an_odd_row() -> None:
    counted = count_rows(b"\n" + TABLE, NEW)
    assert (counted.rows, counted.odd, counted.rois) == (7, 1, 3)


def test_without_an_image_there_is_no_newest() -> None:
    assert newest_extent(new_row(1) + new_row(2), NEW) is None
    assert newest_extent(b"", NEW) is None


def test_an_unfinished_last_line_is_cut_and_counts_as_a_row_alone() -> None:
    table = TABLE + new_row(6, 100, 100, 72)[:-1]
    assert count_rows(table, NEW) == Rows(
        rows=7, rois=3, triggers=5, extent=72, odd=0, cut=True
    )
    assert newest_extent(table, NEW) is None


def test_a_last_row_with_fewer_fields_than_the_first_is_cut() -> None:
    table = TABLE + new_row(6, fields=20)
    assert not ends_whole(table, NEW)
    assert count_rows(table, NEW).cut


def test_a_last_row_without_the_optional_fields_of_the_first_is_whole() -> (
    None
):
    long = new_row(1, fields=24, end=",21.5,1772000\n")
    assert ends_whole(long + new_row(2), NEW)
    assert not ends_whole(long + new_row(2, fields=23), NEW)


def test_an_old_row_without_its_last_comma_is_whole() -> None:
    table = old_row(1, 4, 4, 1)
    assert ends_whole(table + table[:-2] + b"\n", OLD)
    assert not ends_whole(table + table[:-6] + b"\n", OLD)


def test_a_table_without_a_byte_is_not_cut() -> None:
    assert count_rows(b"", NEW) == Rows(
        rows=0, rois=0, triggers=0, extent=0, odd=0, cut=False
    )


@settings(deadline=None)
@given(bins())
def test_the_newest_image_is_also_the_one_that_reaches_furthest(
    made: tuple[Pid, BinBytes],
) -> None:
    pid, files = made
    counted = count_rows(files.adc, pid.style)
    assert newest_extent(files.adc, pid.style) == (counted.extent or None)
    assert counted.odd == 0
    assert not counted.cut


@given(
    st.binary()
    | st.lists(
        st.sampled_from([b",", b",,,,,,,,", b"\n", b"\r\n", b"1", b"NaN"])
        | st.sampled_from([b"1e9", b"-", b"\0", b"\xff", b"1,1,1,1,1,1"])
    ).map(b"".join),
    st.sampled_from(Style),
)
def test_no_bytes_make_it_raise(data: bytes, style: Style) -> None:
    counted = count_rows(data, style)
    assert 0 <= counted.odd + counted.rois <= counted.rows
    extent = newest_extent(data, style)
    assert extent is None or 0 < extent <= counted.extent
