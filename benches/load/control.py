"""Requests that look and decide, at a steady rate, while batches are being read; and the server's memory meanwhile."""

import json
import os
import shutil
import threading
import time

from service import Server

RATE = 200
HANDS = 12
#: Keys of more schools than can be read in ten minutes.
SCHOOLS = [f"gab_{n:024}" for n in range(300)]


def feed(server, lot, stop, read):
    """One batch after the other, each of another school: no school hands in the same sheets again and again."""
    for school in map(server.of, SCHOOLS):
        if read:
            school.print_package(lot.package)
        made = school.upload("/v1/batches", [("files", "lote.pdf", lot.pdf)])
        read.append([made["id"], 0])
        done = school.finished(f"/v1/batches/{made['id']}", every=0.2)
        read[-1][1] = sum(done["outcomes"].values())
        # The disk would be full before the time is over.
        for folder in server.data.glob(f"**/{made['id']}/scans"):
            shutil.rmtree(folder, ignore_errors=True)
        if stop.is_set():
            break


def paths(number, package, batch):
    """What is asked in turn."""
    return [
        ("GET", f"/v1/batches/{batch}", None),
        ("GET", f"/v1/batches/{batch}/pages?limit=5", None),
        ("GET", "/v1/batches?limit=20", None),
        ("GET", f"/v1/packages/{package}", None),
        ("POST", "/v1/uploads", {"name": f"{number}.pdf", "bytes": 8}),
        ("GET", f"/v1/batches/{batch}/pages/1", None),
        ("GET", "/readyz", None),
        ("GET", "/v1/packages?limit=20", None),
    ][number % 8]


def measure(program, work, lot, minutes):
    took, wrong, memory, read = [], [], [], []
    lock, stop = threading.Lock(), threading.Event()
    keys = ",".join(f"escola-{n}={key}" for n, key in enumerate(SCHOOLS))
    with Server(program, work, auth_keys=keys) as server:
        server.key = SCHOOLS[0]
        package = server.print_package(lot.package)["id"]
        feeder = threading.Thread(target=feed, args=(server, lot, stop, read))
        feeder.start()
        while not read or not read[0][1]:
            time.sleep(0.1)
        count, begun = int(RATE * 60 * minutes), time.monotonic() + 0.5
        numbers = iter(range(count))

        def hand():
            connection = server.connect()
            while (number := next_of(numbers, lock)) is not None:
                # Late is late, whoever is to blame: from when it should have been sent.
                due = begun + number / RATE
                time.sleep(max(0, due - time.monotonic()))
                method, path, body = paths(number, package, read[0][0])
                sent, headers = (json.dumps(body), {"content-type": "application/json"}) if body else (None, {})
                status, _, _ = server.ask(method, path, sent, headers, connection)
                ms = 1e3 * (time.monotonic() - due)
                with lock:
                    took.append(ms)
                    if status >= 400:
                        wrong.append((path, status))

        try:
            # The client must not wait for the cores that the readers are given.
            os.nice(-10)
        except PermissionError:
            pass
        hands = [threading.Thread(target=hand) for _ in range(HANDS)]
        for h in hands:
            h.start()
        while any(h.is_alive() for h in hands):
            assert feeder.is_alive(), "nothing is read any more"
            memory.append(server.memory())
            time.sleep(1)
        stop.set()
        feeder.join()
        time.sleep(2)
        after = server.memory()
    took.sort()
    part = max(1, len(memory) // 10)
    early, late = max(memory[part : 2 * part] or memory), max(memory[-part:])
    at = lambda q: took[min(len(took) - 1, int(q * len(took)))]
    pages = sum(pages for _, pages in read)
    return (
        f"## {RATE} requests a second while batches are read\n\n"
        f"{len(took)} requests in {minutes:g} minutes; {pages} pages were read meanwhile. Times from when a request was due.\n\n"
        "| | goal | measured |\n|---|---|---|\n"
        f"| p50, p95 | | {at(0.5):.1f}, {at(0.95):.1f} ms |\n"
        f"| p99 | 50 ms | {at(0.99):.1f} ms |\n"
        f"| longest | | {took[-1]:.0f} ms |\n"
        f"| answers 400 and over | 0 | {len(wrong)} |\n"
        f"| memory of the server: second tenth, last tenth, after it | flat | {early:.0f}, {late:.0f}, {after:.0f} MiB |\n"
    )


def next_of(numbers, lock):
    with lock:
        return next(numbers, None)
