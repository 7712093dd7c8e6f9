//! What a content stream paints, from its bytes: the operators that pages are stamped with and no others. A page that says
//! anything else is not understood, and that is a fault.

use super::letters::Letters;
use crate::sheet::frame::Area;
use crate::units::MM_PER_POINT;
use std::ops::Range;

/// Black rectangles and texts, in millimetres from the page's top left corner.
#[derive(Clone, Debug, Default)]
pub struct Painted {
    /// Filled paths, and the runs of an image mask's painted samples.
    pub boxes: Vec<Area>,
    pub texts: Vec<Run>,
    glyphs: Vec<(usize, u16)>,
}

/// A text that one operator shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Where its ink is.
    pub ink: Area,
    glyphs: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strange(pub String);

impl Painted {
    /// What a run says, letter by letter.
    pub fn text(&self, run: &Run, letters: &Letters) -> String {
        let letter = |&(font, glyph): &(usize, u16)| letters.get(font, glyph).map(|l| l.character);
        self.glyphs[run.glyphs.clone()].iter().filter_map(letter).collect()
    }

    /// Adds what one stream paints on a page of this height.
    pub fn read(&mut self, content: &[u8], height_mm: f64, letters: &Letters) -> Result<(), Strange> {
        let upright = Matrix { scale: (MM_PER_POINT, -MM_PER_POINT), shift: (0.0, height_mm) };
        let mut reading = Reading {
            rest: content,
            operands: Vec::with_capacity(8),
            name: b"",
            matrix: upright,
            saved: Vec::new(),
            path: self.boxes.len(),
            text: TextState { condense: 1.0, ..TextState::default() },
            letters,
            painted: self,
        };
        reading.run()
    }
}

/// Scale and shift: nothing that is stamped is turned.
#[derive(Clone, Copy, Debug)]
struct Matrix {
    scale: (f64, f64),
    shift: (f64, f64),
}

impl Matrix {
    fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        (self.scale.0 * x + self.shift.0, self.scale.1 * y + self.shift.1)
    }

    fn area(&self, x: f64, y: f64, w: f64, h: f64) -> Area {
        let ((x0, y0), (x1, y1)) = (self.apply(x, y), self.apply(x + w, y + h));
        Area::new(x0.min(x1), y0.min(y1), (x1 - x0).abs(), (y1 - y0).abs())
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct TextState {
    font: usize,
    size_pt: f64,
    condense: f64,
    /// Where the line begins, and how far it has come, in points.
    line: (f64, f64),
    along: f64,
}

struct Reading<'c, 'm> {
    rest: &'c [u8],
    operands: Vec<f64>,
    name: &'c [u8],
    matrix: Matrix,
    saved: Vec<Matrix>,
    /// Boxes from here on are not filled yet.
    path: usize,
    text: TextState,
    letters: &'m Letters,
    painted: &'m mut Painted,
}

impl<'c> Reading<'c, '_> {
    fn run(&mut self) -> Result<(), Strange> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            let Some(&first) = self.rest.first() else { break };
            match first {
                b'0'..=b'9' | b'-' | b'.' => {
                    let value = self.number()?;
                    self.operands.push(value);
                }
                b'/' => self.name = &self.take(1 + word(&self.rest[1..]))[1..],
                b'[' => self.show()?,
                _ => {
                    let operator = self.take(word(self.rest).max(1));
                    self.operate(operator)?;
                    self.operands.clear();
                }
            }
        }
        if self.painted.boxes.len() > self.path { Err(strange(b"re")) } else { Ok(()) }
    }

    fn take(&mut self, n: usize) -> &'c [u8] {
        let (taken, rest) = self.rest.split_at(n);
        self.rest = rest;
        taken
    }

    fn number(&mut self) -> Result<f64, Strange> {
        let (mut value, mut unit, mut n) = (0.0, 0.0, 0);
        let negative = self.rest[0] == b'-';
        for &c in &self.rest[usize::from(negative)..] {
            match c {
                b'0'..=b'9' => (value, unit) = (value * 10.0 + f64::from(c - b'0'), unit * 10.0),
                b'.' if unit == 0.0 => unit = 1.0,
                _ => break,
            }
            n += 1;
        }
        if n == 0 {
            return Err(strange(b"-"));
        }
        self.take(n + usize::from(negative));
        let value = if unit > 0.0 { value / unit } else { value };
        Ok(if negative { -value } else { value })
    }

    fn operate(&mut self, operator: &[u8]) -> Result<(), Strange> {
        match (operator, &self.operands[..]) {
            // The ground, which is looked at by itself.
            (b"Do", []) if self.name == b"S" => {}
            (b"q", []) => self.saved.push(self.matrix),
            (b"Q", []) => self.matrix = self.saved.pop().ok_or_else(|| strange(operator))?,
            (b"cm", &[a, 0.0, 0.0, d, e, f]) => {
                let scale = (self.matrix.scale.0 * a, self.matrix.scale.1 * d);
                self.matrix = Matrix { scale, shift: self.matrix.apply(e, f) };
            }
            (b"re", &[x, y, w, h]) => self.painted.boxes.push(self.matrix.area(x, y, w, h)),
            (b"f", []) => self.path = self.painted.boxes.len(),
            (b"BI", []) => self.mask()?,
            (b"BT", []) => (self.text.line, self.text.along) = ((0.0, 0.0), 0.0),
            (b"ET", []) => {}
            (b"Tf", &[size]) => {
                let digit = self.name.strip_prefix(b"F").and_then(|rest| rest.first());
                self.text.font = usize::from(digit.ok_or_else(|| strange(operator))?.wrapping_sub(b'0'));
                self.text.size_pt = size;
            }
            (b"Tz", &[percent]) => self.text.condense = percent / 100.0,
            (b"Td", &[x, y]) => {
                self.text.line = (self.text.line.0 + x, self.text.line.1 + y);
                self.text.along = 0.0;
            }
            _ => return Err(strange(operator)),
        }
        Ok(())
    }

    /// `[<glyphs> shift <glyphs> …] TJ`
    fn show(&mut self) -> Result<(), Strange> {
        self.take(1);
        let first = self.painted.glyphs.len();
        let (begin, (mut low, mut high)) = (self.text.along, (0.0_f64, 0.0_f64));
        let em = self.text.size_pt / 1000.0 * self.text.condense;
        loop {
            match self.rest.first() {
                Some(b'<') => {
                    let codes = self.until(b'>')?;
                    for code in codes[1..].chunks(4) {
                        let glyph = hex(code).filter(|_| code.len() == 4).ok_or_else(|| strange(b"TJ"))?;
                        let letter = self.letters.get(self.text.font, glyph).ok_or_else(|| strange(b"TJ"))?;
                        (low, high) = (low.min(letter.low), high.max(letter.high));
                        self.text.along += letter.advance * em;
                        self.painted.glyphs.push((self.text.font, glyph));
                    }
                }
                Some(b']') => {
                    self.take(1);
                    break;
                }
                Some(_) => self.text.along -= self.number()? * em,
                None => return Err(strange(b"TJ")),
            }
        }
        if self.take(word(self.rest)) != b"TJ" {
            return Err(strange(b"["));
        }
        let (x, y) = self.text.line;
        let size = self.text.size_pt / 1000.0;
        let ink = self.matrix.area(x + begin, y + low * size, self.text.along - begin, (high - low) * size);
        let glyphs = first..self.painted.glyphs.len();
        self.painted.texts.push(Run { ink, glyphs });
        self.operands.clear();
        Ok(())
    }

    /// An image mask of one bit a sample, in hexadecimal: 0 is painted.
    fn mask(&mut self) -> Result<(), Strange> {
        const HEAD: [&[u8]; 2] = [b"/W ", b"/H "];
        let mut sides = [0; 2];
        for (side, key) in sides.iter_mut().zip(HEAD) {
            self.expect(key)?;
            *side = self.number()? as usize;
        }
        self.expect(b"/IM true/F/AHx ID")?;
        self.rest = self.rest.trim_ascii_start();
        let bits = self.until(b'>')?;
        self.expect(b"EI")?;
        let [w, h] = sides;
        let row = w.div_ceil(8) * 2;
        if w == 0 || row.checked_mul(h) != Some(bits.len()) {
            return Err(strange(b"BI"));
        }
        let (dx, dy) = (1.0 / w as f64, 1.0 / h as f64);
        for (y, nibbles) in bits.chunks(row).enumerate() {
            let painted = |x: &usize| hex(&nibbles[x / 4..=x / 4]).is_some_and(|n| n >> (3 - x % 4) & 1 == 0);
            let mut x = 0;
            while x < w {
                let run = (x..w).take_while(painted).count();
                if run > 0 {
                    // An image's first row is its highest.
                    let top = 1.0 - (y + 1) as f64 * dy;
                    self.painted.boxes.push(self.matrix.area(x as f64 * dx, top, run as f64 * dx, dy));
                }
                x += run + 1;
            }
        }
        self.path = self.painted.boxes.len();
        Ok(())
    }

    fn expect(&mut self, said: &[u8]) -> Result<(), Strange> {
        self.rest = self.rest.strip_prefix(said).ok_or_else(|| strange(said))?;
        Ok(())
    }

    /// What stands before a byte, which is taken too.
    fn until(&mut self, end: u8) -> Result<&'c [u8], Strange> {
        let n = memchr::memchr(end, self.rest).ok_or_else(|| strange(&[end]))?;
        Ok(&self.take(n + 1)[..n])
    }
}

/// Bytes up to a blank or a delimiter.
fn word(bytes: &[u8]) -> usize {
    let ends = |b: &u8| b.is_ascii_whitespace() || b"/[]<>()".contains(b);
    bytes.iter().position(ends).unwrap_or(bytes.len())
}

fn hex(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0, |n, &d| Some(n << 4 | char::from(d).to_digit(16)? as u16))
}

fn strange(what: &[u8]) -> Strange {
    Strange(String::from_utf8_lossy(&what[..what.len().min(12)]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn painted(content: &[u8]) -> Result<Painted, Strange> {
        let mut painted = Painted::default();
        painted.read(content, 297.0, &Letters::default()).map(|()| painted)
    }

    #[test]
    fn rectangles_and_masks_are_where_their_matrices_put_them() {
        let content =
            b"/S Do BT ET q 2 0 0 -2 72 720 cm 1 0 3 2 re f Q q 36 0 0 36 0 0 cm BI/W 4/H 2/IM true/F/AHx ID 5060>EI Q";
        // Both samples of a row of four lie in its first hexadecimal digit; the second fills the byte up.
        let boxes = painted(content).unwrap().boxes;
        let near = |a: &Area, b: [f64; 4]| {
            [a.x, a.y, a.w, a.h].iter().zip(b).all(|(a, b)| (a - b * MM_PER_POINT).abs() < 1e-6)
        };
        let page = 297.0 / MM_PER_POINT;
        assert!(near(&boxes[0], [74.0, page - 720.0, 6.0, 4.0]), "{boxes:?}");
        // 0101 and 0110.
        assert_eq!(boxes.len(), 5);
        assert!(near(&boxes[1], [0.0, page - 36.0, 9.0, 18.0]) && near(&boxes[2], [18.0, page - 36.0, 9.0, 18.0]));
        assert!(near(&boxes[3], [0.0, page - 18.0, 9.0, 18.0]) && near(&boxes[4], [27.0, page - 18.0, 9.0, 18.0]));
    }

    #[test]
    fn what_is_not_stamped_is_not_understood() {
        for content in
            ["0 0 m", "/X Do", "1 .5 0 1 0 0 cm", "1 1 1 1 re", "Q", "[<0001>]TJ", "BI/W 8/H 1/IM true ID 00>EI"]
        {
            assert!(painted(content.as_bytes()).is_err(), "{content}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(content in "[-0-9./\\[\\]<>A-Za-z ]{0,60}|BI/W [0-9]{1,9}/H [0-9]{1,9}/IM true/F/AHx ID [0-9A-F]{0,9}>EI") {
            let _ = painted(content.as_bytes());
        }
    }
}
