//! All that typst gets to see: one template, one file of data, our typefaces. No clock, no disk, no network.

use crate::print::typeface::BOOK;
use std::sync::LazyLock;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;

struct Fixed {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    template: Source,
    data: FileId,
}

static FIXED: LazyLock<Fixed> = LazyLock::new(|| {
    let file = |name| {
        let path = VirtualPath::new(name).expect("a plain name is a path");
        FileId::new(RootedPath::new(VirtualRoot::Project, path))
    };
    let font = |data: &'static [u8]| Font::new(Bytes::new(data), 0).expect("our own font is sound");
    let fonts: Vec<Font> = BOOK.iter().map(|face| font(face.data())).collect();
    Fixed {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        template: Source::new(file("template.typ"), include_str!("template.typ").to_owned()),
        data: file("data.json"),
    }
});

pub struct Sources {
    data: Bytes,
}

impl Sources {
    pub fn new(data: Vec<u8>) -> Self {
        Sources { data: Bytes::new(data) }
    }

    pub fn compile(&self) -> Result<PagedDocument, String> {
        let compiled = typst::compile::<PagedDocument>(self);
        // What is memoised of this text serves no other.
        comemo::evict(2);
        compiled.output.map_err(|errors| {
            let said: Vec<&str> = errors.iter().map(|e| e.message.as_str()).collect();
            said.join("; ")
        })
    }
}

impl World for Sources {
    fn library(&self) -> &LazyHash<Library> {
        &FIXED.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FIXED.book
    }

    fn main(&self) -> FileId {
        FIXED.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == FIXED.template.id() { Ok(FIXED.template.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == FIXED.data { Ok(self.data.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FIXED.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
