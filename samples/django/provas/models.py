"""What this side remembers of the service: ids and states. Names, scans and answers stay where they are."""

from django.db import models


class Job(models.Model):
    """The service's id is ours."""

    id = models.UUIDField(primary_key=True)
    application = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=16, default="queued")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Package(Job):
    """What is printed for an exam."""


class Batch(Job):
    """Scans that are read."""


class Delivery(models.Model):
    """A webhook's message that was taken. It may come more than once."""

    id = models.CharField(primary_key=True, max_length=64)
    taken_at = models.DateTimeField(auto_now_add=True)
