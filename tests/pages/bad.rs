//! Bad input: each kind gives its own error, quickly.

use crate::make::*;
use crate::{codes, read_all};
use gabarito::limits::Limits;
use gabarito::read::pages::{Note, Placement, UNKNOWN, open_bytes};
use image::ExtendedColorType as Color;

const GRAY: &str = "/ColorSpace/DeviceGray/BitsPerComponent 8";

#[test]
fn not_a_scan() {
    assert_eq!(codes("text.pdf", "isto é só texto\n".as_bytes()), ["not_a_scan"]);
    assert_eq!(codes("empty.jpg", b""), ["empty_file"]);
    assert_eq!(codes("photo.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), ["unsupported_format"]);
    assert_eq!(codes("a.gif", b"GIF89a\x01\0\x01\0"), ["unsupported_format"]);
    assert_eq!(codes("report.docx", &zip(&[("[Content_Types].xml", b"<Types/>")])), ["not_a_scan"]);
    assert_eq!(codes("none.zip", &zip(&[("notes.txt", b"hello")])), ["no_scans"]);
    assert_eq!(codes("none.zip", &zip(&[])), ["no_scans"]);
    let sentence = read_all("photo.jpg", b"\0\0\0\x18ftypheic\0\0\0\0")[0].as_ref().unwrap_err().to_string();
    assert!(sentence.contains("HEIC") && sentence.contains("JPEG"), "{sentence}");
}

#[test]
fn pdfs_without_a_page_to_show() {
    let no_pages = pdf(&[b"<</Type/Catalog/Pages 2 0 R>>".to_vec(), b"<</Type/Pages/Kids[]/Count 0>>".to_vec()]);
    assert_eq!(codes("none.pdf", &no_pages), ["no_pages"]);
    assert_eq!(codes("head.pdf", b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n"), ["truncated_file"]);
    assert_eq!(codes("junk.pdf", b"%PDF-1.7\njunk\n%%EOF"), ["damaged_file"]);
    // Standard handler, revision 3, of which no empty password opens it.
    let mut locked = pdf(&[
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[]/Count 0>>".to_vec(),
        format!("<</Filter/Standard/V 2/R 3/Length 128/P -4/O<{0}>/U<{0}>>>", "5a".repeat(32)).into_bytes(),
    ]);
    let at = locked.windows(8).position(|w| w == b"/Root 1 ").unwrap();
    locked.splice(at..at, b"/Encrypt 3 0 R/ID[<01><01>]".iter().copied());
    assert_eq!(codes("locked.pdf", &locked), ["password_protected"]);
}

#[test]
fn a_cut_file_gives_its_pages_or_says_that_it_is_cut() {
    let page = page();
    let file = scan_pdf(&page, Placement::Upright, GRAY, &page.data);
    let cut = codes("cut.pdf", &file[..file.len() / 3]);
    assert_eq!(cut.last(), Some(&"truncated_file"), "{cut:?}");
    // The end is missing, the page is there.
    let end = file.windows(4).rposition(|w| w == b"xref").unwrap();
    assert_eq!(codes("no end.pdf", &file[..end - 5]), ["ok", "truncated_file"]);
    let png = encode(&page, Color::L8, &page.data, true);
    assert_eq!(codes("cut.png", &png[..png.len() - 40]), ["truncated_file"]);
    let tiff = tiff(&[(&page, &page.data, &[(258, 3, 8), (259, 3, 1), (262, 3, 1)])]);
    assert_eq!(codes("cut.tif", &tiff[..5000]), ["truncated_file"]);
    let zip = zip(&[("a.jpg", &jpeg(&page))]);
    assert_eq!(codes("cut.zip", &zip[..zip.len() / 2]).len(), 1);
}

#[test]
fn a_cut_picture_is_kept_only_if_most_of_it_is_there() {
    // Noise, so that bytes are spread evenly over rows.
    let mut random = fastrand::Rng::with_seed(5);
    let noise = gabarito::raster::Gray::from_vec(320, 640, (0..320 * 640).map(|_| random.u8(..)).collect());
    for (name, file) in [
        ("jpeg", jpeg(&noise)),
        (
            "pdf",
            scan_pdf(&noise, Placement::Upright, &format!("{GRAY}/Filter/DCTDecode"), &{
                let whole = jpeg(&noise);
                whole[..whole.len() * 9 / 10].to_vec()
            }),
        ),
        (
            "flate",
            scan_pdf(&noise, Placement::Upright, &format!("{GRAY}/Filter/FlateDecode"), &{
                let whole = zlib(&noise.data);
                whole[..whole.len() * 9 / 10].to_vec()
            }),
        ),
    ] {
        let file = if name == "jpeg" { &file[..file.len() * 9 / 10] } else { &file[..] };
        let found = read_all(name, file).remove(0).unwrap();
        let [Note::Truncated { rows, of: 640 }] = found.notes[..] else { panic!("{name}: {:?}", found.notes) };
        assert!((500..=580).contains(&rows), "{name}: {rows}");
        assert!(found.gray.row(rows).iter().all(|&v| v == UNKNOWN));
        let close = found.gray.row(rows - 1).iter().zip(noise.row(rows - 1)).all(|(a, b)| a.abs_diff(*b) < 60);
        assert!(close, "{name}: the last row that counts is right");
    }
    let whole = jpeg(&noise);
    assert_eq!(codes("half.jpg", &whole[..whole.len() / 2]), ["truncated_file"]);
    assert_eq!(codes("head.jpg", &whole[..100]), ["truncated_file"]);
    let mut ended = whole.clone();
    let at = ended.len() * 9 / 10;
    ended[at..at + 2].copy_from_slice(&[0xFF, 0xD9]);
    let found = read_all("ended early.jpg", &ended).remove(0).unwrap();
    assert!(matches!(found.notes[..], [Note::Truncated { rows: 500..=580, of: 640 }]), "{:?}", found.notes);
    let g4 = g4(&page());
    let params = "/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 96>>";
    let cut = scan_pdf(&page(), Placement::Upright, params, &g4[..g4.len() / 3]);
    assert_eq!(codes("cut g4.pdf", &cut), ["truncated_file"]);
}

#[test]
fn rows_that_are_not_in_the_file_are_not_seen() {
    let noise = gabarito::raster::Gray::from_vec(64, 256, (0..64 * 256).map(|i| (i * 37 % 251) as u8).collect());
    let whole = jpeg(&noise);
    assert_eq!(read_all("whole.jpg", &whole).remove(0).unwrap().seen().height, 256);
    let cut = read_all("cut.jpg", &whole[..whole.len() * 9 / 10]).remove(0).unwrap();
    let [Note::Truncated { rows, .. }] = cut.notes[..] else { panic!("{:?}", cut.notes) };
    assert_eq!(cut.seen().height, rows);
    assert!(rows < 256);
}

#[test]
fn a_lost_picture_is_no_empty_page() {
    let page = page();
    let dct = format!("{GRAY}/Filter/DCTDecode");
    let garbage = scan_pdf(&page, Placement::Upright, &dct, &[0x12; 500]);
    assert_eq!(codes("garbage.pdf", &garbage), ["damaged_file"]);
    let small = page_pdf("/MediaBox[0 0 96 128]", "48 0 0 64 9 9 cm /I0 Do", &[image(&page, &dct, &[0x12; 500])]);
    assert_eq!(codes("small.pdf", &small), ["damaged_file"]);
    let missing = page_pdf("/MediaBox[0 0 48 64]/X 0", "48 0 0 64 0 0 cm /I0 Do", &[b"null".to_vec()]);
    assert_eq!(codes("missing.pdf", &missing), ["damaged_file"]);
    let empty = page_pdf("/MediaBox[0 0 48 64]", "", &[]);
    assert_eq!(codes("empty page.pdf", &empty), ["ok"]);
}

#[test]
fn bombs() {
    let page = page();
    let huge = 60_000u32.to_be_bytes();
    let mut png = encode(&page, Color::L8, &page.data, true);
    png[16..20].copy_from_slice(&huge);
    png[20..24].copy_from_slice(&huge);
    assert_eq!(codes("bomb.png", &png), ["too_many_pixels"]);
    let mut jpg = jpeg(&page);
    let sof = jpg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    jpg[sof + 5..sof + 9].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]);
    assert_eq!(codes("bomb.jpg", &jpg), ["too_many_pixels"]);
    let big = gabarito::raster::Gray { width: 60_000, height: 60_000, data: Vec::new() };
    for compression in [1, 4, 5, 7, 8] {
        let tags = [(258, 3, 1), (259, 3, compression), (262, 3, 0), (277, 3, 1)];
        assert_eq!(codes("bomb.tif", &tiff(&[(&big, b"xxxx", &tags)])), ["too_many_pixels"]);
    }
    for dict in [
        GRAY.to_owned(),
        format!("{GRAY}/Filter/FlateDecode"),
        "/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 60000>>".to_owned(),
        "/ColorSpace/DeviceCMYK/BitsPerComponent 8".to_owned(),
        "/ImageMask true".to_owned(),
    ] {
        let file = page_pdf("/MediaBox[0 0 48 64]", "48 0 0 64 0 0 cm /I0 Do", &[image(&big, &dict, b"xxxx")]);
        assert_eq!(codes("bomb.pdf", &file), ["too_many_pixels"], "{dict}");
    }
    let vast = page_pdf("/MediaBox[0 0 9000000 9000000]", "0 g 0 0 100 100 re f", &[]);
    assert_eq!(codes("vast.pdf", &vast), ["too_many_pixels"]);
}

#[test]
fn zip_bombs() {
    let limits = Limits { max_unzipped_bytes: 1 << 20, max_file_bytes: 1 << 20, ..Limits::default() };
    let zeros = vec![0; 600_000];
    let codes = |file: Vec<u8>| -> Vec<_> {
        open_bytes("bomb.zip", file, &limits).map(|p| p.decode(&limits).unwrap_err().code()).collect()
    };
    assert_eq!(
        codes(zip(&[("a.pdf", &zeros), ("b.pdf", &zeros), ("c.pdf", &zeros)])),
        ["not_a_scan", "decompression_bomb"]
    );
    // More comes out than the directory says.
    let mut lying = zip(&[("a.jpg", &[&jpeg(&page())[..], &zeros].concat())]);
    let central = lying.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    lying[central + 24..central + 28].copy_from_slice(&1000u32.to_le_bytes());
    assert_eq!(codes(lying).len(), 1);
    let few = Limits { max_zip_entries: 2, ..Limits::default() };
    let many = zip(&[("a.jpg", b"x"), ("b.jpg", b"x"), ("c.jpg", b"x")]);
    let found: Vec<_> = open_bytes("many.zip", many, &few).map(|p| p.decode(&few).unwrap_err().code()).collect();
    assert_eq!(found, ["too_many_entries"]);
    assert_eq!(
        crate::codes("outer.zip", &zip(&[("inner.zip", &zip(&[("a.jpg", &jpeg(&page()))]))])),
        ["nested_archive"]
    );
}

#[test]
fn pdf_stream_bombs() {
    let limits = Limits { max_pdf_stream_bytes: 1 << 20, ..Limits::default() };
    let spaces = vec![b' '; 3 << 20];
    let once = zlib(&spaces);
    let codes = |contents: Vec<u8>| -> Vec<_> {
        let file = pdf(&[
            b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 48 64]/Contents 4 0 R>>".to_vec(),
            contents,
        ]);
        open_bytes("bomb.pdf", file, &limits).map(|p| p.decode(&limits).map_or_else(|e| e.code(), |_| "ok")).collect()
    };
    assert_eq!(codes(stream("/Filter/FlateDecode", &once)), ["decompression_bomb"]);
    assert_eq!(codes(stream("/Filter[/FlateDecode/FlateDecode]", &zlib(&once))), ["decompression_bomb"]);
    assert_eq!(codes(stream("/Filter/Fl#61teDecode", &once)), ["decompression_bomb"]);
    assert_eq!(codes(stream("/Type/ObjStm/N 1/First 4/Filter/FlateDecode", &once)), ["decompression_bomb"]);
    assert_eq!(codes(stream("/Filter/FlateDecode", &zlib(&spaces[..1000]))), ["ok"]);
}

#[test]
fn forms_that_draw_each_other_end() {
    // Each of 12 forms draws the next ten times.
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 48 64]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>".to_vec(),
        stream("", b"/F Do"),
    ];
    for i in 0..12 {
        let next = if i == 11 { 5 } else { 6 + i };
        let dict = format!("/Type/XObject/Subtype/Form/BBox[0 0 48 64]/Resources<</XObject<</F {next} 0 R>>>>");
        objects.push(stream(&dict, "/F Do ".repeat(10).as_bytes()));
    }
    assert_eq!(codes("laughs.pdf", &pdf(&objects)), ["too_complex"]);
}
