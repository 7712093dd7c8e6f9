# The service.

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

  depends_on = [google_secret_manager_secret_version.gabarito, google_secret_manager_secret_iam_member.gabarito]
}

resource "google_cloud_run_v2_service_iam_member" "invokers" {
  for_each = toset(concat(var.invokers, [google_service_account.tasks.member]))
  name     = google_cloud_run_v2_service.gabarito.name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.key
}
