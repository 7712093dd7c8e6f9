//! Two renderers of PDF that share no code, poppler and Ghostscript, draw the pages alike.

use super::malote::{package, sample};
use super::{Scratch, key, tool};
use gabarito::print::print;
use image::GrayImage;

/// A cover, a label, a list, an attendance list, and the first booklets and sheets.
const PAGES: usize = 12;
/// Mean difference of two drawings of one page, in gray levels: at 100 dpi it is 2.2 to 6.7, all of it at edges.
const ALIKE: f64 = 9.0;

/// Of the pixels that both have: they round a page's height differently.
fn difference(a: &GrayImage, b: &GrayImage) -> f64 {
    let (width, height) = (a.width().min(b.width()), a.height().min(b.height()));
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let sum: u64 = pixels.map(|(x, y)| u64::from(a.get_pixel(x, y)[0].abs_diff(b.get_pixel(x, y)[0]))).sum();
    sum as f64 / (f64::from(width) * f64::from(height))
}

#[test]
fn poppler_and_ghostscript_draw_the_same() {
    let scratch = Scratch::new("renderers");
    let report = print(&package(&sample()), &key(), &scratch.0, &|_, _| {}).unwrap();
    let pdf = scratch.path(report.files.iter().find(|f| f.ends_with(".pdf")).unwrap());
    tool("qpdf", &["--check", &pdf]);
    tool("pdftoppm", &["-r", "100", "-gray", "-png", "-l", &PAGES.to_string(), &pdf, &scratch.path("poppler")]);
    let output = format!("-sOutputFile={}", scratch.path("gs-%d.png"));
    let last = format!("-dLastPage={PAGES}");
    let smooth = ["-dTextAlphaBits=4", "-dGraphicsAlphaBits=4"];
    let quiet = ["-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", "-sDEVICE=pnggray", "-r100"];
    tool("gs", &[&quiet[..], &smooth, &[&last, &output, &pdf]].concat());

    let mut by_poppler: Vec<_> = std::fs::read_dir(&scratch.0).unwrap().map(|entry| entry.unwrap().path()).collect();
    by_poppler.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with("poppler"));
    by_poppler.sort();
    let open = |path: &std::path::Path| image::open(path).unwrap().to_luma8();
    let by_poppler: Vec<GrayImage> = by_poppler.iter().map(|path| open(path)).collect();
    let by_gs: Vec<GrayImage> = (1..=PAGES).map(|n| open(&scratch.0.join(format!("gs-{n}.png")))).collect();
    assert_eq!(by_poppler.len(), PAGES);
    for (i, drawn) in by_poppler.iter().enumerate() {
        let own = difference(drawn, &by_gs[i]);
        let other = difference(drawn, &by_gs[(i + 1) % PAGES]);
        assert!(own < ALIKE && own < 0.7 * other, "page {}: {own:.1}, and the next page {other:.1}", i + 1);
    }
}
