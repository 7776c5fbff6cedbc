"""Reads a JSON list of commands, each a list of words, and prints what is wrong with each by the AWS CLI's own parser; null: nothing.

A command is parsed, and its parameters are checked against the service's model; the request is dropped before it is signed.
"""

import contextlib
import io
import json
import sys

from awscli.clidriver import create_clidriver


class Sound(BaseException):
    """Not an Exception, which the CLI would report."""


def stop(**_):
    raise Sound


def judged(words):
    # One for each: a driver remembers what it was told, such as a region.
    driver = create_clidriver()
    driver.session.register("before-call", stop)
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            driver.main(words)
    except Sound:
        return None
    except SystemExit:
        pass
    lines = said.getvalue().strip().splitlines()
    return " ".join(lines[-2:]) or "no request came of it"


def main():
    print(json.dumps([judged(words) for words in json.load(sys.stdin)]))


main()
