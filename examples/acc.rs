use gabarito::accuracy::table::{Plan, markdown, run};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let plan = Plan { pages: a[1].parse().unwrap(), seed: a[2].parse().unwrap(), only: a.get(3).cloned() };
    std::fs::create_dir_all("/tmp/faults").unwrap();
    let rows = run(
        &plan,
        &|r| eprintln!("{} by qr {} backup {} {:.1} ms", r.tally.row(&r.name), r.tally.by_qr, r.tally.by_backup, r.ms),
        &|f| {
            std::fs::write(format!("/tmp/faults/{}-{}.bin", f.set, f.page), f.bytes).unwrap();
            eprintln!(
                "LOOK {} {} {:?} {:?} anchors {:?} {:?}",
                f.set,
                f.page,
                f.reading.outcome,
                f.reading.issues,
                f.trace.trace.refined.as_ref().map(|r| r.seen()),
                f.reading.registration
            );
            for (fr, ms) in f
                .reading
                .fields
                .iter()
                .zip(&f.trace.trace.measured)
                .filter(|x| x.0.status == gabarito::read::result::FieldStatus::Doubtful)
                .take(6)
            {
                for (m, r) in ms.iter().zip(&fr.marks) {
                    if r.probability > 0.05 && r.probability < 0.95 {
                        eprintln!("   {} {} {:?} {:.2} {:?}", fr.id, r.label, r.state, r.probability, m);
                    }
                }
            }
            for id in &f.tally.wrong_fields {
                if let Some(x) = f.reading.fields.iter().find(|x| x.id == *id) {
                    let marks: Vec<String> = x
                        .marks
                        .iter()
                        .filter(|m| m.ink > 0.02 || m.label.is_empty())
                        .map(|m| format!("{}{:?}:{:.4}/{:?}/{:.3}", m.label, m.column, m.ink, m.state, m.probability))
                        .collect();
                    eprintln!(
                        "WRONG {} {} {} {:?} {:?} conf {:.3} {}",
                        f.set,
                        f.page,
                        x.id,
                        x.status,
                        x.marked,
                        x.confidence,
                        marks.join(" ")
                    );
                }
            }
        },
    )
    .unwrap();
    println!("{}", markdown(&rows));
}
