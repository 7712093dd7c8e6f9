//! Markers and their segments up to the first scan (T.81, annex B).

use super::JpegError::{self, Corrupt, NotJpeg, TooLarge, Unsupported};
use super::huffman::Code;

/// Position in the block, row by row, of the k-th coefficient (T.81, figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// Everything that is known when the entropy-coded data begin.
pub(super) struct Header {
    pub width: usize,
    pub height: usize,
    /// Luma blocks of an MCU: across, down.
    pub luma_blocks: (usize, usize),
    pub mcus: (usize, usize),
    /// Of the luma, row by row.
    pub quant: [u16; 64],
    pub luma: ComponentCodes,
    pub chroma: Vec<ComponentCodes>,
    /// MCUs between restart markers; the whole scan's if there are none.
    pub restart_mcus: usize,
    /// Where the entropy-coded data begin in the file.
    pub data_at: usize,
}

pub(super) struct ComponentCodes {
    pub blocks: usize,
    pub dc: Code,
    pub ac: Code,
}

struct Component {
    id: u8,
    h: usize,
    v: usize,
    quant: usize,
}

struct Frame {
    width: usize,
    height: usize,
    components: Vec<Component>,
}

/// A marker segment's bytes, read from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], JpegError> {
        let (head, tail) = self.0.split_at_checked(n).ok_or(Corrupt("a marker segment is too short"))?;
        self.0 = tail;
        Ok(head)
    }

    fn u8(&mut self) -> Result<u8, JpegError> {
        Ok(self.take(1)?[0])
    }

    fn u16(&mut self) -> Result<usize, JpegError> {
        let pair = self.take(2)?;
        Ok(usize::from(pair[0]) << 8 | usize::from(pair[1]))
    }
}

impl Header {
    pub fn parse(bytes: &[u8], max_pixels: usize) -> Result<Self, JpegError> {
        if !bytes.starts_with(&[0xFF, 0xD8]) {
            return Err(NotJpeg);
        }
        let mut quants: [Option<[u16; 64]>; 4] = [None; 4];
        let mut dc_codes: [Option<Code>; 4] = Default::default();
        let mut ac_codes: [Option<Code>; 4] = Default::default();
        let mut frame = None;
        let mut restart_mcus = 0;
        let (mut jfif, mut adobe) = (false, None);
        let mut at = 2;
        loop {
            let (marker, mut body) = segment(bytes, &mut at)?;
            match marker {
                0xC0 | 0xC1 if frame.is_some() => return Err(Corrupt("two frames")),
                0xC0 | 0xC1 => frame = Some(Frame::parse(&mut body, max_pixels)?),
                0xC2 | 0xC6 => return Err(Unsupported("progressive")),
                0xC3 | 0xC7 => return Err(Unsupported("lossless")),
                0xC5 => return Err(Unsupported("hierarchical")),
                0xC9..=0xCF => return Err(Unsupported("arithmetic coding")),
                0xC4 => huffman(&mut body, &mut dc_codes, &mut ac_codes)?,
                0xDB => quantisation(&mut body, &mut quants)?,
                0xDD => restart_mcus = body.u16()?,
                0xE0 => jfif |= body.0.starts_with(b"JFIF\0"),
                0xEE if body.0.starts_with(b"Adobe") => adobe = body.0.get(11).copied().or(adobe),
                0xDA => {
                    let frame: Frame = frame.ok_or(Corrupt("a scan before any frame"))?;
                    frame.check_colours(jfif, adobe)?;
                    return frame.scan(body, &quants, &dc_codes, &ac_codes, restart_mcus, at);
                }
                0xD9 => return Err(Corrupt("it ends before any picture data")),
                _ => {}
            }
        }
    }

    /// Luma blocks across the page, padding included.
    pub fn blocks_across(&self) -> usize {
        self.mcus.0 * self.luma_blocks.0
    }

    pub fn mcu_count(&self) -> usize {
        self.mcus.0 * self.mcus.1
    }
}

/// The next marker and its segment's body.
fn segment<'a>(bytes: &'a [u8], at: &mut usize) -> Result<(u8, Bytes<'a>), JpegError> {
    let rest = bytes.get(*at..).unwrap_or_default();
    let ended = Corrupt("it ends within the header");
    let Some(skipped) = rest.windows(2).position(|w| w[0] == 0xFF && !matches!(w[1], 0 | 0xFF | 0x01 | 0xD0..=0xD8))
    else {
        return Err(ended);
    };
    let marker = rest[skipped + 1];
    if marker == 0xD9 {
        return Ok((marker, Bytes(&[])));
    }
    let mut tail = Bytes(&rest[skipped + 2..]);
    let length = tail.u16().map_err(|_| Corrupt("it ends within the header"))?;
    let body = length.checked_sub(2).ok_or(Corrupt("a marker segment's length is under 2"))?;
    let body = tail.take(body).map_err(|_| ended)?;
    *at += skipped + 2 + length;
    Ok((marker, Bytes(body)))
}

fn quantisation(body: &mut Bytes, quants: &mut [Option<[u16; 64]>; 4]) -> Result<(), JpegError> {
    while !body.0.is_empty() {
        let head = body.u8()?;
        let slot = quants.get_mut(usize::from(head & 15)).ok_or(Corrupt("a quantisation table's number is over 3"))?;
        let mut table = [0; 64];
        for place in ZIGZAG {
            table[usize::from(place)] = if head >> 4 == 0 { body.u8()?.into() } else { body.u16()? as u16 };
        }
        if table.iter().any(|&q| q == 0 || q > i16::MAX as u16) {
            return Err(Corrupt("a quantisation step is 0 or over 32767"));
        }
        *slot = Some(table);
    }
    Ok(())
}

fn huffman(body: &mut Bytes, dc: &mut [Option<Code>; 4], ac: &mut [Option<Code>; 4]) -> Result<(), JpegError> {
    while !body.0.is_empty() {
        let head = body.u8()?;
        let counts: &[u8; 16] = body.take(16)?.try_into().map_err(|_| Corrupt("a Huffman table is cut off"))?;
        let symbols = body.take(counts.iter().map(|&c| usize::from(c)).sum())?;
        let slots = match head >> 4 {
            0 if symbols.iter().any(|&size| size > 15) => return Err(Corrupt("a DC difference of over 15 bits")),
            0 => &mut *dc,
            1 => &mut *ac,
            _ => return Err(Corrupt("a Huffman table's class is neither DC nor AC")),
        };
        let slot = slots.get_mut(usize::from(head & 15)).ok_or(Corrupt("a Huffman table's number is over 3"))?;
        *slot = Some(Code::new(counts, symbols)?);
    }
    Ok(())
}

impl Frame {
    fn parse(body: &mut Bytes, max_pixels: usize) -> Result<Self, JpegError> {
        if body.u8()? != 8 {
            return Err(Unsupported("not 8 bits a sample"));
        }
        let (height, width, count) = (body.u16()?, body.u16()?, body.u8()?);
        if height == 0 {
            return Err(Unsupported("height given after the scan (DNL)"));
        }
        if width == 0 {
            return Err(Corrupt("the width is 0"));
        }
        if width * height > max_pixels {
            return Err(TooLarge { width, height, max_pixels });
        }
        if count != 1 && count != 3 {
            return Err(Unsupported("neither 1 nor 3 components"));
        }
        let mut components = Vec::new();
        for _ in 0..count {
            let (id, factors, quant) = (body.u8()?, usize::from(body.u8()?), body.u8()?.into());
            let (h, v) = (factors >> 4, factors & 15);
            if !(1..=4).contains(&h) || !(1..=4).contains(&v) {
                return Err(Corrupt("a sampling factor is not 1 to 4"));
            }
            components.push(Component { id, h, v, quant });
        }
        if let [only] = &mut components[..] {
            // A scan of one component has MCUs of one block, whatever its factors (A.2.2).
            (only.h, only.v) = (1, 1);
        }
        if components.iter().any(|c| c.h > components[0].h || c.v > components[0].v) {
            return Err(Unsupported("luma below full resolution"));
        }
        if components.iter().map(|c| c.h * c.v).sum::<usize>() > 10 {
            return Err(Corrupt("over 10 blocks in an MCU"));
        }
        Ok(Frame { width, height, components })
    }

    /// As libjpeg's `default_decompress_parms` guesses it.
    fn check_colours(&self, jfif: bool, adobe: Option<u8>) -> Result<(), JpegError> {
        let ids: Vec<u8> = self.components.iter().map(|c| c.id).collect();
        match (ids.len(), jfif, adobe) {
            (1, ..) | (3, true, _) | (3, false, Some(1)) => Ok(()),
            (3, false, None) if ids != *b"RGB" => Ok(()),
            _ => Err(Unsupported("colours that are not YCbCr")),
        }
    }

    fn scan(
        self,
        mut body: Bytes,
        quants: &[Option<[u16; 64]>; 4],
        dc_codes: &[Option<Code>; 4],
        ac_codes: &[Option<Code>; 4],
        restart_mcus: usize,
        data_at: usize,
    ) -> Result<Header, JpegError> {
        if usize::from(body.u8()?) != self.components.len() {
            return Err(Unsupported("components in scans of their own"));
        }
        let code = |codes: &[Option<Code>; 4], i: u8| {
            let code = codes.get(usize::from(i)).and_then(Option::clone);
            code.ok_or(Corrupt("a scan names a Huffman table that was not given"))
        };
        let mut codes = Vec::new();
        for component in &self.components {
            let (id, tables) = (body.u8()?, body.u8()?);
            if id != component.id {
                return Err(Corrupt("a scan's components are not the frame's"));
            }
            let (dc, ac) = (code(dc_codes, tables >> 4)?, code(ac_codes, tables & 15)?);
            codes.push(ComponentCodes { blocks: component.h * component.v, dc, ac });
        }
        let luma = &self.components[0];
        let quant = quants.get(luma.quant).copied().flatten();
        let chroma = codes.split_off(1);
        let mcus = (self.width.div_ceil(8 * luma.h), self.height.div_ceil(8 * luma.v));
        Ok(Header {
            width: self.width,
            height: self.height,
            luma_blocks: (luma.h, luma.v),
            mcus,
            quant: quant.ok_or(Corrupt("the luma names a quantisation table that was not given"))?,
            luma: codes.pop().ok_or(Corrupt("a scan without components"))?,
            chroma,
            restart_mcus: if restart_mcus == 0 { mcus.0 * mcus.1 } else { restart_mcus },
            data_at,
        })
    }
}
