"""Where the service says that a package or a batch ended."""

import json

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks import Webhook, WebhookVerificationError

from .models import Batch, Delivery, Package


@csrf_exempt
@require_POST
def webhook(request):
    try:
        # The bytes as they came: JSON that was parsed and written again has another signature. A message of more than
        # five minutes ago is refused too.
        Webhook(settings.GABARITO_WEBHOOK_SECRET).verify(request.body, dict(request.headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return HttpResponse(status=401)
    event = json.loads(request.body)
    data = event["data"]
    with transaction.atomic():
        try:
            with transaction.atomic():
                Delivery.objects.create(id=request.headers["webhook-id"])
        except IntegrityError:
            return HttpResponse(status=204)
        match event["type"]:
            # It may be told before whoever made it has written that it is there.
            case "package.finished":
                Package.objects.update_or_create(id=data["package"], defaults={"state": data["state"]})
            case "batch.finished":
                Batch.objects.update_or_create(id=data["batch"], defaults={"state": data["state"]})
    # What takes long (fetching pages, grading) is for a task queue: whoever waits here is called again after 15 s.
    return HttpResponse(status=204)
