//! Several sheets on one picture: an A3 scan of two A4 sheets, two sheets on a desk. One is read; that there is another
//! must not be lost.

use super::identify::{self, Known, Verdict};
use super::register::{self, Registration};
use super::result::Issue;
use crate::raster::{Gray, Partial};
use crate::sheet::frame::Area;
use crate::units::{Homography, Mm, Point, Px};

/// Whether the marks of two sheets side by side were taken for those of one: it would be twice as wide or as high. A
/// photo that leans by 45° stretches a sheet by 1.4.
pub fn mixed(registration: &Registration) -> Option<Issue> {
    const MOST_STRETCHED: f64 = 1.6;
    let frame = &registration.frame;
    let j = registration.sheet_to_picture.jacobian(Point::new(frame.width / 2.0, frame.height / 2.0));
    let stretched = j[0][0].hypot(j[1][0]) / j[0][1].hypot(j[1][1]);
    let detail = "the registration marks are those of several sheets; scan each by itself";
    (stretched.max(1.0 / stretched) > MOST_STRETCHED).then(|| Issue::new("several_sheets", detail))
}

/// Where beside the sheet there is room for another, that one is looked for on a copy without the first.
pub fn another(picture: &mut Partial, first: &Registration, known: Known) -> Option<Issue> {
    let (gray, map) = (picture.gray(), &first.sheet_to_picture);
    let sheet = Area::new(0.0, 0.0, first.frame.width, first.frame.height);
    if !room(gray, &identify::corners(&sheet, map)) {
        return None;
    }
    let mut rest = picture.all().clone();
    cover(&mut rest, map, &sheet);
    let mut rest = Partial::whole(rest);
    let second = register::register(&mut rest).ok()?;
    let detail = match identify::identify(&mut rest, &second, known).verdict {
        Verdict::Known(other, _) => {
            format!(
                "page {} of sheet {} is on the picture too and was not read; scan it by itself",
                other.page, other.sheet
            )
        }
        _ => "another sheet is on the picture and was not read; scan it by itself".to_owned(),
    };
    Some(Issue::new("several_sheets", detail))
}

/// Whether most of another such sheet could lie on one side of the sheet with these corners.
fn room(picture: &Gray, corners: &[Point<Px>; 4]) -> bool {
    const MOST: f64 = 0.6;
    let short = corners[0].distance(&corners[1]).min(corners[1].distance(&corners[2]));
    let least = |value: fn(&Point<Px>) -> f64| corners.iter().map(value).fold(f64::MAX, f64::min);
    let most = |value: fn(&Point<Px>) -> f64| corners.iter().map(value).fold(f64::MIN, f64::max);
    let (right, below) = (picture.width as f64 - most(|p| p.x), picture.height as f64 - most(|p| p.y));
    [least(|p| p.x), least(|p| p.y), right, below].iter().any(|&free| free > MOST * short)
}

/// Paints a sheet over.
fn cover(picture: &mut Gray, map: &Homography<Mm, Px>, sheet: &Area) {
    let Some(back) = map.inverse() else { return };
    for y in 0..picture.height {
        for (x, v) in picture.row_mut(y).iter_mut().enumerate() {
            let p = back.apply(Point::new(x as f64 + 0.5, y as f64 + 0.5));
            if p.x > sheet.x && p.x < sheet.right() && p.y > sheet.y && p.y < sheet.bottom() {
                *v = 255;
            }
        }
    }
}
