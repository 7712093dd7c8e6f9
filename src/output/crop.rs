//! One field cut out of a scan, upright and flat, for a person who decides what was meant.

use super::canvas::Seen;
use crate::raster::{Gray, Rgb};
use crate::units::Point;

/// Paper that is shown around a field's box, in millimetres: its number is printed at the left.
const AROUND: [f64; 4] = [9.0, 3.0, 4.0, 3.0];
/// Pixels a millimetre of what is shown: 300 dpi.
const SCALE: f64 = 300.0 / 25.4;
/// Longest side, in pixels: a grid of a hundred answers is shown smaller.
const MOST: f64 = 2400.0;

/// The place of a field on its page. None where the page was not registered, or has no such field.
pub fn field(seen: &Seen<'_>, id: &str) -> Option<Rgb> {
    let (warp, page) = (seen.warp?, seen.page?);
    let area = page.fields.iter().find(|f| f.id == id)?.area;
    let [left, top, right, bottom] = AROUND;
    let (x, y) = (area.x - left, area.y - top);
    let (w, h) = (area.w + left + right, area.h + top + bottom);
    let scale = SCALE.min(MOST / w.max(h));
    let (width, height) = ((w * scale).ceil() as usize, (h * scale).ceil() as usize);
    let mut gray = Gray::new(width, height, 255);
    for row in 0..height {
        for column in 0..width {
            let at = Point::new(x + (column as f64 + 0.5) / scale, y + (row as f64 + 0.5) / scale);
            let in_picture = warp.to_picture(at);
            if seen.picture.contains(in_picture) {
                gray.data[row * width + column] = seen.picture.sample(in_picture).round() as u8;
            }
        }
    }
    let mut rgb = Rgb::new(width, height, [0xFF; 3]);
    rgb.put_gray(&gray, 0, 0, |v| v);
    Some(rgb)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::made_up::Sheet;

    #[test]
    fn a_field_is_cut_out_upright_however_the_page_lay() {
        let crops = [0, 90, 180, 270].map(|turn| {
            let sheet = Sheet::scanned(turn);
            let seen = sheet.seen();
            let first = seen.page.unwrap().fields[0].id.clone();
            assert!(field(&seen, "no such field").is_none());
            field(&seen, &first).unwrap()
        });
        let dark =
            |rgb: &Rgb| (0..rgb.width * rgb.height).filter(|i| rgb.get(i % rgb.width, i / rgb.width)[0] < 100).count();
        let first = dark(&crops[0]) as f64;
        assert!(first > 100.0, "{first}");
        for crop in &crops[1..] {
            assert_eq!((crop.width, crop.height), (crops[0].width, crops[0].height));
            let ratio = dark(crop) as f64 / first;
            assert!((0.85..1.15).contains(&ratio), "{ratio}");
        }
    }
}
