//! The service as its users see it: the real executable, over HTTP.
#![cfg(feature = "service")]

mod databases;
mod fake_gcs;
mod killed;
mod lifecycle;
mod moto;
mod objects;
mod postgres;
mod print_and_read;
mod reviewing;
mod server;
mod tenants;
mod uploads;
mod vision;
