//! A page that is decoded only where it is looked at reads as one that is decoded whole.

use gabarito::accuracy::{Masters, specimen};
use gabarito::limits::Limits;
use gabarito::raster::Partial;
use gabarito::read::Reader;
use gabarito::read::layouts::Layouts;
use gabarito::read::pages::open_bytes;
use gabarito::read::policy::Policy;
use gabarito::read::result::{FieldReading, PageReading};
use gabarito::sheet::SheetKey;
use gabarito::sim::sets;

#[test]
fn in_parts_and_whole_a_page_reads_the_same() {
    let key = SheetKey::new("partly");
    let masters = Masters::new(&key).unwrap();
    let layouts = Layouts::from_layouts(masters.layouts.iter().cloned());
    let reader = Reader { layouts, key, policy: Policy::default() };
    let limits = Limits::default();
    let mut in_parts = 0;
    for name in ["clean-300", "phone-perspective", "phone-shadow", "curled", "dark-desk"] {
        for n in 0..4 {
            let made = specimen(sets::find(name).unwrap(), &masters, n, 9);
            let page = open_bytes("page", made.bytes, &limits).next().unwrap();
            let partly = page.decode_partly(&limits).unwrap();
            in_parts += usize::from(!partly.gray.is_whole());
            let (partly, _) = reader.read_page(&page, &limits);
            let mut whole = Partial::whole(page.decode(&limits).unwrap().gray);
            let (whole, _) = reader.read(&mut whole, page.source.clone());
            // The two coarse pictures differ by a rounding, so tags may be seen in another order.
            let known = |r: &PageReading| (r.outcome, r.identified_by, r.sheet.clone(), r.issues.clone());
            assert_eq!(known(&partly), known(&whole), "{name} {n}");
            assert_eq!(partly.fields.len(), whole.fields.len());
            for (p, w) in partly.fields.iter().zip(&whole.fields) {
                let said = |f: &FieldReading| (f.status, f.marked.clone(), f.value.clone());
                assert_eq!(said(p), said(w), "{name} {n} {}", p.id);
                // A bubble that a glance shows to be empty has the ink of another; which ones do, a rounding decides.
                let alike = p.marks.iter().zip(&w.marks).all(|(a, b)| (a.ink - b.ink).abs() < 0.05);
                assert!(alike && (p.confidence - w.confidence).abs() < 0.05, "{name} {n}: {p:?} {w:?}");
            }
        }
    }
    assert!(in_parts >= 12, "only {in_parts} of 20 pages were decoded in parts");
}
