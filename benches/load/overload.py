"""More than can be answered."""

import socket
import threading
import time

from service import Server

AT_ONCE = 200
SLOW = 700


def measure(program, work, lot):
    picture = lot.page.read_bytes()
    answers, lock = [], threading.Lock()
    with Server(program, work) as server:
        server.print_package(lot.package)
        before = server.memory()

        def ask():
            begun = time.monotonic()
            status, headers, _ = server.ask("POST", "/v1/read", picture, {"content-type": "image/jpeg"})
            with lock:
                answers.append((status, headers.get("retry-after"), time.monotonic() - begun))

        threads = [threading.Thread(target=ask) for _ in range(AT_ONCE)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        read = [a for a in answers if a[0] == 200]
        told = [a for a in answers if a[0] in (429, 503) and a[1]]
        assert len(read) + len(told) == AT_ONCE, answers

        # Clients that begin a request and send no more of it.
        slow = []
        for _ in range(SLOW):
            one = socket.create_connection(("127.0.0.1", server.port))
            one.sendall(b"POST /v1/uploads HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{")
            slow.append(one)
        time.sleep(1)
        held = server.memory()
        status, headers, _ = server.ask("GET", "/v1/batches")
        alive = server.ask("GET", "/healthz")[0]
        for one in slow:
            one.close()
        time.sleep(1)
        after = server.ask("GET", "/v1/batches")[0]
    return (
        "## Overload\n\n| | goal | measured |\n|---|---|---|\n"
        f"| {AT_ONCE} pages to be read at once | 200, or 429/503 with Retry-After | {len(read)} read, {len(told)} told to come again |\n"
        f"| how long those were kept | | at most {1e3 * max([a[2] for a in told] or [0]):.0f} ms |\n"
        f"| with {SLOW} requests stuck, another one | 503 with Retry-After | {status}, Retry-After {headers.get('retry-after')} |\n"
        f"| … and `/healthz` | 200 | {alive} |\n"
        f"| after they are gone | 200 | {after} |\n"
        f"| memory before, with all of them | | {before:.0f}, {held:.0f} MiB |\n"
    )
