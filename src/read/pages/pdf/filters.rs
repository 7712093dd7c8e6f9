//! The stream filters of ISO 32000-1, 7.4, with a bound on what comes out. Damaged data give what came before the
//! damage.

use super::super::error::PageError;
use super::predictor::Predictor;
use hayro_syntax::Filter;
use hayro_syntax::object::{Array, Dict, Object, Stream};
use std::borrow::Cow;
use std::io::Read;

/// The filters of a stream with their parameters.
pub fn filters<'a>(stream: &Stream<'a>) -> Vec<(Filter, Dict<'a>)> {
    let dict = stream.dict();
    let of = |short: &[u8], long: &[u8]| dict.get::<Object<'a>>(short).or_else(|| dict.get::<Object<'a>>(long));
    let params: Vec<Dict<'a>> = match of(b"DP", b"DecodeParms") {
        Some(Object::Dict(d)) => vec![d],
        Some(Object::Array(a)) => {
            let a: Array<'a> = a;
            a.iter::<Object<'a>>().map(|o| o.into_dict().unwrap_or_default()).collect()
        }
        _ => Vec::new(),
    };
    stream.filters().into_iter().enumerate().map(|(i, f)| (f, params.get(i).cloned().unwrap_or_default())).collect()
}

pub fn is_picture_codec(filter: Filter) -> bool {
    matches!(filter, Filter::DctDecode | Filter::JpxDecode | Filter::Jbig2Decode | Filter::CcittFaxDecode)
}

/// The data after all `chain`, of which none is a picture codec. `expected` bytes are wanted; no more are made. None
/// where a predictor is not understood.
pub fn decode<'d>(
    data: Cow<'d, [u8]>,
    chain: &[(Filter, Dict<'_>)],
    expected: usize,
    max_between: usize,
) -> Result<Option<Cow<'d, [u8]>>, PageError> {
    let mut data = data;
    for (i, (filter, params)) in chain.iter().enumerate() {
        let last = i + 1 == chain.len();
        let predictor = Predictor::new(params);
        let wanted = if last { predictor.as_ref().map_or(expected, |p| p.encoded_len(expected)) } else { max_between };
        let next = match filter {
            Filter::FlateDecode => inflate(&data, wanted, last),
            Filter::LzwDecode => lzw(&data, params.get::<i32>("EarlyChange").unwrap_or(1) != 0, wanted),
            Filter::RunLengthDecode => run_length(&data, wanted),
            Filter::Ascii85Decode => ascii_85(&data, wanted),
            Filter::AsciiHexDecode => ascii_hex(&data, wanted),
            Filter::Crypt if i == 0 => continue,
            _ => return Ok(None),
        };
        let predicted = matches!(filter, Filter::FlateDecode | Filter::LzwDecode);
        data = Cow::Owned(match predictor {
            Some(p) if predicted => match p.undo(next) {
                Some(plain) => plain,
                None => return Ok(None),
            },
            _ => next,
        });
    }
    Ok(Some(data))
}

/// At most `wanted` bytes. `exact`: that many are hoped for, so they are worth allocating at once.
fn inflate(data: &[u8], wanted: usize, exact: bool) -> Vec<u8> {
    // 1,032 is the most that DEFLATE can expand by.
    let possible = data.len().saturating_mul(1032).saturating_add(64).min(wanted);
    if exact {
        let mut out = vec![0; possible];
        if let Ok(n) = libdeflater::Decompressor::new().zlib_decompress(data, &mut out) {
            out.truncate(n);
            return out;
        }
    }
    // Cut or longer than it should be, or no zlib header: by the streaming decoder, which keeps what it got.
    let read = |reader: &mut dyn Read| {
        let mut out = Vec::new();
        let _ = reader.take(possible as u64).read_to_end(&mut out);
        out
    };
    let out = read(&mut flate2::read::ZlibDecoder::new(data));
    if out.is_empty() { read(&mut flate2::read::DeflateDecoder::new(data)) } else { out }
}

fn lzw(data: &[u8], early_change: bool, wanted: usize) -> Vec<u8> {
    use weezl::{BitOrder, decode::Decoder};
    let mut decoder = match early_change {
        true => Decoder::with_tiff_size_switch(BitOrder::Msb, 8),
        false => Decoder::new(BitOrder::Msb, 8),
    };
    let (mut out, mut data) = (Vec::new(), data);
    let mut buffer = vec![0; 1 << 16];
    while out.len() < wanted {
        let step = decoder.decode_bytes(data, &mut buffer);
        out.extend_from_slice(&buffer[..step.consumed_out.min(wanted - out.len())]);
        data = &data[step.consumed_in..];
        if !matches!(step.status, Ok(weezl::LzwStatus::Ok)) || (step.consumed_in == 0 && step.consumed_out == 0) {
            break;
        }
    }
    out
}

fn run_length(data: &[u8], wanted: usize) -> Vec<u8> {
    let (mut out, mut data) = (Vec::new(), data);
    while let Some((&length, rest)) = data.split_first() {
        if length == 128 || out.len() >= wanted {
            break;
        }
        if length < 128 {
            let (copied, rest) = rest.split_at(rest.len().min(usize::from(length) + 1));
            out.extend_from_slice(copied);
            data = rest;
        } else {
            let Some((&byte, rest)) = rest.split_first() else { break };
            out.resize(out.len() + 257 - usize::from(length), byte);
            data = rest;
        }
    }
    out.truncate(wanted);
    out
}

fn ascii_hex(data: &[u8], wanted: usize) -> Vec<u8> {
    let digits: Vec<u8> = data
        .iter()
        .take_while(|&&b| b != b'>')
        .filter_map(|&b| char::from(b).to_digit(16).map(|d| d as u8))
        .take(wanted.saturating_mul(2))
        .collect();
    digits.chunks(2).map(|d| d[0] << 4 | d.get(1).unwrap_or(&0)).collect()
}

fn ascii_85(data: &[u8], wanted: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut group = Vec::with_capacity(5);
    let value = |group: &[u8]| {
        let digit = |i: usize| u32::from(group.get(i).map_or(84, |d| d - b'!'));
        (0..5).fold(0u32, |n, i| n.wrapping_mul(85).wrapping_add(digit(i))).to_be_bytes()
    };
    for &b in data.strip_prefix(b"<~").unwrap_or(data) {
        match b {
            _ if out.len() >= wanted => break,
            b'~' => break,
            b'z' if group.is_empty() => out.extend([0; 4]),
            b'!'..=b'u' => {
                group.push(b);
                if group.len() == 5 {
                    out.extend(value(&group));
                    group.clear();
                }
            }
            _ => {}
        }
    }
    if group.len() > 1 {
        out.extend(&value(&group)[..group.len() - 1]);
    }
    out.truncate(wanted);
    out
}

/// Whether one stream of `data` would unpack to more than `limit` bytes, without keeping what comes out.
pub fn expands_beyond(data: &[u8], filter: Filter, limit: u64) -> bool {
    match filter {
        Filter::FlateDecode => {
            let count = |reader: &mut dyn Read| {
                let mut buffer = vec![0; 1 << 16];
                let mut total = 0u64;
                while let Ok(n @ 1..) = reader.read(&mut buffer) {
                    total += n as u64;
                    if total > limit {
                        return true;
                    }
                }
                false
            };
            count(&mut flate2::read::ZlibDecoder::new(data)) || count(&mut flate2::read::DeflateDecoder::new(data))
        }
        Filter::LzwDecode => {
            let cap = usize::try_from(limit.saturating_add(1)).unwrap_or(usize::MAX);
            lzw(data, true, cap).len() as u64 > limit
        }
        // 2 bytes become 128; 1 becomes 4.
        Filter::RunLengthDecode => data.len() as u64 > limit / 64,
        Filter::Ascii85Decode => data.len() as u64 > limit / 4,
        _ => data.len() as u64 > limit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_filters() {
        assert_eq!(ascii_hex(b"48 65 6C6c6F7>", 100), b"Hello\x70");
        assert_eq!(ascii_85(b"<~87cURD]j7BEbo80~>", 100), b"Hello world!");
        assert_eq!(ascii_85(b"z!!", 100), [0, 0, 0, 0, 0]);
        assert_eq!(run_length(&[2, b'a', b'b', b'c', 254, b'x', 128, 9], 100), b"abcxxx");
        assert_eq!(run_length(&[129, 7, 129, 7], 100).len(), 100);
    }

    #[test]
    fn a_cut_flate_stream_gives_its_beginning() {
        let mut random = fastrand::Rng::with_seed(1);
        let plain: Vec<u8> = (0..20_000).map(|_| random.u8(..)).collect();
        let packed = {
            let mut e = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            std::io::Write::write_all(&mut e, &plain).unwrap();
            e.finish().unwrap()
        };
        assert_eq!(inflate(&packed, plain.len(), true), plain);
        assert_eq!(inflate(&packed, 100, true), &plain[..100]);
        let cut = inflate(&packed[..packed.len() / 2], plain.len(), true);
        assert!(cut.len() > 5_000 && plain.starts_with(&cut));
        assert!(expands_beyond(&packed, Filter::FlateDecode, 19_999));
        assert!(!expands_beyond(&packed, Filter::FlateDecode, 20_000));
    }
}
