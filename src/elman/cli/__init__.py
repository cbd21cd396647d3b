"""The command line: `elman train text shakespeare`.

A command is a file of this folder, and a group of commands is a folder in it: `train/text.py` is
`elman train text`. A file whose name starts with an underscore is machinery. Each command has

    '''One line that `elman --help` shows.  Then whatever `--help` should say.'''
    class Options       (one frozen dataclass; the docstring of a field is the help of its option)
    def run(options: Options, shared: Shared) -> dict[str, object] | None

and does nothing but make one call of `elman.api`, imported inside `run`, and print what came back.
The dict is what `--json` prints. `Shared` has the options that all commands take; `warn` says what
must not be overlooked.
"""

from elman.cli._call import Shared, Stopped, warn
from elman.cli._dispatch import main

__all__ = ["Shared", "Stopped", "main", "warn"]
