"""A server of our own, its processes and what they take; PostgreSQL beside it."""

import copy
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
import uuid
from pathlib import Path


class Server:
    def __init__(self, program, work, **settings):
        self.data = work / f"data-{uuid.uuid4().hex[:8]}"
        self.key = None
        self.program = program
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("GABARITO")}
        self.environment |= {"GABARITO_LOG_LEVEL": "error"}
        self.environment |= {f"GABARITO_{name.upper()}": str(value) for name, value in settings.items()}
        self.log = open(work / f"{self.data.name}.log", "w+b")
        self.begun = time.monotonic()
        arguments = [program, "serve", "--listen", "127.0.0.1:0", "--data", str(self.data)]
        self.process = subprocess.Popen(arguments, env=self.environment, stdout=subprocess.DEVNULL, stderr=self.log)
        self.port = self.listening()

    def listening(self):
        while self.process.poll() is None:
            text = Path(self.log.name).read_text(errors="replace")
            if found := re.search(r"gabarito: http://127\.0\.0\.1:(\d+)", text):
                return int(found[1])
            if time.monotonic() - self.begun > 30:
                break
            time.sleep(0.001)
        raise RuntimeError(Path(self.log.name).read_text(errors="replace"))

    def worker(self):
        arguments = [self.program, "work", "--data", str(self.data)]
        return subprocess.Popen(arguments, env=self.environment, stdout=subprocess.DEVNULL, stderr=self.log)

    def of(self, key):
        """The same server, for the tenant of this key."""
        tenant = copy.copy(self)
        tenant.key = key
        return tenant

    def headers(self):
        return {"authorization": f"Bearer {self.key}"} if self.key else {}

    def connect(self, timeout=120):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers={}, connection=None):
        """Status, headers and body."""
        own = connection or self.connect()
        own.request(method, path, body, {**headers, **self.headers()})
        response = own.getresponse()
        answer = response.status, response.headers, response.read()
        if not connection:
            own.close()
        return answer

    def json(self, method, path, body=None, connection=None):
        sent = None if body is None else json.dumps(body)
        status, _, text = self.ask(method, path, sent, {"content-type": "application/json"}, connection)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {text.decode(errors='replace')}")
        return json.loads(text) if text else None

    def upload(self, path, files):
        """Sends files as a form; gives what was made."""
        mark = uuid.uuid4().hex
        parts, length = [], 0
        for field, name, content in files:
            head = f'--{mark}\r\ncontent-disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode()
            size = content.stat().st_size if isinstance(content, Path) else len(content)
            parts.append((head, content))
            length += len(head) + size + 2
        end = f"--{mark}--\r\n".encode()
        connection = self.connect()
        connection.putrequest("POST", path)
        connection.putheader("content-type", f"multipart/form-data; boundary={mark}")
        connection.putheader("content-length", str(length + len(end)))
        for name, value in self.headers().items():
            connection.putheader(name, value)
        connection.endheaders()
        for head, content in parts:
            connection.send(head)
            if isinstance(content, Path):
                # By the kernel, so that it costs the machine's cores little.
                with open(content, "rb") as file:
                    connection.sock.sendfile(file)
            else:
                connection.send(content)
            connection.send(b"\r\n")
        connection.send(end)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if response.status != 202:
            raise RuntimeError(f"{path}: {response.status} {text.decode(errors='replace')}")
        return json.loads(text)

    def finished(self, path, every=0.01, within=600):
        connection, begun = self.connect(), time.monotonic()
        while time.monotonic() - begun < within:
            job = self.json("GET", path, connection=connection)
            if job["state"] not in ("queued", "running"):
                connection.close()
                return job
            time.sleep(every)
        raise RuntimeError(f"{path} is not done after {within} s: {job['state']} {job['progress']}")

    def told(self, path, within=600):
        """The end of a batch, as its events tell it."""
        connection = self.connect(within)
        connection.request("GET", f"{path}/events", headers=self.headers())
        kind = None
        for line in connection.getresponse():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "data" and kind == "finished":
                connection.close()
                return json.loads(value)
        raise RuntimeError(f"{path}/events ended before the batch did")

    def memory(self):
        """MiB of the server itself."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024

    def print_package(self, package):
        made = self.json("POST", "/v1/packages", package)
        return self.finished(f"/v1/packages/{made['id']}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Postgres:
    """A server on a socket in a folder; it refuses to run as root."""

    def __init__(self, work):
        self.folder = work / "postgres"
        self.folder.mkdir()
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.psql = shutil.which("psql") or str(programs / "psql")
        other = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            work.chmod(0o755)
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            other = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **other}
        data = self.folder / "data"
        make = [programs / "initdb", "-D", data, "-U", "load", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(make, check=True, **quiet)
        serve = [programs / "postgres", "-D", data, "-k", self.folder, "-c", "listen_addresses="]
        self.process = subprocess.Popen(serve, **quiet)
        self.url = f"postgres://load@localhost/postgres?host={self.folder}"
        for _ in range(600):
            try:
                self.rows("SELECT 1")
                return
            except subprocess.CalledProcessError:
                time.sleep(0.05)
        raise RuntimeError("PostgreSQL does not start")

    def rows(self, text):
        run = [self.psql, "-h", self.folder, "-U", "load", "-d", "postgres", "-AtF", "\t", "-c", text]
        output = subprocess.run(run, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        return [line.split("\t") for line in output.splitlines()]

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
