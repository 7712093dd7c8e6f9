# Files. The bucket's own rules are those of `gabarito lifecycle`: they know no legal hold, so they delete only what can't be under
# one. All else is deleted by the service after its time (docs/keeping.md).

resource "google_storage_bucket" "files" {
  #checkov:skip=CKV_GCP_62:Who read what is in Cloud Audit Logs; a log bucket would be one more copy to keep and to erase
  #checkov:skip=CKV_GCP_78:What a school deletes is deleted (LGPD, article 18)
  name                        = "${var.project}-gabarito"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = false
  }

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  # Files on their way in, a week after their time.
  lifecycle_rule {
    condition {
      age            = 8
      matches_prefix = ["uploads/"]
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      age = 1
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  # Where somebody turns versions on.
  lifecycle_rule {
    condition {
      days_since_noncurrent_time = 1
      with_state                 = "ARCHIVED"
    }
    action {
      type = "Delete"
    }
  }
}

resource "google_storage_bucket_iam_member" "gabarito" {
  bucket = google_storage_bucket.files.name
  role   = "roles/storage.objectUser"
  member = google_service_account.gabarito.member
}
