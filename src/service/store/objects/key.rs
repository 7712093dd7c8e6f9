//! Where each kind of file lies. A path has ids and numbers in it, and no name of a person.

use uuid::Uuid;

/// A file. The tenant comes first, so that what is one tenant's can be listed, counted and deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// What a package is printed from: `PACKAGE.json`, pictures, PDFs.
    PackageInput { tenant: String, package: Uuid, name: String },
    /// What was printed.
    PackageFile { tenant: String, package: Uuid, name: String },
    /// A file on its way in.
    Upload { tenant: String, upload: Uuid },
    /// A scan, as it came.
    Scan { tenant: String, batch: Uuid, number: u32 },
    /// A picture of a page, or of a part of it.
    Picture { tenant: String, batch: Uuid, page: u32, name: String },
}

impl Key {
    pub fn path(&self) -> String {
        match self {
            Key::PackageInput { tenant, package, name } => format!("{tenant}/packages/{package}/input/{name}"),
            Key::PackageFile { tenant, package, name } => format!("{tenant}/packages/{package}/files/{name}"),
            Key::Upload { tenant, upload } => format!("{tenant}/uploads/{upload}"),
            Key::Scan { tenant, batch, number } => format!("{tenant}/batches/{batch}/scans/{number}"),
            Key::Picture { tenant, batch, page, name } => format!("{tenant}/batches/{batch}/pages/{page}/{name}"),
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
