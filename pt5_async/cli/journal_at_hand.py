"""Whether a command beside ``upload`` has a journal to go by."""

from dataclasses import replace

from .beside import Asked
from .state import trouble_with


def with_a_journal(asked: Asked, *, only_read: bool) -> Asked:
    """Do without one where nobody named a folder and none can be had."""
    folder = asked.settings.state
    if folder is None or asked.state_named:
        return asked
    trouble = trouble_with(folder, dry_run=only_read)
    if trouble is None:
        return asked
    said = f"no journal is {'read' if only_read else 'kept'}: {trouble}"
    found: Asked = replace(
        asked,
        settings=replace(asked.settings, state=None),
        warnings=(*asked.warnings, said),
    )
    return found
