//! The scans that are read: one picture in each of the wrappings that scanners make.

use gabarito::accuracy::{Expected, Masters, specimen};
use gabarito::raster::Gray;
use gabarito::sim::Shot;
use gabarito::sim::encode::{self, Format};
use gabarito::sim::sets;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp, Transform, Transformer};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    GrayJpeg,
    ColourJpeg,
    ProgressiveJpeg,
    PdfJpeg,
    TiffG4,
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::GrayJpeg, Kind::ColourJpeg, Kind::ProgressiveJpeg, Kind::PdfJpeg, Kind::TiffG4];

    pub fn name(self) -> &'static str {
        match self {
            Kind::GrayJpeg => "JPEG, gray",
            Kind::ColourJpeg => "JPEG, colour 4:2:0",
            Kind::ProgressiveJpeg => "JPEG, gray, progressive",
            Kind::PdfJpeg => "PDF of a gray JPEG",
            Kind::TiffG4 => "TIFF, CCITT G4",
        }
    }
}

pub struct Scan {
    pub bytes: Vec<u8>,
    /// The same picture as a JPEG, for libjpeg-turbo: the very file where that is one.
    pub jpeg: Vec<u8>,
    pub master: usize,
    pub expected: Vec<Expected>,
}

impl Scan {
    pub fn new(kind: Kind, masters: &Masters, n: usize) -> Self {
        let set = sets::find("clean-300").expect("a set of the accuracy table");
        let page = specimen(set, masters, n, 1);
        let quality = [75, 80, 85][n % 3];
        let jpeg = gray_jpeg(&page.shot.picture, quality);
        let (bytes, jpeg) = match kind {
            Kind::GrayJpeg => (jpeg.clone(), jpeg),
            Kind::ColourJpeg => {
                let colour = colour_jpeg(&page.shot.picture, quality);
                (colour.clone(), colour)
            }
            Kind::ProgressiveJpeg => {
                let mut transform = Transform::default();
                transform.progressive = true;
                let mut transformer = Transformer::new().expect("libjpeg-turbo");
                let progressive = transformer.transform_to_vec(&transform, &jpeg).expect("a JPEG");
                (progressive.clone(), progressive)
            }
            Kind::PdfJpeg => {
                let quality = quality as u8;
                let jpeg = encode::encode(&page.shot, Format::Jpeg { quality, colour: false });
                (encode::pdf(std::slice::from_ref(&page.shot), quality), jpeg)
            }
            Kind::TiffG4 => (encode::encode(&bilevel(&page.shot), Format::TiffG4), jpeg),
        };
        Scan { bytes, jpeg, master: page.master, expected: page.expected }
    }
}

fn gray_jpeg(picture: &Gray, quality: i32) -> Vec<u8> {
    compress(&picture.data, picture, PixelFormat::GRAY, Subsamp::Gray, quality)
}

/// A little noise in the colours, as sensors have: without it the chroma would cost nothing.
fn colour_jpeg(picture: &Gray, quality: i32) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(1);
    let mut tint = |v: u8, by: i32| (i32::from(v) + by + rng.i32(-3..=3)).clamp(0, 255) as u8;
    let rgb: Vec<u8> = picture.data.iter().flat_map(|&v| [tint(v, 4), tint(v, 0), tint(v, -10)]).collect();
    compress(&rgb, picture, PixelFormat::RGB, Subsamp::Sub2x2, quality)
}

fn compress(pixels: &[u8], picture: &Gray, format: PixelFormat, subsamp: Subsamp, quality: i32) -> Vec<u8> {
    let mut compressor = Compressor::new().expect("libjpeg-turbo");
    compressor.set_quality(quality).expect("a quality of 1 to 100");
    compressor.set_subsamp(subsamp).expect("a known subsampling");
    let pitch = picture.width * format.size();
    let image = Image { pixels, width: picture.width, pitch, height: picture.height, format };
    compressor.compress_to_vec(image).expect("a picture")
}

fn bilevel(shot: &Shot) -> Shot {
    let data = shot.picture.data.iter().map(|&v| if v > 150 { 255 } else { 0 }).collect();
    let picture = Gray::from_vec(shot.picture.width, shot.picture.height, data);
    Shot { picture, bilevel: true, ..shot.clone() }
}
