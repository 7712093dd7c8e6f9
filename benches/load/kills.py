"""Many jobs, and workers that are killed at random moments."""

import io
import random
import signal
import sqlite3
import struct
import threading
import time
import zipfile
import zlib

from service import Postgres, Server

WORKERS = 3
ATTEMPTS = 6


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xff" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


def scan():
    lot, page = io.BytesIO(), png(400, 560)
    with zipfile.ZipFile(lot, "w") as file:
        for name in ("a.png", "b.png", "c.png"):
            file.writestr(name, page)
    return lot.getvalue()


class Sqlite:
    name, settings = "SQLite", {}

    def rows(self, server, text):
        connection = sqlite3.connect(f"file:{server.data}/gabarito.db?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(text).fetchall()
        finally:
            connection.close()


class OnPostgres:
    name = "PostgreSQL"

    def __init__(self, postgres):
        self.postgres = postgres
        self.settings = {"database_url": postgres.url}

    def rows(self, _, text):
        return self.postgres.rows(text)


def survive(program, work, jobs, database):
    kills = max(5, min(50, jobs // 20))
    settings = {"jobs_delivery": "database", "jobs_lease": "2s", "jobs_sweep": "500ms", "jobs_poll": "100ms"}
    settings |= {"jobs_max_attempts": ATTEMPTS, "bounds_megapixels": 400, **database.settings}
    order = random.Random(7)
    with Server(program, work, **settings) as server:
        lot = scan()
        # What kills whoever reads it: a page that takes a while, so that it is seen being read.
        poison = server.upload("/v1/batches", [("files", "veneno.png", png(14_000, 14_000))])["id"]
        batches = [server.upload("/v1/batches", [("files", "lote.zip", lot)])["id"] for _ in range(jobs)]
        begun = time.monotonic()
        workers = [server.worker() for _ in range(WORKERS)]
        lock, over = threading.Lock(), threading.Event()

        def kill(worker):
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            workers[workers.index(worker)] = server.worker()

        text = (
            "SELECT i.worker FROM job_items i JOIN batches b ON b.job_id = i.job_id "
            f"WHERE b.id = '{poison}' AND i.kind = 'read' AND i.state = 'running'"
        )

        def poisoned():
            while not over.is_set():
                for (name,) in database.rows(server, text):
                    pid = int(name.split("-")[0])
                    with lock:
                        for worker in [w for w in workers if w.pid == pid]:
                            kill(worker)
                time.sleep(0.02)

        watcher = threading.Thread(target=poisoned)
        watcher.start()
        for _ in range(kills):
            time.sleep(order.uniform(0.1, 1.2))
            with lock:
                kill(order.choice(workers))
        lost, wrong = [], []
        for batch in batches:
            job = server.finished(f"/v1/batches/{batch}", every=0.1, within=1200)
            if job["state"] != "done":
                lost.append(batch)
            elif (job["progress"]["done"], job["outcomes"]) != (3, {"blank": 3}):
                wrong.append(batch)
        took = time.monotonic() - begun
        end = server.finished(f"/v1/batches/{poison}", every=0.1, within=300)
        over.set()
        watcher.join()
        text = f"SELECT i.state, i.attempts FROM job_items i JOIN batches b ON b.job_id = i.job_id WHERE b.id = '{poison}' AND i.kind = 'read'"
        state, attempts = database.rows(server, text)[0]
        told = int(database.rows(server, "SELECT COUNT(*) FROM outbox WHERE topic = 'job.finished'")[0][0])
        for worker in workers:
            worker.kill()
            worker.wait()
    assert (state, int(attempts), end["outcomes"]) == ("dead", ATTEMPTS, {"error": 1}), (state, attempts, end)
    assert not lost and not wrong and told == jobs + 1, (lost, wrong, told)
    return (
        f"| {database.name} | {jobs} | {kills} | {len(lost)} | {len(wrong)} | {told - jobs - 1} | "
        f"dead after {attempts} | {took:.0f} s |\n"
    )


def measure(program, work, jobs):
    table = (
        f"## {WORKERS} processes of `gabarito work`, killed at random\n\n"
        "Batches of three pages; one more holds a page that is the end of whoever reads it. “Done twice” counts pages, and\n"
        "events for webhooks. Goals: none lost, none twice, the poison dead after its attempts.\n\n"
        "| | jobs | SIGKILLs beside the poison's | lost | pages wrong | events too many | poison | |\n|---|---|---|---|---|---|---|---|\n"
    )
    table += survive(program, work, jobs, Sqlite())
    postgres = Postgres(work)
    try:
        table += survive(program, work, jobs, OnPostgres(postgres))
    finally:
        postgres.stop()
    return table
