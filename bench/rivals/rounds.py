"""A contender's side of the conversation with bench.js: one line out when it is warm, then one line a round."""

import json
import sys


def peak_mib():
    """The most memory this process ever held, in MiB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def serve(about, one_round):
    """Answers each line on stdin with a round's figures; ends when stdin does."""

    def say(figures):
        print(json.dumps(figures), flush=True)

    say(about)
    for _ in sys.stdin:
        say({**one_round(), "peakMiB": peak_mib()})
