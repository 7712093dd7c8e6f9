# State: the record of truth.

resource "google_sql_database_instance" "gabarito" {
  #checkov:skip=CKV_GCP_79:The version that the tests run on
  #checkov:skip=CKV_GCP_111:Statements carry pupils' ids, and are no business of a log
  #checkov:skip=CKV2_GCP_13:As CKV_GCP_111
  name                = "gabarito"
  database_version    = "POSTGRES_15"
  region              = var.region
  deletion_protection = true

  settings {
    edition           = "ENTERPRISE"
    tier              = "db-custom-1-3840"
    availability_type = "REGIONAL"

    ip_configuration {
      # Cloud Run's connector brings its certificate; nobody else gets in.
      ssl_mode = "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"
    }

    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
    }

    database_flags {
      name  = "cloudsql.enable_pgaudit"
      value = "on"
    }

    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }

    database_flags {
      name  = "log_connections"
      value = "on"
    }

    database_flags {
      name  = "log_disconnections"
      value = "on"
    }

    database_flags {
      name  = "log_hostname"
      value = "on"
    }

    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }

    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }

    database_flags {
      name  = "log_min_messages"
      value = "error"
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
