# What brings the work: Cloud Tasks, item by item; Cloud Scheduler, for the chores of a service that has no time of its own between
# requests; a job, which the service begins for what is too large for a request.

resource "google_cloud_tasks_queue" "work" {
  name     = "gabarito"
  location = var.region

  # As many items as the instances do at once: jobs.workers in each of them.
  rate_limits {
    max_concurrent_dispatches = 40
  }

  retry_config {
    # A task lives until its item is done, failed or given up; attempts are counted by the service.
    max_attempts  = -1
    min_backoff   = "5s"
    max_backoff   = "600s"
    max_doublings = 6
  }

  depends_on = [google_project_service.needed]
}

resource "google_cloud_tasks_queue_iam_member" "gabarito" {
  name     = google_cloud_tasks_queue.work.name
  location = var.region
  role     = "roles/cloudtasks.enqueuer"
  member   = google_service_account.gabarito.member
}

resource "google_cloud_scheduler_job" "sweep" {
  name             = "gabarito-sweep"
  region           = var.region
  schedule         = "*/5 * * * *"
  attempt_deadline = "320s"

  http_target {
    http_method = "POST"
    uri         = "${local.url}/internal/sweep"

    oidc_token {
      service_account_email = google_service_account.tasks.email
      audience              = local.url
    }
  }

  depends_on = [google_project_service.needed]
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
            value = env.value.text

            dynamic "value_source" {
              for_each = env.value.secret[*]
              content {
                secret_key_ref {
                  secret  = value_source.value
                  version = "latest"
                }
              }
            }
          }
        }
      }
    }
  }

  depends_on = [google_secret_manager_secret_version.gabarito, google_secret_manager_secret_iam_member.gabarito]
}

# The service begins an execution for one package or batch, which it names in the arguments.
resource "google_cloud_run_v2_job_iam_member" "gabarito" {
  name     = google_cloud_run_v2_job.work.name
  location = var.region
  role     = "roles/run.jobsExecutorWithOverrides"
  member   = google_service_account.gabarito.member
}
