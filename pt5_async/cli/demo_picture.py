"""The demo's report, where the library that draws it is installed."""

from ..errors import UsageError
from ..report import gather
from ..report.drawing import WAY_OUT, require
from ..report.making import HTML, html_of
from ..report.written import check_place, write_whole
from ..settings import Settings
from .demo_folder import DemoFolder
from .demo_words import no_report
from .report_words import said_of, written_line
from .words import Said


def pictured(place: DemoFolder) -> list[Said]:
    """Draw the page beside the tree; what is to be said of it. It blocks.

    Raises:
        UsageError: when it cannot be written.
    """
    try:
        require()
    except UsageError:
        return list(no_report(WAY_OUT))
    check_place(place.report, "the report", HTML)
    made = gather((place.tree,), settings=Settings(state=place.state))
    page = html_of(made)
    write_whole(place.report, page, "the report")
    return [*said_of(made), written_line(place.report, len(page))]
