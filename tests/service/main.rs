//! The service as its users see it: the real executable, over HTTP.
#![cfg(feature = "service")]

mod databases;
mod monolith;
mod postgres;
mod print_and_read;
mod printed_pages;
mod server;
mod site;
