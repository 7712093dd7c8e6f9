from django.urls import path

from provas.views import webhook

urlpatterns = [path("gabarito/webhook", webhook)]
