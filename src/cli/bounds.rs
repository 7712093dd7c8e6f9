//! Bounds on foreign input that a run may change.

use crate::limits::Limits;
use clap::Args;

#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Largest file that is read, in MB
    #[arg(long, value_name = "MB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    max_file_mb: u64,
    /// Largest page that is read, in millions of pixels
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=2_000))]
    max_megapixels: u64,
    /// Most pages that are read of one file
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    max_pages: u32,
}

impl LimitArgs {
    pub fn limits(self) -> Limits {
        Limits {
            max_file_bytes: self.max_file_mb << 20,
            max_pixels: self.max_megapixels * 1_000_000,
            max_pages: self.max_pages,
            ..Limits::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        limits: LimitArgs,
    }

    #[test]
    fn what_is_not_said_is_as_everywhere() {
        let limits =
            |args: &[&str]| Only::parse_from(std::iter::once("gabarito").chain(args.iter().copied())).limits.limits();
        assert_eq!(limits(&[]), Limits::default());
        assert_eq!(limits(&["--max-pages", "3"]).max_pages, 3);
        assert!(Only::try_parse_from(["gabarito", "--max-megapixels", "0"]).is_err());
    }
}
