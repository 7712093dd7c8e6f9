//! Why a page could not be had. Each reason has a stable code for programs and a sentence for people.

use crate::limits::Limits;

/// The sentence says what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    #[error("there is no such file or folder; check the path")]
    NoSuchFile,
    #[error("the file could not be read ({0}); check the disk and the permissions")]
    Unreadable(String),
    #[error("this is neither a file nor a folder; give a PDF, TIFF, JPEG, PNG, WebP or ZIP file, or a folder of them")]
    NotAFile,
    #[error("the file is empty; scan or copy it again")]
    EmptyFile,
    #[error("the file has {bytes} bytes and at most {limit} are read; split it into smaller files")]
    FileTooLarge { bytes: u64, limit: u64 },
    #[error("this is not a scan but {0}; valid are PDF, TIFF, JPEG, PNG, WebP and ZIP")]
    NotAScan(&'static str),
    #[error("{0} pictures are not supported; save the picture as JPEG or PNG and send it again")]
    UnsupportedFormat(&'static str),
    #[error("the {format} uses {feature}, which is not supported; save it as plain JPEG, PNG or PDF")]
    UnsupportedFeature { format: &'static str, feature: String },
    #[error("the {0} is cut off: its end is missing; copy or scan it again")]
    Truncated(&'static str),
    #[error("the {format} is damaged ({reason}); copy or scan it again")]
    Damaged { format: &'static str, reason: String },
    #[error("the {0} is protected by a password; save it without one")]
    PasswordProtected(&'static str),
    #[error("the {0} has no pages; scan it again")]
    NoPages(&'static str),
    #[error("the file has more than {limit} pages, and the rest is not read; split it into smaller files")]
    TooManyPages { limit: u32 },
    #[error("the page claims {width} × {height} pixels and at most {limit} in all are read; scan at 200 to 300 dpi")]
    TooManyPixels { width: u64, height: u64, limit: u64 },
    #[error("the {format} would unpack to more than {limit} bytes, which no scan does; it is refused as a bomb")]
    DecompressionBomb { format: &'static str, limit: u64 },
    #[error("a ZIP inside a ZIP is not read; unpack the inner one and send it by itself")]
    NestedArchive,
    #[error("the ZIP has {entries} files and at most {limit} are read; split it into smaller ones")]
    TooManyEntries { entries: usize, limit: usize },
    #[error("there is no scan in this {0}; valid are PDF, TIFF, JPEG, PNG, WebP and ZIP")]
    NoScans(&'static str),
    #[error("the folder lies too deep: more than {limit} folders within folders are not walked")]
    FolderTooDeep { limit: usize },
    #[error("the page draws more than {limit} things, which no scan does; print it to a plain PDF or an image first")]
    TooComplex { limit: u32 },
    #[error("the {0} makes its decoder fail; it is probably damaged: open it, save it anew and send it again")]
    DecoderFailed(&'static str),
}

impl PageError {
    /// Stable name of the reason, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            PageError::NoSuchFile => "no_such_file",
            PageError::Unreadable(_) => "unreadable_file",
            PageError::NotAFile => "not_a_file",
            PageError::EmptyFile => "empty_file",
            PageError::FileTooLarge { .. } => "file_too_large",
            PageError::NotAScan(_) => "not_a_scan",
            PageError::UnsupportedFormat(_) => "unsupported_format",
            PageError::UnsupportedFeature { .. } => "unsupported_feature",
            PageError::Truncated(_) => "truncated_file",
            PageError::Damaged { .. } => "damaged_file",
            PageError::PasswordProtected(_) => "password_protected",
            PageError::NoPages(_) => "no_pages",
            PageError::TooManyPages { .. } => "too_many_pages",
            PageError::TooManyPixels { .. } => "too_many_pixels",
            PageError::DecompressionBomb { .. } => "decompression_bomb",
            PageError::NestedArchive => "nested_archive",
            PageError::TooManyEntries { .. } => "too_many_entries",
            PageError::NoScans(_) => "no_scans",
            PageError::FolderTooDeep { .. } => "folder_too_deep",
            PageError::TooComplex { .. } => "too_complex",
            PageError::DecoderFailed(_) => "decoder_failed",
        }
    }

    pub(crate) fn damaged(format: &'static str, reason: impl ToString) -> Self {
        PageError::Damaged { format, reason: reason.to_string() }
    }

    pub(crate) fn io(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => PageError::NoSuchFile,
            _ => PageError::Unreadable(error.to_string()),
        }
    }
}

/// Refuses a claimed size before anything is allocated for it. Gives the size as usable numbers.
pub(crate) fn check_pixels(width: u64, height: u64, limits: &Limits) -> Result<(usize, usize), PageError> {
    match width.checked_mul(height) {
        Some(0) => {
            Err(PageError::Damaged { format: "picture", reason: format!("it claims {width} × {height} pixels") })
        }
        Some(n) if n <= limits.max_pixels => Ok((width as usize, height as usize)),
        _ => Err(PageError::TooManyPixels { width, height, limit: limits.max_pixels }),
    }
}
