variable "project" {
  description = "The project of Google Cloud."
  type        = string
}

variable "region" {
  description = "Where everything runs; southamerica-east1 is São Paulo."
  type        = string
  default     = "southamerica-east1"
}

variable "image" {
  description = "The image of containers/Dockerfile, or of containers/chromium.Dockerfile."
  type        = string
}

variable "tenant" {
  description = "The first tenant: lower-case letters, digits and hyphens. An API key of it that may do everything is made."
  type        = string
  default     = "lize"
}

variable "invokers" {
  description = "Who may call the service, as IAM members. Every request has a credential of its own beside that."
  type        = list(string)
  default     = ["allUsers"]
}

variable "billing_account" {
  description = "The account that the budget watches; empty: no budget."
  type        = string
  default     = ""
}

variable "budget" {
  description = "A month's budget, in the account's currency. At 50, 90 and 100 % somebody is told."
  type        = number
  default     = 500
}
