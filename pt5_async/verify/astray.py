"""The keys that another layout would give to a bin's files. Pure."""

from ..ifcb.layout import Layout, arranged
from ..model import Job


def stems(job: Job, layout: Layout) -> dict[str, Layout]:
    """The bin's key, without an extension, in each layout but `layout`.

    Where two of them give the same, the first counts; what is the bin's
    own key is none of them.
    """
    first, found = job.items[0], dict[str, Layout]()
    relative = first.file.relative
    own = arranged(layout, relative, job.pid)
    prefix = first.key[: len(first.key) - len(own)]
    for other in Layout:
        name = arranged(other, relative, job.pid)
        if name != own and job.pid is not None:
            found.setdefault(f"{prefix}{name[:-4]}", other)
    return found
