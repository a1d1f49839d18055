"""Run handouts from a checkout: ``python cli.py make …``. The installed command is ``handouts``."""

from handouts.commands import main

if __name__ == "__main__":
    main()
