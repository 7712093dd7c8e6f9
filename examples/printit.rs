fn main() {
    let a: Vec<String> = std::env::args().collect();
    let mut p = match gabarito::print::Package::from_slice(&std::fs::read(&a[1]).unwrap()) {
        Ok(p) => p,
        Err(f) => {
            for f in f {
                println!("{f}");
            }
            std::process::exit(1)
        }
    };
    p.load_logo(std::path::Path::new(&a[1]).parent().unwrap()).unwrap();
    let key = gabarito::sheet::SheetKey::new("k");
    let t = std::time::Instant::now();
    let r = if a[2] == "-" {
        gabarito::print::print_to(&p, &key, &mut gabarito::print::Discard, &|_, _| {}).unwrap()
    } else {
        gabarito::print::print(&p, &key, std::path::Path::new(&a[2]), &|_, _| {}).unwrap()
    };
    let s = t.elapsed().as_secs_f64();
    println!("{r:?}\n{:.0} pages/s, {:.1} bytes/page", r.pages as f64 / s, r.bytes as f64 / r.pages as f64);
}
