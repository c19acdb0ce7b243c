"""Whether a verification has a journal to go by."""

from dataclasses import replace

from .state import trouble_with
from .verify_asked import ToVerify


def with_a_journal(asked: ToVerify) -> ToVerify:
    """Do without one where nobody named a folder and none can be read."""
    folder = asked.settings.state
    if folder is None or asked.state_named:
        return asked
    only_read = not (asked.fix or asked.abort)
    trouble = trouble_with(folder, dry_run=only_read)
    if trouble is None:
        return asked
    said = f"no journal is {'read' if only_read else 'kept'}: {trouble}"
    return replace(
        asked,
        settings=replace(asked.settings, state=None),
        warnings=(*asked.warnings, said),
    )
