//! What is kept: rows in a database ([`db`]), files in an object storage ([`objects`]); and what may be forgotten ([`cache`]).

pub mod cache;
pub mod db;
pub mod objects;

pub use cache::{Cache, CacheConfig, CacheKey};
pub use db::{DatabaseConfig, Db, DbError};
pub use objects::{Folder, Key, ObjectError, Objects, ObjectsConfig};
