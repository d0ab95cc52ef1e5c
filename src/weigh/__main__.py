"""``python -m weigh``: the command ``weigh``."""

from weigh.cli import main

if __name__ == "__main__":
    main()
