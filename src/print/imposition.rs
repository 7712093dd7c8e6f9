//! Booklets' pages on the printer's sheets: two side by side, unscaled.

use super::package::Imposition;
use super::pdf::number::op;
use super::press::Page;

/// The sheets' sides, in the order that a printer wants them. All pages have the same resources, and their number is even;
/// for a folded booklet a multiple of four. A page that lies where most stand is stood up, its top to the left; and the other
/// way round.
pub fn impose(pages: Vec<Page>, imposition: Imposition) -> Vec<Page> {
    let order = order(pages.len(), imposition);
    let lies = |page: &Page| page.width_pt > page.height_pt;
    let most_lie = 2 * pages.iter().filter(|p| lies(p)).count() > pages.len();
    let placed = |page: &Page| match lies(page) == most_lie {
        true => (page.width_pt, page.height_pt),
        false => (page.height_pt, page.width_pt),
    };
    let side = |(left, right): &(usize, usize)| {
        let (a, b) = (&pages[*left], &pages[*right]);
        let half = placed(a).0.max(placed(b).0);
        let height_pt = placed(a).1.max(placed(b).1);
        let mut content = Vec::with_capacity(a.content.len() + b.content.len() + 64);
        for (page, x) in [(a, 0.0), (b, half)] {
            let (width, height) = placed(page);
            let at = (x + (half - width) / 2.0, (height_pt - height) / 2.0);
            content.extend_from_slice(b"q ");
            match lies(page) == most_lie {
                true => op(&mut content, &[1.0, 0.0, 0.0, 1.0, at.0, at.1], "cm"),
                false => op(&mut content, &[0.0, 1.0, -1.0, 0.0, at.0 + width, at.1], "cm"),
            }
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
    use pdf_writer::Ref;

    #[test]
    fn a_page_that_lies_is_stood_up_among_those_that_stand() {
        let page =
            |width_pt, height_pt| Page { content: Vec::new(), resources: Ref::new(1), width_pt, height_pt, own: false };
        let sides = impose(
            vec![page(595.0, 842.0), page(842.0, 595.0), page(595.0, 842.0), page(595.0, 842.0)],
            Imposition::TwoUp,
        );
        assert!(sides.iter().all(|s| (s.width_pt, s.height_pt) == (1190.0, 842.0)));
        let content = String::from_utf8(sides[0].content.clone()).unwrap();
        assert!(content.contains("0 1 -1 0 1190 0 cm"), "{content}");
        let sides = impose(vec![page(842.0, 595.0), page(842.0, 595.0)], Imposition::TwoUp);
        assert_eq!((sides[0].width_pt, sides[0].height_pt), (1684.0, 595.0));
    }

    #[test]
    fn a_folded_booklet_of_eight_pages_reads_from_one_to_eight() {
        let sides = order(8, Imposition::Saddle);
        assert_eq!(sides, [(7, 0), (1, 6), (5, 2), (3, 4)]);
        assert_eq!(order(4, Imposition::TwoUp), [(0, 1), (2, 3)]);
    }
}
