"""The AWS CLI, loaded once: each command then runs in a process of its own, forked from this one.

Reads a command a line, as JSON: its arguments, its directory, the files that it prints to, and what to change of the
environment, where null unsets. Answers a line with its exit status.
"""

import contextlib
import io
import json
import os
import sys

from awscli.clidriver import main


def load():
    """What the first command of a service loads, which needs no network."""
    sys.argv = ["aws", "pcs", "list-clusters", "--generate-cli-skeleton"]
    with contextlib.redirect_stdout(io.StringIO()):
        main()


def run(command):
    for name, value in command["environment"].items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    os.chdir(command["directory"])
    for descriptor, path in ((0, os.devnull), (1, command["stdout"]), (2, command["stderr"])):
        os.dup2(os.open(path, os.O_RDWR), descriptor)
    sys.argv = ["aws", *command["arguments"]]
    return main()


def in_child(command):
    status = 255
    try:
        status = run(command)
    except SystemExit as end:
        status = end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status or 0)


load()
# Whoever waits for the end of what the tests print does not wait for this.
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        in_child(json.loads(line))
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
