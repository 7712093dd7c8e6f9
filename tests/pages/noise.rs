//! No input panics or hangs: every format cut at every 7th byte and with bytes flipped at random.

use crate::make::*;
use gabarito::limits::Limits;
use gabarito::read::pages::{Placement, open_bytes};
use image::ExtendedColorType as Color;

fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let page = page();
    let one_bit = "/ColorSpace/DeviceGray/BitsPerComponent 1";
    let scan = |dict: &str, data: &[u8]| scan_pdf(&page, Placement::Turn90, dict, data);
    let jp2 = include_bytes!("../fixtures/page.jp2");
    let drawn = page_pdf("/MediaBox[0 0 48 64]", "0 g 5 5 9 9 re f BT /F1 9 Tf 5 30 Td (abc) Tj ET", &[]);
    vec![
        ("a.jpg", jpeg(&page)),
        ("color.jpg", turned_jpeg(&page, Placement::Turn90)),
        ("a.png", encode(&page, Color::L8, &page.data, true)),
        ("a.webp", encode(&page, Color::Rgb8, &rgb(&page), false)),
        (
            "g4.tif",
            tiff(&[(&page, &g4(&page), &[(258, 3, 1), (259, 3, 4), (262, 3, 0), (282, 5, 300), (283, 5, 300)])]),
        ),
        ("lzw.tif", tiff(&[(&page, &lzw(&page.data), &[(258, 3, 8), (259, 3, 5), (262, 3, 1)])])),
        ("g4.pdf", scan(&format!("{one_bit}/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 96>>"), &g4(&page))),
        ("jbig2.pdf", scan(&format!("{one_bit}/Filter/JBIG2Decode"), &jbig2(&page))),
        ("jpx.pdf", scan("/ColorSpace/DeviceGray/Filter/JPXDecode", jp2)),
        ("jpeg.pdf", scan("/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode", &jpeg(&page))),
        ("flate.pdf", scan(&format!("{one_bit}/Filter/FlateDecode"), &zlib(&bits(&page)))),
        ("drawn.pdf", drawn),
        ("a.zip", zip(&[("a.jpg", &jpeg(&page)), ("b.pdf", &scan(one_bit, &bits(&page)))])),
    ]
}

/// A wall that is lower than the default, so that claims made by chance are cheap too.
fn limits() -> Limits {
    Limits { max_pixels: 1_000_000, max_pdf_stream_bytes: 1 << 20, max_pdf_drawings: 10_000, ..Limits::default() }
}

fn try_all(name: &str, bytes: Vec<u8>) {
    let limits = limits();
    for page in open_bytes(name, bytes, &limits) {
        if let Ok(picture) = page.decode(&limits) {
            assert_eq!(picture.gray.data.len(), picture.gray.width * picture.gray.height);
            assert!(picture.gray.data.len() <= 1_000_000);
        }
    }
}

#[test]
fn cut_at_every_7th_byte() {
    for (name, file) in samples() {
        for end in (0..file.len()).step_by(7) {
            try_all(name, file[..end].to_vec());
        }
    }
}

#[test]
fn two_thousand_flips() {
    let samples = samples();
    let mut random = fastrand::Rng::with_seed(2);
    for i in 0..2000 {
        let (name, file) = &samples[i % samples.len()];
        let mut bytes = file.clone();
        for _ in 0..random.usize(1..6) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        try_all(name, bytes);
    }
}
