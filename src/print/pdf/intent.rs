//! The output condition that a file's device colours are meant for (14.11.5), with its ICC profile.

use super::conformance::Conformance;
use super::writer::Writer;
use moxcms::{ColorProfile, LocalizableString, ProfileClass, ProfileText};
use pdf_writer::Ref;
use std::io::{self, Write};

/// A condition of which no registry knows is described by its profile alone.
struct Condition {
    subtype: &'static str,
    /// What `OutputConditionIdentifier` and the rest say.
    said: &'static str,
    profile: ColorProfile,
    components: u8,
}

impl Condition {
    fn of(conformance: Conformance) -> Option<Self> {
        match conformance {
            Conformance::Plain => None,
            Conformance::A2b => Some(Condition {
                subtype: "GTS_PDFA1",
                said: "/OutputConditionIdentifier(sRGB IEC61966-2.1)/RegistryName(http://www.color.org)\
                       /Info(sRGB IEC61966-2.1)",
                profile: ColorProfile::new_srgb(),
                components: 3,
            }),
            // A press of one ink: a profile of class "output" can be made of one curve for gray alone, and exams are
            // printed in black.
            Conformance::X4 => Some(Condition {
                subtype: "GTS_PDFX",
                said: "/OutputConditionIdentifier(Custom)/OutputCondition(Black ink on white paper)\
                       /Info(Black ink on white paper, gamma 2.2)",
                profile: black(),
                components: 1,
            }),
        }
    }
}

fn black() -> ColorProfile {
    let name = LocalizableString::new("en".into(), "US".into(), "Black ink on white paper, gamma 2.2".into());
    let mut profile = ColorProfile::new_gray_with_gamma(2.2);
    profile.profile_class = ProfileClass::OutputDevice;
    profile.description = Some(ProfileText::Localizable(vec![name]));
    profile
}

/// The profile's bytes: the same on every day.
fn encoded(mut profile: ColorProfile) -> Vec<u8> {
    /// 2000-01-01 00:00:00, where the header has the time at which it was encoded (ICC.1, 7.2.1).
    const DAY: [u8; 12] = [0x07, 0xD0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0];
    // In a profile of version 4 the white is that of the connection space (9.2.36).
    profile.media_white_point = Some(profile.white_point);
    // The tag came with version 4.4, which PDF 1.7 does not know.
    profile.cicp = None;
    let mut bytes = profile.encode().expect("our own profile can be encoded");
    bytes[24..36].copy_from_slice(&DAY);
    bytes
}

/// Writes the condition, and says its number.
pub(super) fn write<W: Write>(conformance: Conformance, writer: &mut Writer<W>) -> io::Result<Option<Ref>> {
    let Some(condition) = Condition::of(conformance) else { return Ok(None) };
    let (profile, intent) = (writer.alloc(), writer.alloc());
    let entries = format!("/N {}", condition.components);
    writer.stream(profile, entries.as_bytes(), &encoded(condition.profile))?;
    let (subtype, said) = (condition.subtype, condition.said);
    let body = format!("<</Type/OutputIntent/S/{subtype}{said}/DestOutputProfile {} 0 R>>", profile.get());
    writer.small(intent, body.as_bytes())?;
    Ok(Some(intent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_of_its_class_and_of_no_day() {
        for (conformance, class, space) in [(Conformance::A2b, b"mntr", b"RGB "), (Conformance::X4, b"prtr", b"GRAY")] {
            let bytes = encoded(Condition::of(conformance).unwrap().profile);
            assert_eq!((&bytes[12..16], &bytes[16..20], bytes[8]), (&class[..], &space[..], 4));
            assert_eq!(u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize, bytes.len());
            assert_eq!(bytes, encoded(Condition::of(conformance).unwrap().profile));
            ColorProfile::new_from_slice(&bytes).unwrap();
        }
    }
}
