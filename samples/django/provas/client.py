"""The service's HTTP API. Every route is in its /docs."""

import hashlib
import time
import uuid
from pathlib import Path

import requests

# What says "later": too many requests, the same request still under way, too much to do, a proxy without a server.
LATER = {429, 502, 503, 504}
ATTEMPTS = 6
TIMEOUT = (5, 120)


class Problem(Exception):
    """What the service refused (RFC 9457). `errors` has `path` and `message` of each fault."""

    def __init__(self, response):
        try:
            said = response.json()
        except ValueError:
            said = {}
        self.status = response.status_code
        self.type = said.get("type", "")
        self.errors = said.get("errors", [])
        super().__init__(said.get("detail") or f"HTTP {response.status_code}")


class Gabarito:
    def __init__(self, url, key=""):
        self.url = url.rstrip("/")
        self.session = requests.Session()
        if key:
            self.session.headers["Authorization"] = f"Bearer {key}"

    def call(self, method, path, **how):
        """Asks until there is an answer. A POST has a key, so that asking again makes nothing twice."""
        headers = dict(how.pop("headers", {}))
        if method == "POST":
            headers.setdefault("Idempotency-Key", str(uuid.uuid4()))
        url = path if path.startswith("http") else self.url + path
        for attempt in range(1, ATTEMPTS + 1):
            wait = 2**attempt / 4
            try:
                response = self.session.request(method, url, headers=headers, timeout=TIMEOUT, **how)
            except (requests.ConnectionError, requests.Timeout):
                if attempt == ATTEMPTS:
                    raise
            else:
                if response.ok:
                    return response
                problem = Problem(response)
                if attempt == ATTEMPTS or not (response.status_code in LATER or problem.type.endswith(":in-flight")):
                    raise problem
                wait = float(response.headers.get("Retry-After", wait))
            time.sleep(min(wait, 30))

    # --- printing ---

    def print_package(self, path):
        """Prints a PACKAGE.json, with the pictures and PDFs beside it that it names."""
        path = Path(path)
        beside = [p for p in path.parent.rglob("*") if p.is_file() and p != path]
        # Bytes and not open files: they can be sent again.
        parts = [("package", (None, path.read_bytes()))]
        parts += [("files", (p.relative_to(path.parent).as_posix(), p.read_bytes())) for p in beside]
        return self.call("POST", "/v1/packages", files=parts).json()

    def package(self, id):
        return self.call("GET", f"/v1/packages/{id}").json()

    def download(self, file, folder):
        """One of a package's `files`; gives where it is. What was broken off is begun again."""
        target = Path(folder) / file["name"]
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with self.call("GET", file["url"], stream=True) as response, open(target, "wb") as out:
            for chunk in response.iter_content(1 << 20):
                digest.update(chunk)
                out.write(chunk)
        if digest.hexdigest() != file["sha256"]:
            target.unlink()
            raise OSError(f"{file['name']} did not arrive whole")
        return target

    # --- reading ---

    def upload(self, path):
        """Brings a file of scans: past the service where its storage signs links, else in pieces; gives the upload's id."""
        path = Path(path)
        with open(path, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            new = {"name": path.name, "bytes": path.stat().st_size, "sha256": sha256}
            upload = self.call("POST", "/v1/uploads", json=new).json()
            at = f"/v1/uploads/{upload['id']}"
            direct = f"{at}/pieces" not in upload["url"] and put_directly(upload, file)
            while not direct and upload["received"] < upload["bytes"]:
                file.seek(upload["received"])
                piece = file.read(upload["piece_bytes"])
                try:
                    upload = self.call("PUT", f"{at}/pieces", params={"offset": upload["received"]}, data=piece).json()
                except Problem as problem:
                    # The answer to a piece was lost, and it is there already.
                    if problem.status != 409:
                        raise
                    upload = self.call("GET", at).json()
        self.call("POST", f"{at}/complete")
        return upload["id"]

    def read(self, uploads, application=None, policy=None):
        body = {"uploads": uploads, "application": application, "policy": policy}
        return self.call("POST", "/v1/batches", json={k: v for k, v in body.items() if v is not None}).json()

    def batch(self, id):
        return self.call("GET", f"/v1/batches/{id}").json()

    def pages(self, batch, outcome=None):
        """All pages of a batch, in order; with `outcome="review"` those that a person must see."""
        return self.listed(f"/v1/batches/{batch}/pages", {"outcome": outcome} if outcome else {})

    def decide(self, batch, page, decision, etag):
        """`{"fields": {"q3": {"marked": ["B"]}}}`, `{"code": "7KQM …"}`; refused (412) if somebody else decided meanwhile."""
        headers = {"If-Match": etag}
        return self.call("PATCH", f"/v1/batches/{batch}/pages/{page}", json=decision, headers=headers).json()

    # --- both ---

    def finished(self, get, id, every=1.0):
        """Where no webhook reaches us: `finished(client.batch, id)`."""
        while (job := get(id))["state"] in ("queued", "running"):
            time.sleep(every)
        return job

    def add_webhook(self, url):
        """Its `secret` is told this once."""
        return self.call("POST", "/v1/webhooks", json={"url": url}).json()

    def listed(self, path, params):
        params = dict(params)
        while True:
            page = self.call("GET", path, params=params).json()
            yield from page["items"]
            if "next_cursor" not in page:
                return
            params["cursor"] = page["next_cursor"]


def put_directly(upload, file):
    """To the storage itself, without our key; False where it can't be reached from here, and the pieces can."""
    file.seek(0)
    try:
        return requests.put(upload["url"], data=file, headers=upload["headers"], timeout=TIMEOUT).ok
    except requests.RequestException:
        return False


def client():
    from django.conf import settings

    return Gabarito(settings.GABARITO_URL, settings.GABARITO_KEY)
