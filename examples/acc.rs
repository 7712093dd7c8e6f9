use gabarito::accuracy::table::{Plan, markdown, run};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let plan = Plan { pages: a[1].parse().unwrap(), seed: 1, only: a.get(2).cloned() };
    std::fs::create_dir_all("/tmp/faults").unwrap();
    let rows = run(
        &plan,
        &|r| eprintln!("{} by qr {} backup {} {:.1} ms", r.tally.row(&r.name), r.tally.by_qr, r.tally.by_backup, r.ms),
        &|f| {
            let head = &f.bytes[..4];
            let ext = if head[0] == 0xff {
                "jpg"
            } else if &head[1..4] == b"PNG" {
                "png"
            } else {
                "tif"
            };
            std::fs::write(format!("/tmp/faults/{}-{}.{ext}", f.set, f.page), f.bytes).unwrap();
            let mut s = format!("{:?}\n", f.reading.registration);
            for id in &f.tally.wrong_fields {
                if let Some(x) = f.reading.fields.iter().find(|x| x.id == *id) {
                    s += &serde_json::to_string(x).unwrap();
                    s += "\n";
                }
            }
            std::fs::write(format!("/tmp/faults/{}-{}.txt", f.set, f.page), s).unwrap();
        },
    )
    .unwrap();
    println!("{}", markdown(&rows));
}
