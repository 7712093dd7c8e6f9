# The service's own identity, and the one under which Cloud Tasks and Cloud Scheduler call it. Each may do what is listed here, and
# what the files, secrets and the queue say beside themselves.

resource "google_service_account" "gabarito" {
  account_id   = "gabarito"
  display_name = "gabarito"
  depends_on   = [google_project_service.needed]
}

resource "google_service_account" "tasks" {
  account_id   = "gabarito-tasks"
  display_name = "Calls gabarito for its tasks"
  depends_on   = [google_project_service.needed]
}

# Only a project can grant it.
resource "google_project_iam_member" "database" {
  project = var.project
  role    = "roles/cloudsql.client"
  member  = google_service_account.gabarito.member
}

# A task is made with the other identity's name on it.
resource "google_service_account_iam_member" "acts_as_tasks" {
  service_account_id = google_service_account.tasks.name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.gabarito.member
}

# Signed links are signed by the identity itself.
resource "google_service_account_iam_member" "signs" {
  service_account_id = google_service_account.gabarito.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.gabarito.member
}
