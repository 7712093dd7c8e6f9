# What service and job are both told: settings as they are, and those that Secret Manager keeps.

locals {
  settings = {
    # Of 4 GiB, in which /tmp lies too: the address space of a process that opens files, of which a large one takes its size,
    # and what one request may bring.
    GABARITO_BOUNDS_FILE           = "512MiB"
    GABARITO_BOUNDS_MEMORY         = "2GiB"
    GABARITO_DATABASE_CONNECTIONS  = "4"
    GABARITO_SERVER_MAX_BODY       = "256MiB"
    GABARITO_JOBS_DELIVERY         = "cloud_tasks"
    GABARITO_LOG_FORMAT            = "cloud"
    GABARITO_LOG_PROJECT           = var.project
    GABARITO_OBJECTS_KIND          = "gcs"
    GABARITO_OBJECTS_BUCKET        = google_storage_bucket.files.name
    GABARITO_SERVER_PUBLIC_URL     = local.url
    # Its name, and not the job: it is told this itself.
    GABARITO_TASKS_JOB             = "projects/${var.project}/locations/${var.region}/jobs/gabarito-work"
    GABARITO_TASKS_QUEUE           = google_cloud_tasks_queue.work.id
    GABARITO_TASKS_SERVICE_ACCOUNT = google_service_account.tasks.email
    GABARITO_VISION_ENABLED        = "true"
  }
  kept = {
    GABARITO_DATABASE_URL      = "gabarito-database-url"
    GABARITO_SHEET_KEY         = "gabarito-sheet-key"
    GABARITO_AUTH_TOKEN_SECRET = "gabarito-token-secret"
    GABARITO_AUTH_KEYS         = "gabarito-first-key"
  }
  environment = merge(
    { for name, text in local.settings : name => { text = text, secret = null } },
    { for name, secret in local.kept : name => { text = null, secret = secret } },
  )
}
