"""Runs the AWS command line as `aws` does, each command in a process of its own, without loading it eighty times.

Most of the half second that `aws` takes goes into loading itself. Here that is done once: a command is a fork of this
process, which goes on where the `aws` script would begin.
"""

import os
import subprocess
import sys
import tempfile

try:
    from awscli import clidriver
except ImportError:  # a command line with a Python of its own
    clidriver = None


def aws(*words):
    """Gives what subprocess.run would give for the command, its output as text."""
    if clidriver is None:
        return subprocess.run(["aws", *words], capture_output=True, text=True, check=False)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as talk:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            become(words, out, talk)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        talk.seek(0)
        return subprocess.CompletedProcess(words, os.waitstatus_to_exitcode(status), out.read().decode(), talk.read().decode())


def become(words, out, talk):
    """Is the command from here on, and never returns."""
    code = 255
    try:
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(talk.fileno(), 2)
        sys.argv = ["aws", *words]
        code = clidriver.main()
    except SystemExit as end:
        code = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))
