"""`manage.py verify_draw FILE`: the check of the stand-alone script, with its arguments, words and exit status."""

import sys
from typing import Any

from django.core.management import BaseCommand, CommandParser

from prizes import fair_draw


class Command(BaseCommand):
    help = "Recomputes a draw from its record and says of each step whether it is right."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("proof", help="The record, a JSON file; - reads standard input.")
        parser.add_argument("--fingerprint", help="What a screen or a phone showed at the commit.")
        parser.add_argument("--entry", metavar="ID", help="Find this participant's entry and its place.")

    def handle(self, *args: Any, proof: str, fingerprint: str | None, entry: str | None, **options: Any) -> None:
        arguments = [proof]
        arguments += ["--fingerprint", fingerprint] if fingerprint is not None else []
        arguments += ["--entry", entry] if entry is not None else []
        sys.exit(fair_draw.main(arguments))
