//! What the fuzzer once found stays mended, and what it begins with is sound. `tests/fuzz/run` finds more.

#[path = "fuzz/targets.rs"]
mod targets;

use std::path::Path;

#[test]
fn earlier_finds_stay_mended() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/regressions");
    for (target, _) in targets::TARGETS {
        let Ok(files) = std::fs::read_dir(folder.join(target)) else { continue };
        for file in files {
            let path = file.unwrap().path();
            println!("{}", path.display());
            targets::run(target, &std::fs::read(&path).unwrap());
        }
    }
}

/// `GABARITO_SEEDS=DIR cargo test --test regressions` leaves the seeds there, a folder for each target.
#[test]
fn seeds_are_sound() {
    for (target, _) in targets::TARGETS {
        let seeds = targets::seeds(target);
        assert!(!seeds.is_empty(), "{target}");
        for (n, seed) in seeds.iter().enumerate() {
            targets::run(target, seed);
            if let Some(dir) = std::env::var_os("GABARITO_SEEDS") {
                let folder = Path::new(&dir).join(target);
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(folder.join(format!("seed-{n}")), seed).unwrap();
            }
        }
    }
}
