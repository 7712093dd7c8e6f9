//! Grades as Parquet: texts as strings, points as decimals of 18 digits, six of them after the comma. What is empty is null.

use super::{Cell, Column, Row, cells, columns};
use crate::grade::Key;
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};
use std::io;
use std::sync::Arc;

/// Rows in memory until they are written as a group.
const GROUP: usize = 20_000;

pub struct Parquet<'k> {
    key: &'k Key,
    columns: Vec<Column>,
    writer: SerializedFileWriter<Vec<u8>>,
    /// Of the group, column by column.
    waiting: Vec<Vec<Cell>>,
}

impl<'k> Parquet<'k> {
    /// # Errors
    /// Of the format.
    pub fn new(key: &'k Key) -> io::Result<Self> {
        let columns = columns(key);
        let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>().map_err(io::Error::other)?;
        let schema = Type::group_type_builder("grades").with_fields(fields).build().map_err(io::Error::other)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by("gabarito".to_owned())
            .build();
        let writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties));
        let waiting = vec![Vec::new(); columns.len()];
        Ok(Parquet { key, columns, writer: writer.map_err(io::Error::other)?, waiting })
    }

    /// # Errors
    /// Of the format.
    pub fn row(&mut self, row: &Row) -> io::Result<()> {
        for (column, cell) in self.waiting.iter_mut().zip(cells(self.key, row)) {
            column.push(cell);
        }
        if self.waiting.first().is_some_and(|column| column.len() == GROUP) { self.group() } else { Ok(()) }
    }

    /// # Errors
    /// Of the format.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        if self.waiting.first().is_some_and(|column| !column.is_empty()) {
            self.group()?;
        }
        self.writer.into_inner().map_err(io::Error::other)
    }

    fn group(&mut self) -> io::Result<()> {
        self.write_group().map_err(io::Error::other)
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for (column, cells) in self.columns.iter().zip(&mut self.waiting) {
            let cells = std::mem::take(cells);
            // 1 where there is a value.
            let there: Vec<i16> = cells.iter().map(|c| i16::from(*c != Cell::Empty)).collect();
            let Some(mut writer) = group.next_column()? else { break };
            if column.is_points {
                let points = |c: Cell| if let Cell::Points(p) = c { Some(p.0) } else { None };
                let values: Vec<i64> = cells.into_iter().filter_map(points).collect();
                writer.typed::<Int64Type>().write_batch(&values, Some(&there), None)?;
            } else {
                let text = |c: Cell| if let Cell::Text(t) = c { Some(ByteArray::from(t.into_bytes())) } else { None };
                let values: Vec<ByteArray> = cells.into_iter().filter_map(text).collect();
                writer.typed::<ByteArrayType>().write_batch(&values, Some(&there), None)?;
            }
            writer.close()?;
        }
        group.close()?;
        Ok(())
    }
}

fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.is_points {
        true => (Physical::INT64, LogicalType::decimal(6, 18)),
        false => (Physical::BYTE_ARRAY, LogicalType::String),
    };
    let mut builder = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(logical));
    if column.is_points {
        builder = builder.with_precision(18).with_scale(6);
    }
    Ok(Arc::new(builder.build()?))
}
