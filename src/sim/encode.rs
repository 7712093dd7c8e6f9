//! Shots as the files that scanners and phones hand over.

use image::codecs::jpeg::{JpegEncoder, PixelDensity};
use image::{ExtendedColorType, ImageEncoder};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref};

use super::recipe::Shot;
use crate::raster::Gray;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Jpeg {
        quality: u8,
        colour: bool,
    },
    Png,
    PngBilevel,
    TiffG4,
    /// One page with a JPEG in it, or with CCITT G4 where the shot is black and white.
    Pdf {
        quality: u8,
    },
}

/// Panics on pictures of over 65,535 pixels a side, which no recipe makes.
pub fn encode(shot: &Shot, format: Format) -> Vec<u8> {
    let picture = &shot.picture;
    match format {
        Format::Jpeg { quality, colour } => jpeg(picture, quality, colour, shot.dpi),
        Format::Png => png(picture, png::BitDepth::Eight, &picture.data),
        Format::PngBilevel => png(picture, png::BitDepth::One, &pack(picture)),
        Format::TiffG4 => tiff_g4(picture, shot.dpi.unwrap_or(200.0)),
        Format::Pdf { quality } => pdf(std::slice::from_ref(shot), quality),
    }
}

fn jpeg(picture: &Gray, quality: u8, colour: bool, dpi: Option<f64>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut out, quality);
    if let Some(dpi) = dpi {
        encoder.set_pixel_density(PixelDensity::dpi(dpi as u16));
    }
    let (w, h) = (picture.width as u32, picture.height as u32);
    let written = if colour {
        // A lamp's warm tint whose luma (0.299, 0.587, 0.114) is the gray value itself.
        let warm: Vec<u8> = picture.data.iter().flat_map(|&v| [v.saturating_add(4), v, v.saturating_sub(10)]).collect();
        encoder.write_image(&warm, w, h, ExtendedColorType::Rgb8)
    } else {
        encoder.write_image(&picture.data, w, h, ExtendedColorType::L8)
    };
    written.expect("a picture of at most 65,535 pixels a side, written to memory");
    out
}

fn png(picture: &Gray, depth: png::BitDepth, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, picture.width as u32, picture.height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(depth);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().expect("a picture that is not empty, written to memory");
    writer.write_image_data(data).expect("rows of the declared length");
    drop(writer);
    out
}

/// Eight pixels a byte, first pixel highest, 1 is white.
fn pack(picture: &Gray) -> Vec<u8> {
    let bits = |chunk: &[u8]| chunk.iter().enumerate().fold(0, |byte, (i, &v)| byte | (u8::from(v > 127) << (7 - i)));
    (0..picture.height).flat_map(|y| picture.row(y).chunks(8).map(bits).collect::<Vec<u8>>()).collect()
}

/// CCITT T.6.
fn g4(picture: &Gray) -> Vec<u8> {
    let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
    let ink = |v: &u8| if *v > 127 { fax::Color::White } else { fax::Color::Black };
    for y in 0..picture.height {
        // A vector cannot refuse bits: its error type has no values.
        let Ok(()) = encoder.encode_line(picture.row(y).iter().map(ink), picture.width as u16);
    }
    let Ok(writer) = encoder.finish();
    writer.finish()
}

/// A little-endian TIFF 6.0 file of one strip.
fn tiff_g4(picture: &Gray, dpi: f64) -> Vec<u8> {
    let (short, long, rational) = (3u16, 4u16, 5u16);
    let data = g4(picture);
    let (w, h) = (picture.width as u32, picture.height as u32);
    let entries = 13u32;
    let after = 8 + 2 + 12 * entries + 4;
    let fields: [(u16, u16, u32); 13] = [
        (256, long, w),
        (257, long, h),
        (258, short, 1),
        (259, short, 4),
        (262, short, 0),
        (273, long, after + 16),
        (274, short, 1),
        (277, short, 1),
        (278, long, h),
        (279, long, data.len() as u32),
        (282, rational, after),
        (283, rational, after + 8),
        (296, short, 2),
    ];
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    out.extend((entries as u16).to_le_bytes());
    for (tag, kind, value) in fields {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(1u32.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out.extend(0u32.to_le_bytes());
    for _ in 0..2 {
        out.extend((dpi.round() as u32).to_le_bytes());
        out.extend(1u32.to_le_bytes());
    }
    out.extend(data);
    out
}

/// A scanned batch: a page each, gray ones as JPEG, black and white ones as CCITT G4.
pub fn pdf(shots: &[Shot], quality: u8) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let (catalog, tree) = (Ref::new(1), Ref::new(2));
    pdf.catalog(catalog).pages(tree);
    let id = |page: usize, k: i32| Ref::new(3 + 3 * page as i32 + k);
    pdf.pages(tree).kids((0..shots.len()).map(|i| id(i, 0))).count(shots.len() as i32);
    for (i, shot) in shots.iter().enumerate() {
        let picture = &shot.picture;
        let points = 72.0 / shot.dpi.unwrap_or(200.0) as f32;
        let (w, h) = (picture.width as f32 * points, picture.height as f32 * points);
        let mut page = pdf.page(id(i, 0));
        page.media_box(Rect::new(0.0, 0.0, w, h)).parent(tree).contents(id(i, 1));
        page.resources().x_objects().pair(Name(b"Im0"), id(i, 2));
        page.finish();
        let mut content = Content::new();
        content.save_state().transform([w, 0.0, 0.0, h, 0.0, 0.0]).x_object(Name(b"Im0")).restore_state();
        pdf.stream(id(i, 1), &content.finish());
        let data = if shot.bilevel { g4(picture) } else { jpeg(picture, quality, false, shot.dpi) };
        let mut image = pdf.image_xobject(id(i, 2), &data);
        image.width(picture.width as i32).height(picture.height as i32);
        image.color_space().device_gray();
        if shot.bilevel {
            image.bits_per_component(1).filter(Filter::CcittFaxDecode);
            let mut parms = image.decode_parms();
            parms.k(-1).columns(picture.width as i32).rows(picture.height as i32);
        } else {
            image.bits_per_component(8).filter(Filter::DctDecode);
        }
    }
    pdf.finish()
}
