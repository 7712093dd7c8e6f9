output "url" {
  description = "Where the service answers."
  value       = google_cloud_run_v2_service.gabarito.uri
}

output "bucket" {
  description = "Where its files are."
  value       = google_storage_bucket.files.name
}
