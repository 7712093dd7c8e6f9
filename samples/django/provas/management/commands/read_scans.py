from django.core.management.base import BaseCommand

from provas.client import client
from provas.models import Batch


class Command(BaseCommand):
    help = "Uploads files of scans and has them read; the webhook says when they are"

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+")
        parser.add_argument("--application", help="the exam whose students are expected")
        parser.add_argument("--wait", action="store_true", help="follow the progress, where no webhook comes")

    def handle(self, files, application, wait, **_):
        service = client()
        batch = service.read([service.upload(file) for file in files], application)
        Batch.objects.update_or_create(id=batch["id"], defaults={"application": application or ""})
        self.stdout.write(batch["id"])
        if wait:
            done = service.finished(service.batch, batch["id"])
            Batch.objects.filter(id=batch["id"]).update(state=done["state"])
            self.stdout.write(f"{done['state']}: {done['outcomes']}")
