"""Against a running service (GABARITO_URL) that may call this machine: `outbound.allow_private = ["127.0.0.1:PORT"]`."""

import json
import os
import shutil
import tempfile
import time
from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command
from django.test import LiveServerTestCase, override_settings

from .client import client
from .models import Batch, Delivery, Package

SAMPLE = Path(__file__).resolve().parents[2] / "malote" / "PACKAGE.json"


def package(folder, **changed):
    """The sample with other words, in a folder with its picture."""
    shutil.copytree(SAMPLE.parent, folder, dirs_exist_ok=True)
    path = Path(folder) / "PACKAGE.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    return path


class Malote(LiveServerTestCase):
    host = "127.0.0.1"
    port = int(os.environ.get("WEBHOOK_PORT", "0"))

    def told(self, batch):
        """Waits for the webhook."""
        for _ in range(1200):
            if (state := Batch.objects.get(id=batch).state) != "queued":
                return state
            time.sleep(0.1)
        self.fail("no webhook came")

    def test_it_is_printed_and_read_back(self):
        secret = StringIO()
        call_command("register_webhook", f"{self.live_server_url}/gabarito/webhook", stdout=secret)
        secret = secret.getvalue().strip()
        with tempfile.TemporaryDirectory() as folder, override_settings(GABARITO_WEBHOOK_SECRET=secret):
            # Without booklets, which nobody scans, and spares, whose students nobody knows.
            malote = package(f"{folder}/malote", contents=["attendance", "sheet"])
            call_command("print_package", malote, to=folder, stdout=StringIO())
            self.assertEqual(Package.objects.get().state, "done")
            printed = json.loads((Path(folder) / "geometry.json").read_text())["sheets"]
            pdfs = sorted({sheet["pdf"] for sheet in printed})

            said = StringIO()
            call_command("read_scans", *(Path(folder) / pdf for pdf in pdfs), application="malote-1", stdout=said)
            batch = said.getvalue().strip()
            self.assertEqual(self.told(batch), "done")
        self.assertTrue(Delivery.objects.exists())

        at = {(Path(sheet["pdf"]).name, sheet["pdf_page"]): sheet for sheet in printed}
        read = {(p["source"]["file"], p["source"]["page"]): p for p in client().pages(batch) if p["sheet"]}
        self.assertEqual(read.keys(), at.keys())
        for place, sheet in at.items():
            page = read[place]
            self.assertEqual(page["outcome"], "read", page)
            said = (page["sheet"]["id"], page["sheet"]["page"], page["sheet"]["student"])
            self.assertEqual(said, (sheet["sheet_id"], sheet["page"], sheet["student"]))
            self.assertEqual({field["status"] for field in page["fields"]} - {"blank"}, set())

    def test_what_can_not_be_printed_is_told_with_its_place(self):
        with tempfile.TemporaryDirectory() as folder:
            wrong = package(folder, contents=["cofre"])
            with self.assertRaisesRegex(CommandError, r"contents\[0\]"):
                call_command("print_package", wrong, to=folder)

    @override_settings(GABARITO_WEBHOOK_SECRET="whsec_c2VjcmV0")
    def test_a_forged_message_is_refused(self):
        headers = {"webhook-id": "m", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,AAAA"}
        answer = self.client.post("/gabarito/webhook", b"{}", "application/json", headers=headers)
        self.assertEqual((answer.status_code, Delivery.objects.count()), (401, 0))
