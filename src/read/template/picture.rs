//! The pictures that belong to a template: a file beside it, or in the template itself (`data:image/png;base64,…`).

use crate::json::Faults;
use crate::raster::gray::Gray;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const PIXELS: std::ops::RangeInclusive<usize> = 8..=8000;
const DATA: &str = "data:image/png;base64,";

pub fn picture(file: &dyn Fn(&str) -> Result<Vec<u8>, String>, name: &str, path: &str, f: &mut Faults) -> Option<Gray> {
    if name.is_empty() {
        return None;
    }
    let (shown, bytes) = match name.strip_prefix(DATA) {
        Some(text) => ("the picture in it", STANDARD.decode(text).map_err(|e| e.to_string())),
        None => (name, file(name)),
    };
    match bytes.and_then(|b| decoded(&b)) {
        Ok(gray) if PIXELS.contains(&gray.width) && PIXELS.contains(&gray.height) => Some(gray),
        Ok(gray) => {
            let (least, most) = (PIXELS.start(), PIXELS.end());
            let message = format!("{shown} is {} × {} pixels; {least} to {most} are expected", gray.width, gray.height);
            f.add(path, message);
            None
        }
        Err(why) => {
            f.add(path, format!("{shown}: {why}; a picture beside the template is expected"));
            None
        }
    }
}

pub fn decoded(bytes: &[u8]) -> Result<Gray, String> {
    let reader = image::ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format();
    let mut reader = reader.map_err(|e| e.to_string())?;
    let mut limits = image::Limits::default();
    let most = *PIXELS.end() as u32;
    (limits.max_image_width, limits.max_image_height) = (Some(most), Some(most));
    reader.limits(limits);
    let image = reader.decode().map_err(|e| e.to_string())?.to_luma8();
    Ok(Gray::from_vec(image.width() as usize, image.height() as usize, image.into_raw()))
}

/// As it is written into a template.
pub fn data(gray: &Gray) -> Result<String, image::ImageError> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    let (w, h) = (gray.width as u32, gray.height as u32);
    image::ImageEncoder::write_image(encoder, &gray.data, w, h, image::ExtendedColorType::L8)?;
    Ok(DATA.to_owned() + &STANDARD.encode(bytes.into_inner()))
}
