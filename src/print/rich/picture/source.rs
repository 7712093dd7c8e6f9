//! Where pictures come from. Nothing is fetched from anywhere but through a [`Source`].

use super::MAX_BYTES;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

pub trait Source {
    /// The bytes under a reference, as the question's text has it; or why there are none.
    fn fetch(&self, reference: &str) -> Result<Vec<u8>, String>;
}

/// Has nothing.
pub struct NoSource;

impl Source for NoSource {
    fn fetch(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("nothing is fetched here; a data: URI is expected".to_owned())
    }
}

/// The files in a package's folder and below, and none elsewhere.
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// An empty path, such as a bare file name's parent, is the folder that the program runs in.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Folder { root: if root.as_os_str().is_empty() { PathBuf::from(".") } else { root } }
    }
}

impl Source for Folder {
    fn fetch(&self, reference: &str) -> Result<Vec<u8>, String> {
        const EXPECTED: &str = "the name of a file in the package's folder is expected";
        let decoded = percent_encoding::percent_decode_str(reference).decode_utf8();
        let name = decoded.unwrap_or(Cow::Borrowed(reference));
        let inside = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
        if name.contains([':', '\\', '\0']) || !Path::new(&*name).components().all(inside) {
            return Err(EXPECTED.to_owned());
        }
        let open = || {
            let root = self.root.canonicalize()?;
            let path = root.join(&*name).canonicalize()?;
            Ok::<_, std::io::Error>((path.starts_with(root) && path.is_file()).then_some(path))
        };
        // The path is the caller's own affair: it is not said.
        let path = open().map_err(|error| format!("it can't be read: {}", error.kind()))?.ok_or(EXPECTED)?;
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|error| format!("it can't be read: {}", error.kind()))?;
        // One byte more than is taken, so that a file that is too long is told.
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    }
}

/// What a `data:` URI holds (RFC 2397); None for any other reference.
pub fn data_uri(reference: &str) -> Option<Result<Vec<u8>, String>> {
    let scheme = reference.get(..5)?;
    if !scheme.eq_ignore_ascii_case("data:") {
        return None;
    }
    Some(decode_data(&reference[5..]))
}

fn decode_data(uri: &str) -> Result<Vec<u8>, String> {
    let (head, body) = uri.split_once(',').ok_or("a data: URI without a comma before its data")?;
    // Decoded, it is three quarters as long.
    if body.len() / 4 * 3 > MAX_BYTES + 1_000 {
        return Err(format!("its data is {} bytes long; at most {} MiB are expected", body.len(), MAX_BYTES >> 20));
    }
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(body).collect();
    if !head.trim_end().to_ascii_lowercase().ends_with(";base64") {
        return Ok(bytes);
    }
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let letters: Vec<u8> = bytes.into_iter().filter(|b| !b.is_ascii_whitespace()).collect();
    LENIENT.decode(letters).map_err(|error| format!("its data is no Base64: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_what_is_in_it_alone() {
        let folder = std::env::temp_dir().join(format!("gabarito-pictures-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("img")).unwrap();
        std::fs::write(folder.join("img/a b.png"), b"x").unwrap();
        let source = Folder::new(&folder);
        assert_eq!(source.fetch("img/a%20b.png"), Ok(b"x".to_vec()));
        assert_eq!(source.fetch("./img/a b.png"), Ok(b"x".to_vec()));
        assert!(Folder::new("").fetch("Cargo.toml").is_ok(), "the folder that tests run in");
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", folder.join("img/link.png")).unwrap();
        let bad = [
            "/etc/passwd",
            "../x",
            "img/../../x",
            "%2e%2e/x",
            "file:///etc/passwd",
            "http://x/y.png",
            "img",
            "none.png",
            "img\\a b.png",
            "C:/x.png",
            "img/link.png",
            "javascript:alert(1)",
            "\0",
            "",
        ];
        for reference in bad {
            assert!(source.fetch(reference).is_err(), "{reference}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn data_uris_as_they_are_found() {
        let data = |uri: &str| data_uri(uri).unwrap();
        assert_eq!(data("data:image/png;base64,QUJD"), Ok(b"ABC".to_vec()));
        assert_eq!(data("DATA:;base64,QU\n%0AI"), Ok(b"AB".to_vec()));
        assert_eq!(data("data:,a%20b%"), Ok(b"a b%".to_vec()));
        assert!(data("data:image/png;base64").is_err() && data("data:;base64,é").is_err());
        assert!(data_uri("dat").is_none() && data_uri("é.png?data:").is_none());
    }
}
