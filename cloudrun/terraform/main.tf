# gabarito on Cloud Run: service, job, queue, database, bucket, secrets, identities with what they need and no more.

terraform {
  required_version = ">= 1.6"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.6"
    }
  }
}

provider "google" {
  project = var.project
  region  = var.region
}

resource "google_project_service" "needed" {
  for_each = toset([
    "cloudtasks.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
    "vision.googleapis.com",
  ])
  service            = each.key
  disable_on_destroy = false
}

# The service's own identity, and the one under which Cloud Tasks calls it.

resource "google_service_account" "gabarito" {
  account_id   = "gabarito"
  display_name = "gabarito"
}

resource "google_service_account" "tasks" {
  account_id   = "gabarito-tasks"
  display_name = "Calls gabarito for its tasks"
}

resource "google_project_iam_member" "gabarito" {
  for_each = toset(["roles/cloudsql.client", "roles/cloudtasks.enqueuer", "roles/logging.logWriter"])
  project  = var.project
  role     = each.key
  member   = google_service_account.gabarito.member
}

# A task is made with the other identity's name on it.
resource "google_service_account_iam_member" "acts_as_tasks" {
  service_account_id = google_service_account.tasks.name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.gabarito.member
}

# Files.

resource "google_storage_bucket" "files" {
  name                        = "${var.project}-gabarito"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    # What a school deletes is deleted (LGPD, article 18).
    enabled = false
  }

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    condition {
      age = var.upload_days
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      age = 2
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }
}

resource "google_storage_bucket_iam_member" "gabarito" {
  bucket = google_storage_bucket.files.name
  role   = "roles/storage.objectUser"
  member = google_service_account.gabarito.member
}

# Signed links are signed by the identity itself.
resource "google_service_account_iam_member" "signs" {
  service_account_id = google_service_account.gabarito.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.gabarito.member
}

# State.

resource "google_sql_database_instance" "gabarito" {
  name                = "gabarito"
  database_version    = "POSTGRES_15"
  region              = var.region
  deletion_protection = true

  settings {
    tier              = "db-custom-1-3840"
    availability_type = "REGIONAL"

    ip_configuration {
      ssl_mode = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
    }
  }

  depends_on = [google_project_service.needed]
}

resource "google_sql_database" "gabarito" {
  name     = "gabarito"
  instance = google_sql_database_instance.gabarito.name
}

resource "random_password" "database" {
  length  = 40
  special = false
}

resource "google_sql_user" "gabarito" {
  name     = "gabarito"
  instance = google_sql_database_instance.gabarito.name
  password = random_password.database.result
}

# Secrets.

resource "random_password" "sheet_key" {
  length  = 48
  special = false
}

resource "random_password" "token_secret" {
  length  = 48
  special = false
}

locals {
  socket = "/cloudsql/${google_sql_database_instance.gabarito.connection_name}"
  secrets = {
    gabarito-database-url = "postgres://gabarito:${random_password.database.result}@localhost/gabarito?host=${local.socket}"
    gabarito-sheet-key    = random_password.sheet_key.result
    gabarito-token-secret = random_password.token_secret.result
  }
  environment = {
    GABARITO_LOG_FORMAT     = "cloud"
    GABARITO_LOG_PROJECT    = var.project
    GABARITO_OBJECTS_KIND   = "gcs"
    GABARITO_OBJECTS_BUCKET = google_storage_bucket.files.name
    GABARITO_VISION_ENABLED = "true"
  }
  secret_environment = {
    GABARITO_DATABASE_URL      = "gabarito-database-url"
    GABARITO_SHEET_KEY         = "gabarito-sheet-key"
    GABARITO_AUTH_TOKEN_SECRET = "gabarito-token-secret"
  }
}

resource "google_secret_manager_secret" "gabarito" {
  for_each  = toset(keys(local.secrets))
  secret_id = each.key

  replication {
    auto {}
  }

  depends_on = [google_project_service.needed]
}

resource "google_secret_manager_secret_version" "gabarito" {
  for_each    = google_secret_manager_secret.gabarito
  secret      = each.value.id
  secret_data = local.secrets[each.key]
}

resource "google_secret_manager_secret_iam_member" "gabarito" {
  for_each  = google_secret_manager_secret.gabarito
  secret_id = each.value.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.gabarito.member
}

# The service, and the job for what is too large for it.

resource "google_cloud_run_v2_service" "gabarito" {
  name     = "gabarito"
  location = var.region

  template {
    service_account                  = google_service_account.gabarito.email
    max_instance_request_concurrency = 20
    timeout                          = "3600s"
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"

    scaling {
      min_instance_count = 0
      max_instance_count = 20
    }

    volumes {
      name = "cloudsql"
      cloud_sql_instance {
        instances = [google_sql_database_instance.gabarito.connection_name]
      }
    }

    containers {
      image = var.image
      args  = ["serve"]

      ports {
        name           = "h2c"
        container_port = 8080
      }

      resources {
        limits            = { cpu = "2", memory = "4Gi" }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      startup_probe {
        period_seconds    = 1
        failure_threshold = 30
        http_get {
          path = "/readyz"
        }
      }

      liveness_probe {
        http_get {
          path = "/healthz"
        }
      }

      volume_mounts {
        name       = "cloudsql"
        mount_path = "/cloudsql"
      }

      dynamic "env" {
        for_each = local.environment
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = local.secret_environment
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_version.gabarito, google_secret_manager_secret_iam_member.gabarito]
}

resource "google_cloud_run_v2_service_iam_member" "invokers" {
  for_each = toset(concat(var.invokers, [google_service_account.tasks.member]))
  name     = google_cloud_run_v2_service.gabarito.name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.key
}

resource "google_cloud_run_v2_job" "work" {
  name     = "gabarito-work"
  location = var.region

  template {
    template {
      service_account = google_service_account.gabarito.email
      max_retries     = 1
      timeout         = "7200s"

      volumes {
        name = "cloudsql"
        cloud_sql_instance {
          instances = [google_sql_database_instance.gabarito.connection_name]
        }
      }

      containers {
        image = var.image
        args  = ["work"]

        resources {
          limits = { cpu = "4", memory = "8Gi" }
        }

        volume_mounts {
          name       = "cloudsql"
          mount_path = "/cloudsql"
        }

        dynamic "env" {
          for_each = local.environment
          content {
            name  = env.key
            value = env.value
          }
        }

        dynamic "env" {
          for_each = local.secret_environment
          content {
            name = env.key
            value_source {
              secret_key_ref {
                secret  = env.value
                version = "latest"
              }
            }
          }
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_version.gabarito, google_secret_manager_secret_iam_member.gabarito]
}

resource "google_cloud_tasks_queue" "work" {
  name     = "gabarito"
  location = var.region

  rate_limits {
    max_concurrent_dispatches = 40
  }

  retry_config {
    max_attempts  = 10
    min_backoff   = "5s"
    max_backoff   = "600s"
    max_doublings = 6
  }

  depends_on = [google_project_service.needed]
}

# Money.

resource "google_billing_budget" "gabarito" {
  count           = var.billing_account == "" ? 0 : 1
  billing_account = var.billing_account
  display_name    = "gabarito"

  budget_filter {
    projects = ["projects/${var.project}"]
  }

  amount {
    specified_amount {
      units = tostring(var.budget)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }
}
