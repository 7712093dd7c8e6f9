//! The service as its users see it: the real executable, over HTTP.
#![cfg(feature = "service")]

mod databases;
mod fake_gcs;
mod killed;
mod lifecycle;
mod monolith;
mod moto;
mod objects;
mod postgres;
mod pressure;
mod print_and_read;
mod printed_pages;
mod purge;
mod replicas;
mod reviewing;
mod server;
mod site;
mod tenants;
mod uploads;
mod vision;
mod webhooks;
