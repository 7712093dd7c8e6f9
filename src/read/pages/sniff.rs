//! What a file is, by its first bytes; its name does not count.

/// Bytes that [`sniff`] wants to see, if the file has as many. PDF allows its header within the first 1,024.
pub const SNIFF_BYTES: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Pdf,
    Tiff,
    Jpeg,
    Png,
    WebP,
    Zip,
    /// Known, and not read: (what it is called).
    Foreign(&'static str),
    Empty,
    Text,
    Unknown,
}

pub fn sniff(head: &[u8]) -> Format {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|tail| tail.starts_with(magic));
    if head.is_empty() {
        return Format::Empty;
    }
    if at(0, b"\xFF\xD8\xFF") {
        return Format::Jpeg;
    }
    if at(0, b"\x89PNG\r\n\x1A\n") {
        return Format::Png;
    }
    // Classic and BigTIFF, little- and big-endian.
    if [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|m| at(0, m)) {
        return Format::Tiff;
    }
    if at(0, b"RIFF") && at(8, b"WEBP") {
        return Format::WebP;
    }
    if at(0, b"PK\x03\x04") || at(0, b"PK\x05\x06") {
        return Format::Zip;
    }
    if at(4, b"ftyp") {
        return Format::Foreign(match head.get(8..12) {
            Some(b"avif" | b"avis") => "AVIF",
            Some(b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1") => "HEIC",
            _ => "MP4 and other video",
        });
    }
    let foreign = [
        (&b"GIF8"[..], "GIF"),
        (b"BM", "BMP"),
        (b"\0\0\0\x0CjP  \r\n\x87\n", "JPEG 2000"),
        (b"\xFF\x4F\xFF\x51", "JPEG 2000"),
        (b"\x97JB2\r\n\x1A\n", "JBIG2"),
        (b"\xFF\x0A", "JPEG XL"),
        (b"\0\0\0\x0CJXL ", "JPEG XL"),
        (b"AT&TFORM", "DjVu"),
        (b"%!PS", "PostScript"),
    ];
    if let Some((_, name)) = foreign.iter().find(|(magic, _)| at(0, magic)) {
        return Format::Foreign(name);
    }
    let head = &head[..head.len().min(SNIFF_BYTES)];
    if head.windows(5).any(|w| w == b"%PDF-") {
        return Format::Pdf;
    }
    let is_text = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
    if head.iter().all(is_text) { Format::Text } else { Format::Unknown }
}

/// Whether a name says that the file is a scan, so that a person would miss it if nothing were said about it.
pub fn claims_to_be_a_scan(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
    matches!(
        extension.as_str(),
        "pdf"
            | "tif"
            | "tiff"
            | "jpg"
            | "jpeg"
            | "jpe"
            | "jfif"
            | "png"
            | "webp"
            | "zip"
            | "heic"
            | "heif"
            | "avif"
            | "bmp"
            | "gif"
            | "jp2"
            | "j2k"
            | "jxl"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        let cases: [(&[u8], Format); 12] = [
            (b"", Format::Empty),
            (b"%PDF-1.7\n", Format::Pdf),
            (b"\x1B%-12345X@PJL\r\n%PDF-1.4", Format::Pdf),
            (b"\xFF\xD8\xFF\xE0", Format::Jpeg),
            (b"MM\0*\0\0\0\x08", Format::Tiff),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Format::WebP),
            (b"RIFF\x10\0\0\0WAVEfmt ", Format::Unknown),
            (b"PK\x03\x04rest", Format::Zip),
            (b"\0\0\0\x18ftypheic\0\0", Format::Foreign("HEIC")),
            (b"\0\0\0\x18ftypavif\0\0", Format::Foreign("AVIF")),
            ("só texto, não é PDF".as_bytes(), Format::Text),
            (b"\x7FELF\x02\x01\0\0", Format::Unknown),
        ];
        for (head, format) in cases {
            assert_eq!(sniff(head), format, "{head:?}");
        }
        assert!(claims_to_be_a_scan("pasta/Prova 1.PDF"));
        assert!(!claims_to_be_a_scan("roster.csv") && !claims_to_be_a_scan("pdf"));
    }
}
