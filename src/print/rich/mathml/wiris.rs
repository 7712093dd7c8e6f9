//! Wiris keeps MathML in an attribute with its marks replaced, which its documents call “safe XML”.

/// `«mi mathvariant=¨bold¨»x«/mi»` to MathML.
pub fn decode(safe: &str) -> String {
    let mark = |c| match c {
        '«' => '<',
        '»' => '>',
        '¨' => '"',
        '§' => '&',
        '`' => '\'',
        c => c,
    };
    safe.chars().map(mark).collect()
}
