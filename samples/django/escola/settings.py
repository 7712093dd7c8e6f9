"""Only what the sample needs. Copy the part about gabarito."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "only for trying out")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("DJANGO_ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")
ROOT_URLCONF = "escola.urls"
INSTALLED_APPS = ["django.contrib.contenttypes", "provas"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DJANGO_DATABASE", BASE_DIR / "db.sqlite3")}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
STATIC_URL = "static/"
LANGUAGE_CODE = "pt-br"

# --- gabarito ---
GABARITO_URL = os.environ.get("GABARITO_URL", "http://127.0.0.1:8080")
# As `gabarito key add` prints it. Not needed by a service on this machine alone.
GABARITO_KEY = os.environ.get("GABARITO_KEY", "")
# As `manage.py register_webhook` prints it.
GABARITO_WEBHOOK_SECRET = os.environ.get("GABARITO_WEBHOOK_SECRET", "")
