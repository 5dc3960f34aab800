"""The command `lamella`."""

from lamella.cli.main import main as main
