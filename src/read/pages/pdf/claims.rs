//! What the images of a page claim to be, checked before hayro allocates by it.

use super::super::error::{PageError, check_pixels};
use super::codecs::jpx;
use super::filters::{self, is_picture_codec};
use super::jbig2::check_regions;
use super::space::size;
use crate::limits::Limits;
use hayro_syntax::Filter;
use hayro_syntax::object::Stream;

/// Refuses an image, and its masks, by the sizes that it and its data claim: hayro would allocate by them.
pub fn check_claims(stream: &Stream<'_>, limits: &Limits) -> Result<(), PageError> {
    let dict = stream.dict();
    check_one(stream, limits)?;
    for mask in ["SMask", "Mask"].iter().filter_map(|key| dict.get::<Stream<'_>>(key)) {
        check_one(&mask, limits)?;
    }
    Ok(())
}

fn check_one(stream: &Stream<'_>, limits: &Limits) -> Result<(), PageError> {
    let Some((width, height)) = size(stream.dict()) else { return Ok(()) };
    check_pixels(width.into(), height.into(), limits)?;
    let chain = filters::filters(stream);
    let raw = stream.raw_data();
    let cap = limits.max_picture_bytes();
    let before: Vec<_> = chain.iter().take_while(|(f, _)| !is_picture_codec(*f)).cloned().collect();
    // Each stage can expand by so much at most; only what could be too much is measured.
    let most = (raw.len() as u64).saturating_mul(4096u64.saturating_pow(before.len() as u32));
    let data = if before.is_empty() {
        raw
    } else {
        let limit = usize::try_from(cap.saturating_add(1)).unwrap_or(usize::MAX);
        if most <= cap && chain.len() == before.len() {
            return Ok(());
        }
        filters::decode(raw, &before, limit, limit)?.unwrap_or_default()
    };
    if data.len() as u64 > cap {
        return Err(PageError::DecompressionBomb { format: "PDF", limit: cap });
    }
    match chain.get(before.len()) {
        Some((Filter::CcittFaxDecode, params)) => {
            let columns = params.get::<u32>("Columns").unwrap_or(1728);
            check_pixels(columns.max(1).into(), height.into(), limits).map(drop)
        }
        Some((Filter::Jbig2Decode, params)) => {
            check_regions(&data, limits)?;
            if let Some(globals) = params.get::<Stream<'_>>("JBIG2Globals") {
                let max = usize::try_from(limits.max_pdf_stream_bytes).unwrap_or(usize::MAX);
                let globals = filters::decode(globals.raw_data(), &filters::filters(&globals), max, max)?;
                globals.map_or(Ok(()), |g| check_regions(&g, limits))?;
            }
            let settings = hayro_jbig2::DecodeSettings { strict: false };
            match hayro_jbig2::Page::new_embedded(&data, None, &settings) {
                Ok(page) => check_pixels(page.width().into(), page.height().into(), limits).map(drop),
                Err(_) => Ok(()),
            }
        }
        Some((Filter::JpxDecode, _)) => match jpx(&data) {
            Some(picture) => check_pixels(picture.width().into(), picture.height().into(), limits).map(drop),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}
