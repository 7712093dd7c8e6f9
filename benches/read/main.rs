//! The whole read of a page against libjpeg-turbo's bare gray decode of the same file, page by page in the same run.
//!
//! `read [PAGES] [GABARITO]` prints a part of benches/RESULTS.md. Times are CPU times of one thread, so that what else
//! runs on the machine counts little; of each pair of times the ratio is taken, and of the ratios the median.

mod cold;
mod scans;

use gabarito::accuracy::{Masters, compare};
use gabarito::limits::Limits;
use gabarito::read::layouts::Layouts;
use gabarito::read::policy::Policy;
use gabarito::read::result::PageReading;
use gabarito::read::{Reader, pages};
use gabarito::sheet::SheetKey;
use nix::time::{ClockId, clock_gettime};
use scans::{Kind, Scan};
use turbojpeg::{Decompressor, Image, PixelFormat};

/// Times that each page is decoded and read, turn by turn.
const TURNS: usize = 9;

fn main() {
    let mut args = std::env::args().skip(1);
    let count = args.next().map_or(20, |n| n.parse().expect("a number of pages"));
    let key = SheetKey::new(SheetKey::LAPTOP);
    let mut masters = Masters::new(&key).expect("the masters are printed");
    // The 90-question sheet, of two students.
    masters.pages.truncate(2);
    let layouts = masters.layouts.clone();
    let reader = Reader { layouts: Layouts::from_layouts(layouts), key, policy: Policy::default() };

    println!("## Reading\n");
    println!(
        "{count} scans of the 90-question A4 sheet at 300 dpi (simulator, set clean-300, any rotation; JPEG of quality \
         75–85). CPU time of one thread; medians of {TURNS} turns a page, decode and read turn by turn.\n"
    );
    println!("| file | libjpeg-turbo, ms | whole read, ms | **ratio** | pages/s a core | answers wrong, doubtful |");
    println!("|---|---|---|---|---|---|");
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        let scans: Vec<Scan> = (0..count).map(|n| Scan::new(kind, &masters, n)).collect();
        let measured: Vec<Measured> = scans.iter().map(|s| measure(&reader, &masters, s)).collect();
        let of = |f: fn(&Measured) -> f64| median(measured.iter().map(f).collect());
        let (wrong, doubtful) = measured.iter().fold((0, 0), |a, m| (a.0 + m.wrong, a.1 + m.doubtful));
        println!(
            "| {} | {:.1} | {:.1} | **{:.2}** | {:.0} | {wrong}, {doubtful} |",
            kind.name(),
            of(|m| m.turbo),
            of(|m| m.read),
            of(|m| m.ratio),
            1e3 / of(|m| m.read)
        );
        rows.push((kind, of(|m| m.stages[0]), of(|m| m.stages[1]), of(|m| m.stages[2]), of(|m| m.stages[3])));
    }
    println!(
        "\nlibjpeg-turbo always decodes a gray JPEG of the page, the progressive one where that is read. Goals: at most 0.6 for a \
         baseline JPEG, 1.2 for a progressive one; G4 within 4 ms.\n"
    );
    println!("| stages, ms (least of the turns, by the clock) | decode | register | identify | marks |");
    println!("|---|---|---|---|---|");
    for (kind, decode, register, identify, marks) in rows {
        println!("| {} | {decode:.1} | {register:.2} | {identify:.2} | {marks:.2} |", kind.name());
    }
    if let Some(program) = args.next() {
        cold::report(&program, &masters, count);
    }
}

struct Measured {
    turbo: f64,
    read: f64,
    ratio: f64,
    /// Decode, register, identify, marks.
    stages: [f64; 4],
    wrong: u64,
    doubtful: u64,
}

fn measure(reader: &Reader, masters: &Masters, scan: &Scan) -> Measured {
    let limits = Limits::default();
    let mut turbo = Decompressor::new().expect("libjpeg-turbo");
    let header = turbo.read_header(&scan.jpeg).expect("a JPEG");
    let mut pixels = vec![0; header.width * header.height];
    let (mut turbos, mut reads, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut stages = [f64::MAX; 4];
    let mut last: Option<PageReading> = None;
    for _ in 0..TURNS {
        let begun = cpu_ms();
        let image = Image {
            pixels: pixels.as_mut_slice(),
            width: header.width,
            pitch: header.width,
            height: header.height,
            format: PixelFormat::GRAY,
        };
        turbo.decompress(&scan.jpeg, image).expect("a JPEG");
        let between = cpu_ms();
        let page = pages::open_bytes("page", scan.bytes.clone(), &limits).next().expect("a page");
        let (reading, _) = reader.read_page(&page, &limits);
        let ended = cpu_ms();
        turbos.push(between - begun);
        reads.push(ended - between);
        ratios.push((ended - between) / (between - begun));
        let t = &reading.timings_ms;
        for (least, now) in stages.iter_mut().zip([t.decode, t.register, t.identify, t.marks]) {
            *least = least.min(now);
        }
        last = Some(reading);
    }
    let tally = compare(&last.expect("a turn"), masters, scan.master, &scan.expected);
    assert_eq!(tally.identified, 1, "a clean scan is identified");
    Measured {
        turbo: median(turbos),
        read: median(reads),
        ratio: median(ratios),
        stages,
        wrong: tally.wrong,
        doubtful: tally.doubtful,
    }
}

fn cpu_ms() -> f64 {
    let t = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a thread has a clock");
    t.tv_sec() as f64 * 1e3 + t.tv_nsec() as f64 / 1e6
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
