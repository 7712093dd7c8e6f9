//! Booklets' pages on the printer's sheets: two side by side, unscaled.

use super::package::Imposition;
use super::pdf::number::op;
use super::press::Page;

/// The sheets' sides, in the order that a printer wants them. All pages have the same resources, and their number is even;
/// for a folded booklet a multiple of four.
pub fn impose(pages: Vec<Page>, imposition: Imposition) -> Vec<Page> {
    let order = order(pages.len(), imposition);
    let side = |(left, right): &(usize, usize)| {
        let (a, b) = (&pages[*left], &pages[*right]);
        let half = a.width_pt.max(b.width_pt);
        let height_pt = a.height_pt.max(b.height_pt);
        let mut content = Vec::with_capacity(a.content.len() + b.content.len() + 64);
        for (page, x) in [(a, 0.0), (b, half)] {
            let at = (x + (half - page.width_pt) / 2.0, (height_pt - page.height_pt) / 2.0);
            content.extend_from_slice(b"q ");
            op(&mut content, &[1.0, 0.0, 0.0, 1.0, at.0, at.1], "cm");
            content.extend_from_slice(&page.content);
            content.extend_from_slice(b" Q\n");
        }
        Page { content, resources: a.resources, width_pt: 2.0 * half, height_pt, own: a.own }
    };
    order.iter().map(side).collect()
}

/// Which pages lie left and right on each side, from 0.
pub fn order(pages: usize, imposition: Imposition) -> Vec<(usize, usize)> {
    match imposition {
        Imposition::None => Vec::new(),
        Imposition::TwoUp => (0..pages / 2).map(|i| (2 * i, 2 * i + 1)).collect(),
        Imposition::Saddle => (0..pages / 2)
            .map(|side| {
                let (low, high) = (side, pages - 1 - side);
                if side % 2 == 0 { (high, low) } else { (low, high) }
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_booklet_of_eight_pages_reads_from_one_to_eight() {
        let sides = order(8, Imposition::Saddle);
        assert_eq!(sides, [(7, 0), (1, 6), (5, 2), (3, 4)]);
        assert_eq!(order(4, Imposition::TwoUp), [(0, 1), (2, 3)]);
    }
}
