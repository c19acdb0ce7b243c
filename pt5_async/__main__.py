"""``python -m pt5_async`` is the command pt5-async."""

from .cli.app import main

if __name__ == "__main__":
    main()
