//! The service as its users see it: the real executable, over HTTP.
#![cfg(feature = "service")]

mod caches;
mod cloud_tasks;
mod conforming;
mod contract;
mod databases;
mod django;
mod fake_gcs;
mod fake_google;
mod http2;
mod identifying;
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
mod python;
mod redis_server;
mod replicas;
mod reviewing;
mod run_jobs;
mod server;
mod site;
mod tenants;
mod uploads;
mod vision;
mod watched;
mod webhooks;
