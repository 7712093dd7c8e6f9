//! Against other decoders, and against broken files.

use super::*;
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};

const MAX_PIXELS: usize = 1 << 24;

macro_rules! fixtures {
    ($($name:literal $hash:literal),* $(,)?) => {
        [$(($name, &include_bytes!(concat!("../../../tests/fixtures/jpeg/", $name, ".jpg")).as_slice(), $hash)),*]
    };
}

/// Files by libjpeg-turbo's encoder, with the FNV-1a of the gray pixels that libjpeg-turbo 2.1.5 decodes (default
/// settings). Where only the chroma's sampling differs, the pixels are the same.
const FIXTURES: [(&str, &[u8], u64); 14] = fixtures![
    "gray_101x75" 0x111d9606887fb5e7,
    "gray_1x1" 0xaf63e14c8601f50b,
    "gray_optimised_q95_101x75" 0xab63d32107d47198,
    "gray_restart1_33x21" 0x7004bc11be673070,
    "gray_restart_rows_101x75" 0x52c6f597b5451f94,
    "noise_q100_83x67" 0x780226498d10c482,
    "c444_101x75" 0x9d6687b64568346e,
    "c422_101x75" 0x9d6687b64568346e,
    "c420_101x75" 0x9d6687b64568346e,
    "c420_restart3_101x75" 0x9d6687b64568346e,
    "c420_16x16" 0xcb0998f129738622,
    "c440_101x75" 0x396ae1179da2f00a,
    "c411_101x75" 0x396ae1179da2f00a,
    "c_odd_sampling_101x75" 0x9293435c95c2dc19,
];

const UNSUPPORTED: [(&str, &[u8], u64); 5] = fixtures![
    "progressive_48x40" 0, "arithmetic_16x16" 0, "cmyk_48x40" 0, "rgb_48x40" 0, "three_scans" 0,
];

fn fixture(name: &str) -> &'static [u8] {
    FIXTURES.iter().find(|f| f.0 == name).expect("a fixture of that name").1
}

fn fnv1a(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
}

fn by_zune(bytes: &[u8]) -> Gray {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let data = decoder.decode().expect("zune-jpeg decodes it");
    let (width, height) = decoder.dimensions().expect("it has a size");
    Gray::from_vec(width, height, data)
}

fn crop(picture: &Gray, x: std::ops::Range<usize>, y: std::ops::Range<usize>) -> Gray {
    let data = y.clone().flat_map(|y| picture.row(y)[x.clone()].to_vec()).collect();
    Gray::from_vec(x.len(), y.len(), data)
}

fn assert_near(a: &Gray, b: &Gray, by: u8, what: &str) {
    assert_eq!((a.width, a.height), (b.width, b.height), "{what}");
    let worst = a.data.iter().zip(&b.data).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(worst <= Some(by), "{what}: {worst:?} apart");
}

#[test]
fn pixels_are_those_of_libjpeg_turbo() {
    for (name, bytes, hash) in FIXTURES {
        let picture = decode_luma(bytes, MAX_PIXELS).expect(name);
        assert_eq!(fnv1a(&picture.data), hash, "{name}");
        assert_near(&picture, &by_zune(bytes), 1, name);
    }
}

#[test]
fn pictures_of_another_encoder_agree_with_zune_jpeg() {
    let mut random = fastrand::Rng::with_seed(1);
    for (width, height, quality) in [(64, 64, 75), (77, 31, 40), (8, 130, 90), (130, 9, 100), (7, 7, 1)] {
        let rgb: Vec<u8> = (0..width * height * 3).map(|i| (i % 251) as u8 / 2 + random.u8(..128)).collect();
        let mut gray = Vec::new();
        let mut colour = Vec::new();
        let encoder = |to| image::codecs::jpeg::JpegEncoder::new_with_quality(to, quality);
        let luma = &rgb[..(width * height) as usize];
        encoder(&mut gray).encode(luma, width, height, image::ExtendedColorType::L8).expect("encoded");
        encoder(&mut colour).encode(&rgb, width, height, image::ExtendedColorType::Rgb8).expect("encoded");
        for bytes in [gray, colour] {
            let picture = decode_luma(&bytes, MAX_PIXELS).expect("decoded");
            assert_near(&picture, &by_zune(&bytes), 1, &format!("{width} × {height} at {quality}"));
        }
    }
}

#[test]
fn a_window_is_the_same_rectangle_of_the_whole() {
    let mut random = fastrand::Rng::with_seed(2);
    for (name, bytes, _) in FIXTURES {
        let whole = decode_luma(bytes, MAX_PIXELS).expect(name);
        let index = Index::scan(bytes, MAX_PIXELS).expect(name);
        assert_eq!((index.width(), index.height()), (whole.width, whole.height));
        assert_eq!(index.window(0..usize::MAX, 0..usize::MAX), whole, "{name}");
        for _ in 0..60 {
            let (x, y) = (random.usize(..whole.width), random.usize(..whole.height));
            let (to_x, to_y) = (random.usize(x..whole.width) + 1, random.usize(y..whole.height) + 1);
            assert_eq!(
                index.window(x..to_x, y..to_y),
                crop(&whole, x..to_x, y..to_y),
                "{name}: {x}–{to_x}, {y}–{to_y}"
            );
        }
        assert!(index.window(5..5, 0..9).data.is_empty());
        assert!(index.window(whole.width..whole.width + 9, 0..9).data.is_empty());
    }
}

#[test]
fn the_eighth_has_the_means_of_blocks() {
    for (name, bytes, _) in FIXTURES {
        // Where pixels were clamped, a block's mean is not its DC term.
        if name.starts_with("noise") {
            continue;
        }
        let whole = decode_luma(bytes, MAX_PIXELS).expect(name);
        let index = Index::scan(bytes, MAX_PIXELS).expect(name);
        assert_eq!((index.eighth.width, index.eighth.height), (whole.width.div_ceil(8), whole.height.div_ceil(8)));
        for (by, bx) in (0..whole.height / 8).flat_map(|by| (0..whole.width / 8).map(move |bx| (by, bx))) {
            let block = crop(&whole, 8 * bx..8 * bx + 8, 8 * by..8 * by + 8);
            if block.data.iter().any(|&v| v == 0 || v == 255) {
                continue;
            }
            let sum: u32 = block.data.iter().map(|&v| u32::from(v)).sum();
            let mean = (sum + 32) / 64;
            assert!(mean.abs_diff(index.eighth.get(bx, by).into()) <= 1, "{name}: block {bx}, {by}");
        }
    }
}

#[test]
fn other_kinds_are_left_to_a_general_decoder() {
    for (name, bytes, _) in UNSUPPORTED {
        assert!(matches!(decode_luma(bytes, MAX_PIXELS), Err(JpegError::Unsupported(_))), "{name}");
        assert!(matches!(Index::scan(bytes, MAX_PIXELS), Err(JpegError::Unsupported(_))), "{name}");
    }
    assert!(matches!(decode_luma(b"%PDF-1.7", MAX_PIXELS), Err(JpegError::NotJpeg)));
}

#[test]
fn a_claim_of_too_many_pixels_is_refused() {
    let mut bytes = fixture("gray_101x75").to_vec();
    let frame = bytes.windows(2).position(|w| w == [0xFF, 0xC0]).expect("a frame");
    bytes[frame + 5..frame + 9].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]);
    for refused in [decode_luma(&bytes, 400_000_000).err(), Index::scan(&bytes, 400_000_000).err()] {
        assert!(matches!(refused, Some(JpegError::TooLarge { width: 60_000, height: 60_000, .. })), "{refused:?}");
    }
    assert!(matches!(decode_luma(fixture("gray_101x75"), 101 * 75 - 1), Err(JpegError::TooLarge { .. })));
    assert!(decode_luma(fixture("gray_101x75"), 101 * 75).is_ok());
}

#[test]
fn a_cut_file_never_passes_for_whole_and_keeps_its_good_rows() {
    for name in ["gray_101x75", "gray_restart1_33x21", "c420_restart3_101x75"] {
        let bytes = fixture(name);
        let whole = decode_luma(bytes, MAX_PIXELS).expect(name);
        for end in 0..bytes.len() {
            match decode_luma(&bytes[..end], MAX_PIXELS) {
                Ok(picture) => assert_eq!(picture, whole, "{name}, {end} bytes"),
                Err(JpegError::Truncated { rows_good, picture }) => {
                    let good = rows_good * whole.width;
                    assert_eq!(picture.data[..good], whole.data[..good], "{name}, {end} bytes");
                    assert!(picture.data[good..].iter().all(|&v| v == UNDECODED));
                    assert_eq!((picture.width, picture.height), (whole.width, whole.height));
                }
                Err(error) => assert!(matches!(error, JpegError::Corrupt(_) | JpegError::NotJpeg), "{end}: {error}"),
            }
            match Index::scan(&bytes[..end], MAX_PIXELS) {
                Ok(index) => assert_eq!(index.window(0..999, 0..999), whole),
                Err(JpegError::Truncated { rows_good, .. }) => assert!(rows_good < whole.height),
                Err(error) => assert!(matches!(error, JpegError::Corrupt(_) | JpegError::NotJpeg), "{end}: {error}"),
            }
        }
    }
}

#[test]
fn flipped_bits_never_panic_and_both_ways_agree() {
    let mut random = fastrand::Rng::with_seed(3);
    for round in 0..5_000 {
        let (name, bytes, _) = FIXTURES[round % FIXTURES.len()];
        let mut bytes = bytes.to_vec();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..bytes.len());
            bytes[at] ^= 1 << random.u8(..8);
        }
        let whole = decode_luma(&bytes, MAX_PIXELS);
        let index = Index::scan(&bytes, MAX_PIXELS);
        assert_eq!(whole.is_ok(), index.is_ok(), "{name}, round {round}");
        if let (Ok(whole), Ok(index)) = (whole, index) {
            assert_eq!(index.window(0..usize::MAX, 0..usize::MAX), whole, "{name}, round {round}");
        }
    }
}
