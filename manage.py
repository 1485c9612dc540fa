#!/usr/bin/env python3
"""Django's command line for the Event Platform."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "platform_site.settings")
    if not os.environ.get("DEBUG") and not os.environ.get("DATABASE_URL"):
        # A bare checkout: somebody tries the product or works on it.
        os.environ["DEBUG"] = "on"
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
