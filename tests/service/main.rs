//! The service as its users see it: the real executable, over HTTP.
#![cfg(feature = "service")]

mod databases;
mod killed;
mod monolith;
mod postgres;
mod print_and_read;
mod printed_pages;
mod reviewing;
mod server;
mod site;
mod tenants;
