//! Small scans of one known page in every container, made in code.

use gabarito::raster::Gray;
use gabarito::read::pages::Placement;
use gabarito::units::Point;
use std::io::Write;

/// An upright page of 96 × 128 pixels whose black bars look different in all eight placements.
pub fn page() -> Gray {
    let mut gray = Gray::new(96, 128, 255);
    for (x, y, w, h) in [(8, 8, 16, 112), (24, 8, 56, 16), (40, 56, 16, 16)] {
        for row in y..y + h {
            gray.row_mut(row)[x..x + w].fill(0);
        }
    }
    gray
}

/// How a page must be stored, so that `placement` brings it upright.
pub fn stored(page: &Gray, placement: Placement) -> Gray {
    let (w, h) = placement.upright_size(page.width, page.height);
    let mut out = Gray::new(w, h, 0);
    for y in 0..h {
        for x in 0..w {
            let p = placement.to_upright(Point::new(x as f64 + 0.5, y as f64 + 0.5), w, h);
            out.row_mut(y)[x] = page.get(p.x as usize, p.y as usize);
        }
    }
    out
}

/// Mean difference of a decoded picture, seen upright, from the page.
pub fn difference(found: &Gray, placement: Placement, page: &Gray) -> f64 {
    assert_eq!(placement.upright_size(found.width, found.height), (page.width, page.height));
    let expected = stored(page, placement);
    let sum: f64 = found.data.iter().zip(&expected.data).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
    sum / found.data.len() as f64
}

/// Rows packed to bits; a white pixel is a 1.
pub fn bits(gray: &Gray) -> Vec<u8> {
    let pack = |c: &[u8]| c.iter().enumerate().fold(0, |b, (i, v)| b | u8::from(*v > 127) << (7 - i));
    (0..gray.height).flat_map(|y| gray.row(y).chunks(8).map(pack)).collect()
}

pub fn g4(gray: &Gray) -> Vec<u8> {
    use fax::{Color, VecWriter, encoder::Encoder};
    let mut encoder = Encoder::new(VecWriter::new());
    for y in 0..gray.height {
        let row = gray.row(y).iter().map(|&v| if v > 127 { Color::White } else { Color::Black });
        let _ = encoder.encode_line(row, gray.width as u16);
    }
    encoder.finish().unwrap().finish()
}

pub fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

pub fn lzw(data: &[u8]) -> Vec<u8> {
    weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(data).unwrap()
}

/// PNG prediction, all five filters in turn.
pub fn predicted(data: &[u8], row: usize, bpp: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let zero = vec![0; row];
    for (y, line) in data.chunks(row).enumerate() {
        let above = if y == 0 { &zero } else { &data[(y - 1) * row..y * row] };
        out.push((y % 5) as u8);
        for i in 0..row {
            let (left, corner) = if i >= bpp { (line[i - bpp], above[i - bpp]) } else { (0, 0) };
            let (a, b, c) = (i32::from(left), i32::from(above[i]), i32::from(corner));
            let nearest =
                [(a, left), (b, above[i]), (c, corner)].into_iter().min_by_key(|(v, _)| (a + b - c - v).abs());
            let guess = match y % 5 {
                0 => 0,
                1 => left,
                2 => above[i],
                3 => ((a + b) / 2) as u8,
                _ => nearest.unwrap().1,
            };
            out.push(line[i].wrapping_sub(guess));
        }
    }
    out
}

pub fn rgb(gray: &Gray) -> Vec<u8> {
    gray.data.iter().flat_map(|&v| [v, v, v]).collect()
}

pub fn jpeg(gray: &Gray) -> Vec<u8> {
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 92)
        .encode(&gray.data, gray.width as u32, gray.height as u32, image::ExtendedColorType::L8)
        .unwrap();
    out
}

pub fn color_jpeg(gray: &Gray) -> Vec<u8> {
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 92)
        .encode(&rgb(gray), gray.width as u32, gray.height as u32, image::ExtendedColorType::Rgb8)
        .unwrap();
    out
}

/// The JPEG with an EXIF orientation.
pub fn turned_jpeg(gray: &Gray, placement: Placement) -> Vec<u8> {
    let plain = jpeg(gray);
    let orientation = 1 + Placement::ALL.iter().position(|p| *p == placement).unwrap() as u8;
    let mut exif = b"\xFF\xE1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    [&plain[..2], &exif, &plain[2..]].concat()
}

pub fn encode(gray: &Gray, color: image::ExtendedColorType, data: &[u8], png: bool) -> Vec<u8> {
    use image::ImageEncoder;
    let (w, h) = (gray.width as u32, gray.height as u32);
    let mut out = Vec::new();
    if png {
        image::codecs::png::PngEncoder::new(&mut out).write_image(data, w, h, color).unwrap();
    } else {
        image::codecs::webp::WebPEncoder::new_lossless(&mut out).write_image(data, w, h, color).unwrap();
    }
    out
}

/// Tag, type and value of a TIFF entry.
pub type Tag = (u16, u16, u32);

/// A TIFF with one strip a page and these tags: (tag, type, value) beyond size and strip. Little-endian.
pub fn tiff(pages: &[(&Gray, &[u8], &[Tag])]) -> Vec<u8> {
    let mut out = b"II*\0".to_vec();
    let mut link = 4;
    out.extend([0; 4]);
    for (gray, strip, tags) in pages {
        let data_at = out.len() as u32;
        out.extend_from_slice(strip);
        out.resize(out.len().next_multiple_of(2), 0);
        let mut tags = tags.to_vec();
        let (w, h) = (gray.width as u32, gray.height as u32);
        tags.extend([(256, 4, w), (257, 4, h), (273, 4, data_at), (278, 4, h), (279, 4, strip.len() as u32)]);
        // Rationals and maps lie outside of the directory.
        for tag in &mut tags {
            if tag.1 == 5 {
                let at = out.len() as u32;
                out.extend(tag.2.to_le_bytes());
                out.extend(1u32.to_le_bytes());
                tag.2 = at;
            }
        }
        tags.sort();
        let at = out.len() as u32;
        out[link..link + 4].copy_from_slice(&at.to_le_bytes());
        out.extend((tags.len() as u16).to_le_bytes());
        for (tag, kind, value) in tags {
            out.extend(tag.to_le_bytes());
            out.extend(kind.to_le_bytes());
            out.extend(1u32.to_le_bytes());
            out.extend(value.to_le_bytes());
        }
        link = out.len();
        out.extend([0; 4]);
    }
    out
}

pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, data) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(data).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A generic region coded by MMR, which is G4 (ITU-T T.88, 7.4.6), embedded as in PDF.
pub fn jbig2(gray: &Gray) -> Vec<u8> {
    let (w, h) = ((gray.width as u32).to_be_bytes(), (gray.height as u32).to_be_bytes());
    let g4 = g4(gray);
    let mut out = Vec::new();
    // Segment 0, page information of page 1, 19 bytes: size, resolution, flags, striping.
    out.extend([0, 0, 0, 0, 48, 0, 1, 0, 0, 0, 19]);
    out.extend([w, h, [0; 4], [0; 4]].concat());
    out.extend([0, 0, 0]);
    // Segment 1, immediate generic region.
    out.extend([0, 0, 0, 1, 38, 0, 1]);
    out.extend((18 + g4.len() as u32).to_be_bytes());
    out.extend([w, h, [0; 4], [0; 4]].concat());
    out.extend([0, 1]);
    out.extend(g4);
    out
}

/// Objects 1 … n as a file with a cross-reference table; object 1 is the catalog.
pub fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut offsets = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend(format!("{} 0 obj\n", i + 1).bytes());
        out.extend_from_slice(object);
        out.extend(b"\nendobj\n");
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    offsets.iter().for_each(|o| out.extend(format!("{o:010} 00000 n \n").bytes()));
    let trailer = format!("trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    out.extend(trailer.bytes());
    out
}

pub fn stream(dict: &str, data: &[u8]) -> Vec<u8> {
    [format!("<<{dict}/Length {}>>\nstream\n", data.len()).as_bytes(), data, b"\nendstream"].concat()
}

/// One page with `content`, whose images are /I0, /I1 … ; `page` is what else stands in its dictionary.
pub fn page_pdf(page: &str, content: &str, images: &[Vec<u8>]) -> Vec<u8> {
    let names: String = (0..images.len()).map(|i| format!("/I{i} {} 0 R", 5 + i)).collect();
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        format!("<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<<{names}>>>>{page}>>").into_bytes(),
        stream("", content.as_bytes()),
    ];
    objects.extend_from_slice(images);
    pdf(&objects)
}

pub fn image(gray: &Gray, dict: &str, data: &[u8]) -> Vec<u8> {
    let size = format!("/Type/XObject/Subtype/Image/Width {}/Height {}", gray.width, gray.height);
    stream(&(size + dict), data)
}

/// The matrix that shows a stored picture upright on a page of `page`'s pixels at half a point each.
pub fn ctm(stored: &Gray, placement: Placement) -> String {
    let (w, h) = (stored.width, stored.height);
    let (_, page_height) = placement.upright_size(w, h);
    let at = |u: f64, v: f64| {
        let p = placement.to_upright(Point::new(u * w as f64, (1.0 - v) * h as f64), w, h);
        (0.5 * p.x, 0.5 * (page_height as f64 - p.y))
    };
    let (e, f) = at(0.0, 0.0);
    let ((ax, ay), (cx, cy)) = (at(1.0, 0.0), at(0.0, 1.0));
    format!("{} {} {} {} {e} {f} cm", ax - e, ay - f, cx - e, cy - f)
}

/// A PDF of one page with one picture that fills it.
pub fn scan_pdf(stored: &Gray, placement: Placement, dict: &str, data: &[u8]) -> Vec<u8> {
    let (w, h) = placement.upright_size(stored.width, stored.height);
    let media = format!("/MediaBox[0 0 {} {}]", w as f64 / 2.0, h as f64 / 2.0);
    page_pdf(&media, &format!("q {} /I0 Do Q", ctm(stored, placement)), &[image(stored, dict, data)])
}

/// A small file of each kind.
pub fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let page = page();
    let one_bit = "/ColorSpace/DeviceGray/BitsPerComponent 1";
    let scan = |dict: &str, data: &[u8]| scan_pdf(&page, Placement::Turn90, dict, data);
    let jp2 = include_bytes!("../fixtures/page.jp2");
    let drawn = page_pdf("/MediaBox[0 0 48 64]", "0 g 5 5 9 9 re f BT /F1 9 Tf 5 30 Td (abc) Tj ET", &[]);
    vec![
        ("a.jpg", jpeg(&page)),
        ("color.jpg", turned_jpeg(&page, Placement::Turn90)),
        ("a.png", encode(&page, image::ExtendedColorType::L8, &page.data, true)),
        ("a.webp", encode(&page, image::ExtendedColorType::Rgb8, &rgb(&page), false)),
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
