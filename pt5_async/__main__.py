"""The command pt5-async, also as ``python -m pt5_async``."""

import gc
import sys


def main() -> None:
    """Run the command; a Ctrl-C while it still loads is no traceback."""
    # Loading makes many objects and no garbage: looking for it takes 50 ms.
    # Whoever runs a loop switches that on again.
    gc.disable()
    # Nor are the dozen that a walk makes for each bin in any cycle: over a
    # million files a quarter of the time went into looking for some.
    gc.set_threshold(20_000, 20, 20)
    try:
        from .cli.app import main as command  # noqa: PLC0415 - see above

        command()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
