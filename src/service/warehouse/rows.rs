//! Rows as a file: NDJSON, compressed. Each is looked at by nobody but the warehouse, and JSON is what BigQuery, DuckDB and a
//! text editor read alike, with columns that may be missing; Parquet would be smaller, and is what `results.parquet` is for.

use super::table::Table;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

pub struct Rows {
    pub table: &'static Table,
    path: PathBuf,
    file: GzEncoder<BufWriter<File>>,
    hash: Sha256,
    pub count: u64,
}

impl Rows {
    /// # Errors
    /// The file can't be made.
    pub fn create(table: &'static Table, path: &Path) -> io::Result<Self> {
        let file = GzEncoder::new(BufWriter::new(File::create(path)?), Compression::default());
        Ok(Rows { table, path: path.to_owned(), file, hash: Sha256::new(), count: 0 })
    }

    /// One row: a value for each column, in their order.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn push(&mut self, values: impl IntoIterator<Item = Value>) -> io::Result<()> {
        let named = self.table.columns.iter().map(|c| c.name.to_owned()).zip(values);
        let row: Map<String, Value> = named.filter(|(_, value)| !value.is_null()).collect();
        let mut line = serde_json::to_vec(&row)?;
        line.push(b'\n');
        self.hash.update(&line);
        self.count += 1;
        self.file.write_all(&line)
    }

    /// One row of which only these columns are told.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn push_named(&mut self, told: &[(&str, Value)]) -> io::Result<()> {
        let value = |name| told.iter().find(|(n, _)| *n == name).map_or(Value::Null, |(_, value)| value.clone());
        self.push(self.table.columns.iter().map(|c| value(c.name)))
    }

    /// The file, and the hash of the rows in hexadecimal.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn finish(self) -> io::Result<(PathBuf, String)> {
        self.file.finish()?.into_inner().map_err(|e| e.into_error())?.sync_all()?;
        Ok((self.path, crate::print::manifest::hex(&self.hash.finalize())))
    }
}
