//! Which picture pixels see paper: the sheet's outline with its torn corners and holes, filled by signed areas
//! (the accumulation buffer of Levien's font-rs, 2016).

use crate::units::{Point, Px};

/// Coverage of each pixel, 0 to 1, inside the closed contours; contours of opposite sense are holes.
pub fn coverage(width: usize, height: usize, contours: &[Vec<Point<Px>>]) -> Vec<f32> {
    let mut acc = vec![0f32; width * height + 1];
    for contour in contours {
        for (i, a) in contour.iter().enumerate() {
            edge(&mut acc, width, height, (a.x, a.y), {
                let b = &contour[(i + 1) % contour.len()];
                (b.x, b.y)
            });
        }
    }
    acc.truncate(width * height);
    for row in acc.chunks_mut(width) {
        let mut sum = 0.0;
        for v in row {
            sum += *v;
            *v = sum.abs().min(1.0);
        }
    }
    acc
}

fn edge(acc: &mut [f32], width: usize, height: usize, a: (f64, f64), b: (f64, f64)) {
    let (a, b, way) = if a.1 < b.1 { (a, b, 1.0) } else { (b, a, -1.0) };
    if a.1 == b.1 {
        return;
    }
    let slope = (b.0 - a.0) / (b.1 - a.1);
    let (top, bottom) = (a.1.max(0.0), b.1.min(height as f64));
    let mut y = top;
    while y < bottom {
        let row = y.floor();
        let next = (row + 1.0).min(bottom);
        // A line in one row, cut where it leaves the picture's sides: beyond the left all of the row counts.
        let x0 = (a.0 + (y - a.1) * slope).clamp(0.0, width as f64);
        let x1 = (a.0 + (next - a.1) * slope).clamp(0.0, width as f64);
        let line = &mut acc[row as usize * width..][..width];
        let (left, right) = (x0.min(x1), x0.max(x1));
        let area = way * (next - y);
        let (first, last) = (left.floor() as usize, (right.floor() as usize).min(width.saturating_sub(1)));
        // The share of the edge's height in each column enters at that column, less what lies left of the edge.
        for column in first..=last.max(first) {
            if column >= width {
                break;
            }
            let (l, r) = (left.max(column as f64), right.min(column as f64 + 1.0));
            let part = if right > left { area * (r - l) / (right - left) } else { area };
            let inside = 1.0 - (0.5 * (l + r) - column as f64);
            line[column] += (part * inside) as f32;
            if column + 1 < width {
                line[column + 1] += (part * (1.0 - inside)) as f32;
            }
        }
        y = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn area_of_a_tilted_square_with_a_hole_is_kept() {
        let turned = |x: f64, y: f64| Point::<Px>::new(50.0 + 0.8 * x - 0.6 * y, 50.0 + 0.6 * x + 0.8 * y);
        let square = |r: f64| vec![turned(-r, -r), turned(r, -r), turned(r, r), turned(-r, r)];
        let mut hole = square(5.0);
        hole.reverse();
        let cover = coverage(100, 100, &[square(20.0), hole]);
        let area: f32 = cover.iter().sum();
        assert!((area - 1500.0).abs() < 0.5, "{area}");
        assert!(cover[50 * 100 + 50] < 1e-4 && cover[62 * 100 + 50] > 0.999);
    }

    #[test]
    fn a_shape_larger_than_the_picture_covers_all_of_it() {
        let square = [(-9.0, -5.0), (40.0, -7.0), (45.0, 30.0), (-3.0, 33.0)].map(|(x, y)| Point::new(x, y)).to_vec();
        assert!(coverage(20, 10, &[square]).iter().all(|v| (v - 1.0).abs() < 1e-4));
    }
}
