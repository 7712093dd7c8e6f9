//! What is kept: rows in a database ([`db`]), files in an object storage ([`objects`]).

pub mod db;
pub mod objects;

pub use db::{DatabaseConfig, Db, DbError};
pub use objects::{Folder, Key, ObjectError, Objects, ObjectsConfig};
