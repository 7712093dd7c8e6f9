use super::paper::{self, *};
use gabarito::accuracy;
use gabarito::read::Reader;
use gabarito::read::fields::Policy;
use gabarito::read::layouts::Layouts;
use gabarito::sheet::SheetKey;
use gabarito::sim::mark::{self, Bubble};
use gabarito::sim::{encode, sets};
use fastrand::Rng;

#[test]
#[ignore]
fn probe() {
    let names = std::env::var("SETS").unwrap_or("clean-200".into());
    let pages: usize = std::env::var("PAGES").ok().and_then(|p| p.parse().ok()).unwrap_or(6);
    let reader = Reader { layouts: Layouts::default(), key: SheetKey::new("t"), policy: Policy::default() };
    let names: Vec<&str> = if names == "all" { sets::SETS.iter().map(|s| s.name).collect() } else { names.split(',').collect() };
    let noqr = std::env::var("NOQR").is_ok();
    for name in names {
        let set = sets::find(name).unwrap();
        let (mut right, mut wrong, mut doubtful, mut unread, mut extra, mut ided) = (0, 0, 0, 0, 0, 0);
        let mut time = 0.0;
        for n in 0..pages {
            let mut rng = Rng::with_seed(n as u64 * 7919 + 13);
            let alternatives: fn(usize) -> usize = if n % 2 == 0 { |_| 5 } else { |_| 4 };
            let mut sheet = Sheet::new([90, 45, 150, 10, 20, 64][n % 6], alternatives, n);
            sheet.qr = !noqr;
            let (master, spots) = paper::draw(&sheet, &mut rng);
            let recipe = (set.recipe)(&mut rng);
            let mut page = recipe.print(&master, PX_PER_MM, &mut rng);
            let hand = (set.hand)(&mut rng);
            let mut groups: Vec<Vec<&Spot>> = Vec::new();
            for s in &spots {
                let same = |g: &&mut Vec<&Spot>| g[0].field == s.field && (s.field != "matricula" || (g[0].x - s.x).abs() < 1.0);
                match groups.iter_mut().find(same) { Some(g) => g.push(s), None => groups.push(vec![s]) }
            }
            let mut truth: Vec<(String, Vec<(String, mark::Mark)>)> = Vec::new();
            for g in &groups {
                let wanted = if rng.u32(..100) < 5 { usize::MAX } else { rng.usize(..g.len()) };
                let second = if rng.u32(..100) < 2 { rng.usize(..g.len()) } else { usize::MAX };
                let mut done = Vec::new();
                for (i, s) in g.iter().enumerate() {
                    let m = if i == wanted || i == second { (set.chosen)(&mut rng) } else { (set.rejected)(&mut rng) };
                    if let Some(m) = m {
                        mark::draw(&mut page, PX_PER_MM, Bubble { x: s.x, y: s.y, rx: RADIUS_MM, ry: RADIUS_MM }, m, &hand, &mut rng);
                        done.push((s.label.clone(), m));
                    }
                }
                match truth.iter_mut().find(|t| t.0 == g[0].field) { Some(t) => t.1.extend(done), None => truth.push((g[0].field.clone(), done)) }
            }
            let shot = recipe.shoot(&page, PX_PER_MM, None, &mut rng);
            let bytes = encode::encode(&shot, shot.format);
            let dump = std::env::var("DUMP").ok();
            if let Some(d) = &dump { std::fs::write(format!("{d}/{name}-{n}.{}", if bytes.starts_with(b"\xff\xd8") {"jpg"} else if bytes.starts_with(b"\x89P") {"png"} else {"tif"}), &bytes).unwrap(); }
            if std::env::var("TIME").is_ok() {
                use std::time::Instant;
                let t = Instant::now();
                let r = gabarito::read::register::register(&mut gabarito::raster::Partial::whole(shot.picture.clone()));
                println!("native register {:?} {:?}", t.elapsed(), r.is_ok());
            }
            let (reading, _t) = accuracy::read(&reader, bytes);
            time += reading.timings_ms.total;
            let id = reading.sheet.as_ref().and_then(|s| s.id.clone());
            ided += usize::from(id.as_deref() == Some(ID));
            if let Some(id) = &id { assert_eq!(id, ID); }
            if std::env::var("MARKS").is_ok() {
                for f in reading.fields.iter().take(4) {
                    for m in f.marks.iter().take(12) { println!("    {} {} ink {:.3} {:?} p {:.3}", f.id, m.label, m.ink, m.state, m.probability); }
                }
                for m in _t.trace.measured.iter().skip(1).take(2).flatten() { println!("{m:?}"); }
            }
            let mut w = Vec::new();
            let mut d = Vec::new();
            let (mut u, mut x) = (0, 0);
            for (field, done) in &truth {
                let Some(f) = reading.fields.iter().find(|f| f.id == *field) else { u += 1; continue };
                let labels: Vec<&String> = spots.iter().filter(|s| s.field == *field).map(|s| &s.label).collect();
                if f.marks.len() != labels.len() { x += 1; }
                if f.status == gabarito::read::result::FieldStatus::Doubtful {
                    if std::env::var("DOUBT").is_ok() {
                        let i = reading.fields.iter().position(|o| o.id == f.id).unwrap();
                        for (m, j) in _t.trace.measured[i].iter().zip(&f.marks) {
                            use gabarito::read::result::MarkState::*;
                            if !matches!(j.state, Empty | Filled) {
                                println!("    doubt {name} {n} {} {} {:?} ink {:.2} cov {:.2} dark {:.2} out {:.3} outline {:.2} emptiest {:.2} even {:.2} done {:?}", f.id, j.label, j.state, m.ink, m.coverage, m.darkest, m.outside, m.outline, m.emptiest[1], m.evenness, done);
                            }
                        }
                    }
                    d.push(field.clone()); continue }
                let said: Vec<&String> = f.marked.iter().collect();
                let chosen = |l: &String| done.iter().filter(|d| d.0 == *l).map(|d| d.1.intent()).collect::<Vec<_>>();
                use gabarito::sim::Intent::*;
                let ok = if field == "matricula" { said.len() == done.iter().filter(|d| d.1.intent()==Chosen).count() } else { said.iter().all(|l| { let c = chosen(l); !c.is_empty() && c.iter().any(|i| *i != TakenBack) })
                    && done.iter().all(|d| d.1.intent() != Chosen || said.contains(&&d.0)) };
                if let Ok(kind) = std::env::var("FEAT") {
                    let i = reading.fields.iter().position(|o| o.id == f.id).unwrap();
                    for (m, j) in _t.trace.measured[i].iter().zip(&f.marks) {
                        let mark = done.iter().find(|d| d.0 == j.label && field != "matricula").map(|d| d.1);
                        use gabarito::read::result::MarkState::*;
                        if j.state == Empty && field != "matricula" && (mark.is_some() || kind == "all") {
                            println!("FEAT {name} {n} {} {} {:?} ink {:.3} dark {:.3} cov {:.3} out {:.3} outline {:.2} empt {:.3} {:.3} mid {:.3} ok {ok}", f.id, j.label, mark, m.ink, m.darkest, m.coverage, m.outside, m.outline, m.emptiest[0], m.emptiest[1], m.middle);
                        }
                    }
                }
                if ok { right += 1 } else { w.push(format!("{field}: {:?} {:?} {:.3}", f.marked, done, f.confidence)); }
            }
            let e = reading.fields.iter().filter(|f| truth.iter().all(|t| t.0 != f.id)).count();
            (wrong, doubtful, unread, extra) = (wrong + w.len(), doubtful + d.len(), unread + u, extra + x + e);
            if !w.is_empty() || u > 0 || x + e > 0 || std::env::var("LOUD").is_ok() || d.len() > 6 {
                println!("  {name} {n} q{} k{} {:?} u{u} x{x} e{e} issues {:?} reg {:?} t {:?} wrong {w:?} doubt {}", sheet.questions, (sheet.alternatives)(0), reading.outcome, reading.issues.iter().map(|i| format!("{}:{}", i.code, i.detail)).collect::<Vec<_>>(), reading.registration.as_ref().map(|r| (r.rotation, r.mirrored, r.dpi as i32, (r.residual_mm*1000.0) as i32, r.marks)), reading.timings_ms, d.len());
            }
        }
        println!("{name}: ided {ided}/{pages} right {right} doubtful {doubtful} unread {unread} extent {extra} WRONG {wrong} {:.0} ms", time / pages as f64);
    }
}
