//! What a file says of itself: the information dictionary (14.3.3), and the same as XMP (14.3.2) where a standard asks
//! for it. Nothing in it is of the hour in which it was written.

use super::conformance::Conformance;
use pdf_writer::{Chunk, Name, Ref, Str, TextStr};

/// A file's title, and what else its catalog has.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    pub title: &'a str,
    /// `2026-11-20`: what PDF/X-4 has as the day on which the file was made.
    pub day: &'a str,
    /// Entries of the catalog.
    pub catalog: &'a [u8],
}

/// Where no day is known: PDF/X-4 must have one.
pub const NO_DAY: &str = "2000-01-01";

const PRODUCER: &str = concat!("gabarito ", env!("CARGO_PKG_VERSION"));

/// The information dictionary's body.
pub(super) fn information(conformance: Conformance, about: &About) -> Vec<u8> {
    let mut chunk = Chunk::new();
    let mut info = chunk.indirect(Ref::new(1)).dict();
    info.pair(Name(b"Title"), TextStr(about.title)).pair(Name(b"Producer"), TextStr(PRODUCER));
    if conformance == Conformance::X4 {
        let date = format!("D:{}000000Z", about.day.replace('-', ""));
        info.pair(Name(b"CreationDate"), Str(date.as_bytes())).pair(Name(b"ModDate"), Str(date.as_bytes()));
        info.pair(Name(b"Trapped"), Name(b"False"));
    }
    drop(info);
    inner(chunk.as_bytes()).to_vec()
}

/// An object's body without its `n 0 obj` and `endobj`.
fn inner(object: &[u8]) -> &[u8] {
    let start = object.windows(3).position(|w| w == b"obj").map_or(0, |i| i + 3);
    let end = object.windows(6).rposition(|w| w == b"endobj").unwrap_or(object.len());
    object[start..end].trim_ascii()
}

/// The XMP packet, where one is asked for. `id` tells the file from others: 32 hexadecimal digits.
pub(super) fn xmp(conformance: Conformance, about: &About, id: &str) -> Option<String> {
    let claims = match conformance {
        Conformance::Plain => return None,
        Conformance::A2b => "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>".to_owned(),
        Conformance::X4 => {
            let date = format!("{}T00:00:00Z", about.day);
            let [a, b, c, d, e] = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| id[part].to_lowercase());
            format!(
                "<pdfxid:GTS_PDFXVersion>PDF/X-4</pdfxid:GTS_PDFXVersion><pdf:Trapped>False</pdf:Trapped>\
                 <xmp:CreateDate>{date}</xmp:CreateDate><xmp:ModifyDate>{date}</xmp:ModifyDate>\
                 <xmp:MetadataDate>{date}</xmp:MetadataDate><xmpMM:DocumentID>uuid:{a}-{b}-{c}-{d}-{e}\
                 </xmpMM:DocumentID><xmpMM:VersionID>1</xmpMM:VersionID>\
                 <xmpMM:RenditionClass>default</xmpMM:RenditionClass>"
            )
        }
    };
    let title = escaped(about.title);
    Some(format!(
        "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" \
         xmlns:xmpMM=\"http://ns.adobe.com/xap/1.0/mm/\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\" \
         xmlns:pdfxid=\"http://www.npes.org/pdfx/ns/id/\"><dc:format>application/pdf</dc:format>\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\
         <pdf:Producer>{PRODUCER}</pdf:Producer>{claims}</rdf:Description></rdf:RDF></x:xmpmeta>\n\
         <?xpacket end=\"r\"?>"
    ))
}

/// As XML's text; what XML 1.0 cannot say at all is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' | '\r' => out.push(c),
            '\0'..=' ' if c != ' ' => {}
            '\u{FFFE}' | '\u{FFFF}' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_stays_what_it_is_in_xml() {
        assert_eq!(escaped("2º <simulado> & \u{1}mais"), "2º &lt;simulado&gt; &amp; mais");
    }

    #[test]
    fn the_claim_is_in_the_packet() {
        let about = About { title: "Prova", day: "2026-11-20", catalog: b"" };
        let id = "00112233445566778899AABBCCDDEEFF";
        assert_eq!(xmp(Conformance::Plain, &about, id), None);
        assert!(xmp(Conformance::A2b, &about, id).unwrap().contains("<pdfaid:part>2<"));
        let x4 = xmp(Conformance::X4, &about, id).unwrap();
        assert!(x4.contains("uuid:00112233-4455-6677-8899-aabbccddeeff") && x4.contains("2026-11-20T00:00:00Z"));
        let info = String::from_utf8(information(Conformance::X4, &about)).unwrap();
        assert!(info.contains("(D:20261120000000Z)") && info.contains("/Trapped /False"), "{info}");
    }
}
