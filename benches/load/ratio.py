"""Reading one large PDF over HTTP, beside `gabarito read` of the same file, turn by turn."""

import os
import subprocess
import time
from statistics import median

from service import Server

TURNS = 7


def measure(program, work, lot):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [program, "read", lot.pdf, "--layouts", lot.printed, "--format", "jsonl"]
    alone, over, parts = [], [], []
    for turn in range(TURNS + 1):
        begun = time.monotonic()
        subprocess.run(command, check=True, **quiet)
        plain = time.monotonic() - begun
        # A new one each turn: no school hands in the same sheets again and again.
        with Server(program, work) as server:
            server.print_package(lot.package)
            begun = time.monotonic()
            made = server.upload("/v1/batches", [("files", "lote.pdf", lot.pdf)])
            sent = time.monotonic() - begun
            done = server.told(f"/v1/batches/{made['id']}")
            whole = time.monotonic() - begun
        counted = sum(done["outcomes"].values())
        assert done["state"] == "done" and counted == done["progress"]["total"] > 0, done
        # The first turn warms the disk's cache.
        if turn:
            alone.append(plain)
            over.append(whole)
            parts.append(sent)
    ratios = [o / a for o, a in zip(over, alone)]
    megabytes = os.path.getsize(lot.pdf) / 1e6
    return (
        f"## A PDF of {counted} scans, {megabytes:.0f} MB\n\n"
        "From the first byte sent to the event `finished`; median of "
        f"{TURNS} turns, the command and the request in turn.\n\n"
        "| | goal | measured |\n|---|---|---|\n"
        f"| `gabarito read` | | {median(alone):.2f} s |\n"
        f"| over HTTP | | {median(over):.2f} s, of which {median(parts):.2f} s until it is accepted |\n"
        f"| ratio | 1.15 | {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |\n"
    )
