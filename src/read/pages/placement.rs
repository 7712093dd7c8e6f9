//! How stored pixels must be turned or mirrored to stand upright: the eight symmetries of the square.
//!
//! Scans lie sideways and mirrored in their files (EXIF and TIFF orientation, PDF /Rotate, flipped CTMs). The pixels
//! are never moved for that: the symmetry is carried along as a map of coordinates.

use crate::units::{Homography, Point, Px};

/// Named by what must be done to the stored picture; turns are clockwise. The order is that of EXIF and TIFF, tag 274.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Placement {
    #[default]
    Upright,
    /// Left and right change places.
    Mirror,
    Turn180,
    /// Top and bottom change places.
    Flip,
    /// Mirrored at the falling diagonal: x and y change places.
    Transpose,
    Turn90,
    /// Mirrored at the rising diagonal.
    Transverse,
    Turn270,
}

impl Placement {
    pub const ALL: [Placement; 8] = [
        Placement::Upright,
        Placement::Mirror,
        Placement::Turn180,
        Placement::Flip,
        Placement::Transpose,
        Placement::Turn90,
        Placement::Transverse,
        Placement::Turn270,
    ];

    /// From tag 274 of EXIF (CIPA DC-008, 4.6.4) or TIFF 6.0; what is not 1 to 8 counts as upright.
    pub fn from_exif(orientation: u16) -> Self {
        usize::from(orientation).checked_sub(1).and_then(|i| Self::ALL.get(i)).copied().unwrap_or_default()
    }

    /// The linear part, [[dx'/dx, dx'/dy], [dy'/dx, dy'/dy]].
    pub fn matrix(self) -> [[f64; 2]; 2] {
        match self {
            Placement::Upright => [[1.0, 0.0], [0.0, 1.0]],
            Placement::Mirror => [[-1.0, 0.0], [0.0, 1.0]],
            Placement::Turn180 => [[-1.0, 0.0], [0.0, -1.0]],
            Placement::Flip => [[1.0, 0.0], [0.0, -1.0]],
            Placement::Transpose => [[0.0, 1.0], [1.0, 0.0]],
            Placement::Turn90 => [[0.0, -1.0], [1.0, 0.0]],
            Placement::Transverse => [[0.0, -1.0], [-1.0, 0.0]],
            Placement::Turn270 => [[0.0, 1.0], [-1.0, 0.0]],
        }
    }

    /// The symmetry nearest to a linear map of picture axes (y down) to page axes (y down), row-major like
    /// [`Placement::matrix`]. None when the axes are more than about 2° off, or one of them vanishes.
    pub fn nearest(m: [[f64; 2]; 2]) -> Option<Self> {
        const SKEW: f64 = 0.035;
        let straight = m[0][0].abs() > 0.0
            && m[1][1].abs() > 0.0
            && m[1][0].abs() <= SKEW * m[0][0].abs()
            && m[0][1].abs() <= SKEW * m[1][1].abs();
        let sideways = m[1][0].abs() > 0.0
            && m[0][1].abs() > 0.0
            && m[0][0].abs() <= SKEW * m[1][0].abs()
            && m[1][1].abs() <= SKEW * m[0][1].abs();
        match (straight, sideways) {
            (true, false) => Some(match (m[0][0] > 0.0, m[1][1] > 0.0) {
                (true, true) => Placement::Upright,
                (false, true) => Placement::Mirror,
                (false, false) => Placement::Turn180,
                (true, false) => Placement::Flip,
            }),
            (false, true) => Some(match (m[0][1] > 0.0, m[1][0] > 0.0) {
                (true, true) => Placement::Transpose,
                (false, true) => Placement::Turn90,
                (false, false) => Placement::Transverse,
                (true, false) => Placement::Turn270,
            }),
            _ => None,
        }
    }

    /// Whether width and height change places.
    pub fn swaps_sides(self) -> bool {
        matches!(self, Placement::Transpose | Placement::Turn90 | Placement::Transverse | Placement::Turn270)
    }

    /// Whether writing would be read in a mirror.
    pub fn is_mirrored(self) -> bool {
        matches!(self, Placement::Mirror | Placement::Flip | Placement::Transpose | Placement::Transverse)
    }

    pub fn inverse(self) -> Self {
        match self {
            Placement::Turn90 => Placement::Turn270,
            Placement::Turn270 => Placement::Turn90,
            other => other,
        }
    }

    /// Width and height of the upright picture, from those of the stored one.
    pub fn upright_size(self, width: usize, height: usize) -> (usize, usize) {
        if self.swaps_sides() { (height, width) } else { (width, height) }
    }

    /// Where a place of the stored picture of `width` × `height` lies in the upright one.
    pub fn to_upright(self, p: Point<Px>, width: usize, height: usize) -> Point<Px> {
        self.homography(width, height).apply(p)
    }

    /// The inverse of [`Placement::to_upright`]; width and height are still those of the stored picture.
    pub fn to_stored(self, p: Point<Px>, width: usize, height: usize) -> Point<Px> {
        let (width, height) = self.upright_size(width, height);
        self.inverse().to_upright(p, width, height)
    }

    /// [`Placement::to_upright`] as a map that others can be chained to.
    pub fn homography(self, width: usize, height: usize) -> Homography<Px, Px> {
        let m = self.matrix();
        let (w, h) = (width as f64, height as f64);
        // A corner that lands left of or above the origin says how far to shift.
        let shift = |row: [f64; 2]| -(row[0] * w).min(0.0) - (row[1] * h).min(0.0);
        Homography::new([m[0][0], m[0][1], shift(m[0]), m[1][0], m[1][1], shift(m[1]), 0.0, 0.0, 1.0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exif_orientations_put_row_and_column_0_where_the_standard_says() {
        // CIPA DC-008: orientation 6 is "the 0th row is the visual right-hand side, the 0th column the visual top".
        let (w, h) = (30, 20);
        let first_row = Point::new(15.0, 0.0);
        let first_column = Point::new(0.0, 10.0);
        let expected = [
            (1, (15.0, 0.0), (0.0, 10.0)),  // top, left
            (2, (15.0, 0.0), (30.0, 10.0)), // top, right
            (3, (15.0, 20.0), (30.0, 10.0)),
            (4, (15.0, 20.0), (0.0, 10.0)),
            (5, (0.0, 15.0), (10.0, 0.0)),
            (6, (20.0, 15.0), (10.0, 0.0)),
            (7, (20.0, 15.0), (10.0, 30.0)),
            (8, (0.0, 15.0), (10.0, 30.0)),
        ];
        for (orientation, row, column) in expected {
            let p = Placement::from_exif(orientation);
            assert_eq!(p.to_upright(first_row, w, h), Point::new(row.0, row.1), "{orientation}");
            assert_eq!(p.to_upright(first_column, w, h), Point::new(column.0, column.1), "{orientation}");
        }
        assert_eq!(Placement::from_exif(0), Placement::Upright);
        assert_eq!(Placement::from_exif(9), Placement::Upright);
    }

    #[test]
    fn to_stored_undoes_to_upright_and_corners_stay_in_the_picture() {
        for p in Placement::ALL {
            for (x, y) in [(0.0, 0.0), (30.0, 20.0), (3.5, 17.25)] {
                let up = p.to_upright(Point::new(x, y), 30, 20);
                let (w, h) = p.upright_size(30, 20);
                assert!((0.0..=w as f64).contains(&up.x) && (0.0..=h as f64).contains(&up.y));
                assert_eq!(p.to_stored(up, 30, 20), Point::new(x, y));
            }
            let det = p.homography(30, 20).determinant();
            assert_eq!(det < 0.0, p.is_mirrored());
        }
    }

    #[test]
    fn nearest_finds_each_symmetry_and_refuses_slanted_maps() {
        for p in Placement::ALL {
            let m = p.matrix().map(|r| r.map(|v| 0.24 * v));
            assert_eq!(Placement::nearest(m), Some(p));
        }
        assert_eq!(Placement::nearest([[0.7, 0.7], [-0.7, 0.7]]), None);
        assert_eq!(Placement::nearest([[0.0, 0.0], [0.0, 0.0]]), None);
        assert_eq!(Placement::nearest([[f64::NAN, 0.0], [0.0, 1.0]]), None);
    }
}
