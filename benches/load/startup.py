"""From starting the process to the first answer, and what it takes when nobody asks for anything."""

import time

from service import Server

TURNS = 10


def measure(program, work):
    first = []
    for _ in range(TURNS):
        with Server(program, work) as server:
            while server.ask("GET", "/healthz")[0] != 200:
                pass
            first.append(1e3 * (time.monotonic() - server.begun))
    with Server(program, work) as server:
        time.sleep(10)
        idle = server.memory()
    first.sort()
    return (
        "## Starting\n\n| | goal | measured |\n|---|---|---|\n"
        f"| to the first 200, a new database ({TURNS} starts) | 150 ms | {first[TURNS // 2]:.0f} ms, at most {first[-1]:.0f} |\n"
        f"| memory of an idle server | 64 MiB | {idle:.0f} MiB |\n"
    )
