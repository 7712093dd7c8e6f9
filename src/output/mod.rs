//! What leaves the reader: lines, tables, spreadsheets and pictures. Nothing here changes a reading.

mod view;
pub mod words;
