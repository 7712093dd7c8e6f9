from django.core.management.base import BaseCommand

from provas.client import client


class Command(BaseCommand):
    help = "Has the service call this URL; prints the secret for GABARITO_WEBHOOK_SECRET"

    def add_arguments(self, parser):
        parser.add_argument("url", help="https://provas.example.com/gabarito/webhook")

    def handle(self, url, **_):
        self.stdout.write(client().add_webhook(url)["secret"])
