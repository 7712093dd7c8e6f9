//! The service as its users see it: the real executable, over HTTP.
#![cfg(feature = "service")]

mod databases;
mod fake_bigquery;
mod fake_gcs;
mod grades;
mod killed;
mod lifecycle;
mod monolith;
mod moto;
mod objects;
mod postgres;
mod print_and_read;
mod printed_pages;
mod reviewing;
mod server;
mod site;
mod statistics;
mod tenants;
mod uploads;
mod vision;
mod warehouse;
mod webhooks;
