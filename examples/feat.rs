use gabarito::accuracy::*;
use gabarito::read::{Reader, fields::Policy, layouts::Layouts};
use gabarito::sheet::SheetKey;
use gabarito::sim::sets;
use rayon::prelude::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let n: usize = a[1].parse().unwrap();
    let key = SheetKey::new("accuracy");
    let masters = Masters::new(&key).unwrap();
    let reader =
        Reader { layouts: Layouts::from_layouts(masters.layouts.iter().cloned()), key, policy: Policy::default() };
    for name in &a[2..] {
        let set = sets::find(name).unwrap();
        let out: Vec<String> = (0..n).into_par_iter().flat_map(|i| {
            let s = specimen(set, &masters, i, 7);
            let (reading, trace) = read(&reader, s.bytes.clone()); if !reading.issues.is_empty() || std::env::var("DUMP").is_ok() { std::fs::write(format!("/tmp/faults/{name}-{i}.bin"), &s.bytes).unwrap(); eprintln!("{name} {i} {:?} anchors {:?}", reading.issues, trace.trace.refined.as_ref().map(|r| r.seen())); }
            let mut v = vec![];
            for (f, m) in trace.trace.measured.iter().enumerate() {
                let id = &masters.pages[s.master].page.fields[f].id;
                let Some(e) = s.expected.iter().find(|e| e.id == *id) else { continue };
                for (j, b) in m.iter().enumerate() {
                    let mark = e.marks.iter().find(|d| d.bubble == j).map_or("None".to_owned(), |d| format!("{:?}", d.mark));
                    let r = &reading.fields[f].marks[j];
                    v.push(format!("{name},{i},{id},{j},{mark},{:.3},{:.3},{:.3},{:.3},{:.3},{:.3},{:.3},{:.3},{:.0},{:?},{:.3},{:?}", b.ink, b.coverage, b.evenness, b.darkest, b.emptiest[0], b.emptiest[1], b.middle, b.outside, b.paper, r.state, r.probability, reading.fields[f].status));
                }
            }
            v
        }).collect();
        for l in out {
            println!("{l}");
        }
    }
}
