from django.core.management.base import BaseCommand, CommandError

from provas.client import Problem, client
from provas.models import Package


class Command(BaseCommand):
    help = "Prints a PACKAGE.json and downloads what was printed"

    def add_arguments(self, parser):
        parser.add_argument("package")
        parser.add_argument("--to", required=True, help="a folder")

    def handle(self, package, to, **_):
        service = client()
        try:
            made = service.print_package(package)
        except Problem as problem:
            faults = "".join(f"\n  {e['path']}: {e['message']}" for e in problem.errors)
            raise CommandError(f"{problem}{faults}") from problem
        Package.objects.update_or_create(id=made["id"], defaults={"application": made["application"]})
        done = service.finished(service.package, made["id"])
        Package.objects.filter(id=made["id"]).update(state=done["state"])
        if done["state"] != "done":
            raise CommandError(f"{done['state']}: {done['error']}")
        for file in done["files"]:
            self.stdout.write(str(service.download(file, to)))
