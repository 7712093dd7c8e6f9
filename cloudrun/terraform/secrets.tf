# Secrets.

resource "random_password" "sheet_key" {
  length  = 48
  special = false
}

resource "random_password" "token_secret" {
  length  = 48
  special = false
}

resource "random_password" "first_key" {
  length  = 48
  special = false
}

locals {
  socket = "/cloudsql/${google_sql_database_instance.gabarito.connection_name}"
  secrets = {
    gabarito-database-url = "postgres://gabarito:${random_password.database.result}@localhost/gabarito?host=${local.socket}"
    gabarito-sheet-key    = random_password.sheet_key.result
    gabarito-token-secret = random_password.token_secret.result
    gabarito-first-key    = "${var.tenant}=gab_${random_password.first_key.result}"
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
