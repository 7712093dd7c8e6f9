//! The same page out of PDFs: every filter, colour space and placement, and what must be drawn instead.

use crate::make::*;
use crate::read_one;
use gabarito::raster::Gray;
use gabarito::read::pages::{Note, Picture, Placement};

const GRAY: &str = "/ColorSpace/DeviceGray/BitsPerComponent 8";
const ONE_BIT: &str = "/ColorSpace/DeviceGray/BitsPerComponent 1";

fn taken_out(name: &str, file: &[u8], placement: Placement, tolerance: f64) {
    let found = read_one(name, file);
    assert_eq!(found.notes, [], "{name}");
    assert_eq!(found.placement, placement, "{name}");
    assert!((found.dpi.unwrap() - 144.0).abs() < 0.01, "{name}: {:?}", found.dpi);
    let off = difference(&found.gray, placement, &page());
    assert!(off <= tolerance, "{name}: off by {off}");
}

fn inverse(gray: &Gray) -> Gray {
    Gray::from_vec(gray.width, gray.height, gray.data.iter().map(|v| 255 - v).collect())
}

#[test]
fn every_filter() {
    let page = page();
    let (one, eight) = (bits(&page), page.data.clone());
    let g4_params = "/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 96/Rows 128>>";
    let black_is_1 = "/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 96/BlackIs1 true>>";
    let png = "/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 96>>";
    let png_rgb = "/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 96/Colors 3>>";
    let hex: String = one.iter().map(|b| format!("{b:02x}")).collect();
    let jp2 = include_bytes!("../fixtures/page.jp2");
    let cases: Vec<(&str, String, Vec<u8>, f64)> = vec![
        ("raw 1-bit", ONE_BIT.into(), one.clone(), 0.0),
        ("raw 8-bit", GRAY.into(), eight.clone(), 0.0),
        ("flate", format!("{GRAY}/Filter/FlateDecode"), zlib(&eight), 0.0),
        ("flate 1-bit", format!("{ONE_BIT}/Filter[/FlateDecode]"), zlib(&one), 0.0),
        ("flate png", format!("{GRAY}{png}"), zlib(&predicted(&eight, 96, 1)), 0.0),
        (
            "flate png rgb",
            format!("/ColorSpace/DeviceRGB/BitsPerComponent 8{png_rgb}"),
            zlib(&predicted(&rgb(&page), 288, 3)),
            0.0,
        ),
        ("lzw", format!("{GRAY}/Filter/LZWDecode"), lzw(&eight), 0.0),
        ("hex then flate", format!("{ONE_BIT}/Filter[/ASCIIHexDecode]"), hex.into_bytes(), 0.0),
        ("jpeg", format!("{GRAY}/Filter/DCTDecode"), jpeg(&page), 2.0),
        ("jpeg rgb", "/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode".into(), color_jpeg(&page), 2.0),
        ("flate jpeg", format!("{GRAY}/Filter[/FlateDecode/DCTDecode]"), zlib(&jpeg(&page)), 2.0),
        ("g4", format!("{ONE_BIT}{g4_params}"), g4(&page), 0.0),
        ("g4 black is 1", format!("{ONE_BIT}{black_is_1}"), g4(&inverse(&page)), 0.0),
        ("g4 black is 1, decoded", format!("{ONE_BIT}{black_is_1}/Decode[1 0]"), g4(&page), 0.0),
        ("jbig2", format!("{ONE_BIT}/Filter/JBIG2Decode"), jbig2(&page), 0.0),
        ("jpeg 2000", format!("{GRAY}/Filter/JPXDecode"), jp2.to_vec(), 0.0),
        ("jpeg 2000 by itself", "/Filter/JPXDecode".into(), jp2.to_vec(), 0.0),
        ("mask", format!("/ImageMask true/BitsPerComponent 1{g4_params}"), g4(&page), 0.0),
        ("mask, decoded", "/ImageMask true/BitsPerComponent 1/Decode[1 0]".into(), bits(&inverse(&page)), 0.0),
        ("inverted", format!("{GRAY}/Decode[1 0]"), inverse(&page).data, 0.0),
        ("calibrated", "/ColorSpace[/CalGray<</WhitePoint[1 1 1]>>]/BitsPerComponent 8".into(), eight.clone(), 0.0),
        (
            "indexed",
            "/ColorSpace[/Indexed/DeviceRGB 1<ffffff000000>]/BitsPerComponent 1".into(),
            bits(&inverse(&page)),
            0.0,
        ),
        (
            "indexed g4",
            format!("/ColorSpace[/Indexed/DeviceGray 1<00ff>]/BitsPerComponent 1{g4_params}"),
            g4(&page),
            0.0,
        ),
    ];
    for (name, dict, data, tolerance) in cases {
        taken_out(name, &scan_pdf(&page, Placement::Upright, &dict, &data), Placement::Upright, tolerance);
    }
}

#[test]
fn every_placement_by_matrix_and_by_rotate() {
    let page = page();
    for placement in Placement::ALL {
        let stored = stored(&page, placement);
        taken_out("ctm", &scan_pdf(&stored, placement, ONE_BIT, &bits(&stored)), placement, 0.0);
    }
    for (rotate, placement) in
        [(90, Placement::Turn90), (180, Placement::Turn180), (-90, Placement::Turn270), (360, Placement::Upright)]
    {
        let stored = stored(&page, placement);
        let (w, h) = (stored.width as f64 / 2.0, stored.height as f64 / 2.0);
        let extra = format!("/MediaBox[0 0 {w} {h}]/Rotate {rotate}");
        let content = format!("q {w} 0 0 {h} 0 0 cm /I0 Do Q");
        let file = page_pdf(&extra, &content, &[image(&stored, ONE_BIT, &bits(&stored))]);
        taken_out("rotate", &file, placement, 0.0);
    }
}

#[test]
fn strips_are_joined_also_upside_down() {
    let page = page();
    for placement in [Placement::Upright, Placement::Turn180, Placement::Turn90, Placement::Mirror] {
        let whole = stored(&page, placement);
        let (mut images, mut content) = (Vec::new(), String::new());
        let strip_rows = 48;
        for (i, rows) in whole.data.chunks(whole.width * strip_rows).enumerate() {
            let strip = Gray::from_vec(whole.width, rows.len() / whole.width, rows.to_vec());
            images.push(image(&strip, GRAY, &strip.data));
            // The unit square's part that this strip takes of the whole.
            let (top, bottom) = (i * strip_rows, i * strip_rows + strip.height);
            let high = (bottom - top) as f64 / whole.height as f64;
            let low = 1.0 - bottom as f64 / whole.height as f64;
            content += &format!("q {} 1 0 0 {high} 0 {low} cm /I{i} Do Q ", ctm(&whole, placement));
        }
        let extra = format!("/MediaBox[0 0 {} {}]", page.width as f64 / 2.0, page.height as f64 / 2.0);
        taken_out("strips", &page_pdf(&extra, &content, &images), placement, 0.0);
    }
}

fn two(extra: &str, content: &str) -> Picture {
    let page = page();
    let full = image(&page, GRAY, &page.data);
    read_one("drawn", &page_pdf(&format!("/MediaBox[0 0 48 64]{extra}"), content, &[full.clone(), full]))
}

#[test]
fn what_cannot_be_seen_does_not_matter() {
    for content in [
        "1 g 0 0 48 64 re f q 48 0 0 64 0 0 cm /I0 Do Q",
        "q 48 0 0 64 0 0 cm /I0 Do Q BT 3 Tr /F1 8 Tf 5 5 Td (invisible) Tj ET",
        "q 0 0 48 64 re W n 48 0 0 64 0 0 cm /I0 Do Q",
        "q 48 0 0 64 0 0 cm /I0 Do Q 500 500 10 10 re f",
        "BT /F1 8 Tf 5 5 Td (covered) Tj ET q 48 0 0 64 0 0 cm /I0 Do Q",
    ] {
        assert_eq!(two("", content).notes, [], "{content}");
    }
}

#[test]
fn what_is_not_one_plain_picture_is_drawn() {
    for (extra, content) in [
        ("", "q 48 0 0 64 0 0 cm /I0 Do Q BT /F1 8 Tf 5 5 Td (seen) Tj ET"),
        ("", "q 48 0 0 64 0 0 cm /I0 Do Q 0 g 4 4 9 9 re f"),
        ("", "q 48 0 0 64 0 0 cm /I0 Do Q q 24 0 0 32 9 9 cm /I1 Do Q"),
        ("", "q 24 0 0 32 0 32 cm /I0 Do Q"),
        ("", "q 40 9 -9 50 9 0 cm /I0 Do Q"),
        ("/CropBox[0 0 24 64]", "q 48 0 0 64 0 0 cm /I0 Do Q"),
        ("", "q 5 5 30 30 re W n 48 0 0 64 0 0 cm /I0 Do Q"),
        ("", "0 g 2 2 9 9 re f"),
    ] {
        let found = two(extra, content);
        assert_eq!(found.notes, [Note::Rendered], "{content}");
        assert_eq!(found.placement, Placement::Upright);
        assert!(found.dpi.unwrap() >= 199.0);
    }
    // Drawn at its own place, dark where the page is dark: half size in the upper left quarter.
    let found = two("", "q 24 0 0 32 0 32 cm /I0 Do Q");
    let dpi = found.dpi.unwrap();
    let at = |x: f64, y: f64| found.gray.get((x / 72.0 * dpi) as usize, (y / 72.0 * dpi) as usize);
    assert!(at(4.0, 10.0) < 40 && at(12.0, 15.5) < 40 && at(20.0, 20.0) > 215 && at(30.0, 50.0) > 215);
    let page = page();
    let soft = image(&page, &format!("{GRAY}/SMask 6 0 R"), &page.data);
    let file = page_pdf("/MediaBox[0 0 48 64]", "48 0 0 64 0 0 cm /I0 Do", &[soft, image(&page, GRAY, &page.data)]);
    assert_eq!(read_one("soft mask", &file).notes, [Note::Rendered]);
}

#[test]
fn pages_share_the_bytes_of_their_file() {
    let page = page();
    let kids: String = (0..1000).map(|i| format!("{} 0 R ", 5 + i)).collect();
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        format!("<</Type/Pages/Kids[{kids}]/Count 1000/MediaBox[0 0 48 64]>>").into_bytes(),
        stream("", b"48 0 0 64 0 0 cm /I0 Do"),
        image(&page, ONE_BIT, &bits(&page)),
    ];
    let one = b"<</Type/Page/Parent 2 0 R/Contents 3 0 R/Resources<</XObject<</I0 4 0 R>>>>>>".to_vec();
    objects.extend(std::iter::repeat_n(one, 1000));
    let limits = gabarito::limits::Limits::default();
    let listed: Vec<_> = gabarito::read::pages::open_bytes("thousand.pdf", pdf(&objects), &limits).collect();
    assert_eq!(listed.len(), 1000);
    assert_eq!(listed[999].source.page, 1000);
    for page_ref in listed.iter().step_by(111) {
        assert_eq!(page_ref.decode(&limits).unwrap().gray, page);
    }
}
