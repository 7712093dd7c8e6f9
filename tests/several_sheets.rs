//! Two sheets on one picture: one is read, and the other is never lost silently.

use gabarito::accuracy::Masters;
use gabarito::raster::{Gray, Partial};
use gabarito::read::Reader;
use gabarito::read::layouts::Layouts;
use gabarito::read::policy::Policy;
use gabarito::read::result::{Outcome, Source};
use gabarito::sheet::SheetKey;

#[test]
fn two_a4_sheets_on_an_a3_scan_are_for_a_person() {
    let key = SheetKey::new("several");
    let masters = Masters::new(&key).unwrap();
    let layouts = Layouts::from_layouts(masters.layouts.iter().cloned());
    let reader = Reader { layouts, key, policy: Policy::default() };
    let read = |picture| reader.read(&mut Partial::whole(picture), Source { file: "a3".into(), page: 1 }).0;
    let (a, b) = (&masters.pages[0], &masters.pages[1]);
    let beside = |right: &dyn Fn(usize, usize) -> u8| {
        let (w, h) = (a.picture.width, a.picture.height);
        let mut both = Gray::new(2 * w, h, 255);
        for y in 0..h {
            let row = both.row_mut(y);
            row[..w].copy_from_slice(a.picture.row(y));
            row[w..].iter_mut().enumerate().for_each(|(x, v)| *v = right(x, y));
        }
        read(both)
    };
    let (w, h) = (b.picture.width, b.picture.height);
    let upright = beside(&|x, y| b.picture.get(x, y));
    let turned = beside(&|x, y| b.picture.get(w - 1 - x, h - 1 - y));
    for reading in [&upright, &turned] {
        assert!(matches!(reading.outcome, Outcome::Review | Outcome::Unidentified), "{:?}", reading.outcome);
        let issue = reading.issues.iter().find(|i| i.code == "several_sheets");
        let issue = issue.unwrap_or_else(|| panic!("{:?} {:?}", reading.issues, reading.registration));
        if let Some(said) = reading.sheet.as_ref().and_then(|s| s.id.as_ref()) {
            let other = if said == &a.sheet_id { &b.sheet_id } else { &a.sheet_id };
            assert!(issue.detail.contains(other.as_str()), "{}", issue.detail);
        }
    }
    let alone = read(a.picture.clone());
    assert!(alone.issues.iter().all(|i| i.code != "several_sheets"));
}
