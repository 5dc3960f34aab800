"""Reads the command line and calls the command."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from lamella._base import LamellaError
from lamella._base.version import __version__
from lamella.cli.demo import DATA_SETS, run_demo
from lamella.compat import run_script


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and gives the exit code.

    Args:
        arguments: words after the command's name, by default those of this process.
    """
    parser = argparse.ArgumentParser(
        prog="lamella", description="Deep learning with the Keras API, compiled whole by JAX."
    )
    parser.add_argument("--version", action="version", version=f"lamella {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    demo = commands.add_parser(
        "demo", help="train, evaluate, save, reload and draw a CNN on real images"
    )
    demo.add_argument(
        "data", nargs="?", choices=sorted(DATA_SETS), default="digits", help="default: digits"
    )
    demo.add_argument("--epochs", type=int, help="passes over the training images")
    demo.add_argument("--seed", type=int, default=0, help="fixes all random numbers (default 0)")
    demo.add_argument("--data-path", help="folder or file with the data set")
    demo.add_argument(
        "--out", type=Path, default=Path("lamella-demo"), help="where files go (lamella-demo)"
    )
    run = commands.add_parser(
        "run", help="run a program that was written for Keras or TensorFlow, as it stands"
    )
    run.add_argument("-m", dest="module", action="store_true", help="the program is a module")
    run.add_argument("program", help="a Python file, or with -m a module's name")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="what the program is given")
    options = parser.parse_args(arguments)
    try:
        if options.command == "run":
            return run_script(options.program, options.arguments, options.module)
        return run_demo(options.data, options.out, options.epochs, options.seed, options.data_path)
    except LamellaError as error:
        print(f"lamella: {error}", file=sys.stderr)
        return 1
