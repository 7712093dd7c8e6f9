//! Where each kind of file lies. A path has ids and numbers in it, and no name of a person.

use uuid::Uuid;

/// A file. The kind comes first, for a bucket's rules know nothing but the beginning of a name; then the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// What a package is printed from: `PACKAGE.json`, pictures, PDFs.
    PackageInput { tenant: String, package: Uuid, name: String },
    /// What was printed.
    PackageFile { tenant: String, package: Uuid, name: String },
    /// A file on its way in, put there by a signed link.
    Upload { tenant: String, upload: Uuid },
    /// A piece of a file on its way in, put there through the service.
    Piece { tenant: String, upload: Uuid, piece: Uuid },
    /// A scan, as it came.
    Scan { tenant: String, batch: Uuid, number: u32 },
    /// A picture of a page, or of a part of it ([`is_crop`]).
    Picture { tenant: String, batch: Uuid, page: u32, name: String },
    /// Rows on their way to the warehouse.
    Rows { tenant: String, name: String },
}

/// Whether a picture of this name is of a part of a page: those are kept for another time than whole pages.
pub fn is_crop(name: &str) -> bool {
    name.starts_with("field-") || name.starts_with("code")
}

impl Key {
    pub fn path(&self) -> String {
        match self {
            Key::PackageInput { tenant, package, name } => format!("packages/{tenant}/{package}/input/{name}"),
            Key::PackageFile { tenant, package, name } => format!("packages/{tenant}/{package}/files/{name}"),
            Key::Upload { tenant, upload } => format!("{UPLOADS}{tenant}/{upload}/whole"),
            Key::Piece { tenant, upload, piece } => format!("{UPLOADS}{tenant}/{upload}/{piece}"),
            Key::Scan { tenant, batch, number } => format!("batches/{tenant}/{batch}/scans/{number}"),
            Key::Picture { tenant, batch, page, name } => format!("batches/{tenant}/{batch}/pages/{page}/{name}"),
            // What is left of them after a crash goes with other files that never arrived.
            Key::Rows { tenant, name } => format!("{UPLOADS}{tenant}/warehouse/{name}"),
        }
    }
}

/// How all files on their way in begin.
pub const UPLOADS: &str = "uploads/";

/// Files that belong together, and are listed and deleted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Folder {
    Package { tenant: String, package: Uuid },
    PackageFiles { tenant: String, package: Uuid },
    Upload { tenant: String, upload: Uuid },
    Batch { tenant: String, batch: Uuid },
    Scans { tenant: String, batch: Uuid },
    Pictures { tenant: String, batch: Uuid },
    PagePictures { tenant: String, batch: Uuid, page: u32 },
}

impl Folder {
    /// Without a slash at its end.
    pub fn path(&self) -> String {
        match self {
            Folder::Package { tenant, package } => format!("packages/{tenant}/{package}"),
            Folder::PackageFiles { tenant, package } => format!("packages/{tenant}/{package}/files"),
            Folder::Upload { tenant, upload } => format!("{UPLOADS}{tenant}/{upload}"),
            Folder::Batch { tenant, batch } => format!("batches/{tenant}/{batch}"),
            Folder::Scans { tenant, batch } => format!("batches/{tenant}/{batch}/scans"),
            Folder::Pictures { tenant, batch } => format!("batches/{tenant}/{batch}/pages"),
            Folder::PagePictures { tenant, batch, page } => format!("batches/{tenant}/{batch}/pages/{page}"),
        }
    }
}

/// Whether a file of a package may have this name: relative, below its folder, and plain.
pub fn is_safe_name(name: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.chars().all(|c| !c.is_control() && !"\\:*?\"<>|".contains(c))
    };
    name.len() <= 255 && name.split('/').all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below_their_folder() {
        for good in ["a.pdf", "layouts/0a.json", "mapa do município.png"] {
            assert!(is_safe_name(good), "{good}");
        }
        for bad in ["", "/etc/passwd", "../a", "a/../b", "a//b", "a\\b", "C:a", "a\0b"] {
            assert!(!is_safe_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_file_lies_in_its_folder() {
        let (tenant, id) = (|| "t".to_owned(), Uuid::nil());
        let within = |key: Key, folder: Folder| assert!(key.path().starts_with(&format!("{}/", folder.path())));
        let file = Key::PackageFile { tenant: tenant(), package: id, name: "a.pdf".into() };
        within(file.clone(), Folder::Package { tenant: tenant(), package: id });
        within(file, Folder::PackageFiles { tenant: tenant(), package: id });
        let piece = Key::Piece { tenant: tenant(), upload: id, piece: id };
        within(piece, Folder::Upload { tenant: tenant(), upload: id });
        within(Key::Scan { tenant: tenant(), batch: id, number: 0 }, Folder::Scans { tenant: tenant(), batch: id });
        let picture = Key::Picture { tenant: tenant(), batch: id, page: 1, name: "field-0.jpg".to_owned() };
        within(picture.clone(), Folder::PagePictures { tenant: tenant(), batch: id, page: 1 });
        within(picture, Folder::Pictures { tenant: tenant(), batch: id });
    }
}
