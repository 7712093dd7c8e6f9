//! The service as its users see it: the real executable, over HTTP.
#![cfg(feature = "service")]

mod databases;
mod fake_gcs;
mod lifecycle;
mod moto;
mod objects;
mod postgres;
mod print_and_read;
mod server;
mod uploads;
