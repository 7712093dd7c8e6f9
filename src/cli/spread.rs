//! Pages spread over threads, their readings handed on in input order.

use super::CliError;
use crate::output::progress::Progress;
use crate::output::{Run, Sink, ordered_parallel};
use crate::read::batch::{Batch, Observed, Summary};
use crate::read::result::{Issue, Outcome, PageReading, Source};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

/// A page that was read, and perhaps its annotated picture as the bytes of a JPEG.
pub struct Page {
    pub reading: PageReading,
    pub annotated: Option<Vec<u8>>,
    pub observed: Observed,
}

impl From<PageReading> for Page {
    fn from(reading: PageReading) -> Self {
        Page { reading, annotated: None, observed: Observed::default() }
    }
}

/// Where readings go and what they are read on.
pub struct Spread<'a> {
    pub pool: &'a rayon::ThreadPool,
    pub sink: Box<dyn Sink + 'a>,
    /// Folder for annotated pictures, numbered in input order.
    pub annotate: Option<&'a Path>,
    /// What is known before the first page, and the pages of an earlier run.
    pub batch: Batch,
}

impl Spread<'_> {
    /// Reads every item with `work` and hands the readings to the sink. A panic of `work` is an error line of its page
    /// (`source` says which), never the end of the run.
    pub fn pages<T: Send>(
        mut self,
        items: impl Iterator<Item = T>,
        source: impl Fn(&T) -> Source + Sync,
        work: impl Fn(T) -> Page + Sync,
        mut progress: Progress,
    ) -> Result<Summary, CliError> {
        if let Some(dir) = self.annotate {
            std::fs::create_dir_all(dir).map_err(|e| CliError::file(dir, e))?;
        }
        let begun = Instant::now();
        let guarded = |item: T| {
            let source = source(&item);
            catch_unwind(AssertUnwindSafe(|| work(item))).unwrap_or_else(|_| {
                let mut reading = PageReading::new(source, Outcome::Error);
                reading.issues.push(Issue::new("internal", "the reader failed on this page; it was not read"));
                reading.into()
            })
        };
        let result = ordered_parallel(self.pool, items, guarded, |mut page| {
            let amendments = self.batch.admit(&mut page.reading, &page.observed);
            if let (Some(dir), Some(picture)) = (self.annotate, &page.annotated) {
                let path = dir.join(picture_name(self.batch.pages(), &page.reading.source));
                std::fs::write(&path, picture).map_err(|e| CliError::file(&path, e))?;
            }
            progress.page(page.reading.outcome);
            progress.suspended(|| self.sink.page(page.reading)).map_err(CliError::Output)?;
            amendments.iter().for_each(|a| self.sink.amend(a));
            Ok(())
        });
        progress.finish();
        result?;
        let run = Run { elapsed: begun.elapsed(), threads: self.pool.current_num_threads() };
        self.sink.finish(&run).map_err(CliError::Output)?;
        Ok(self.batch.finish(run.elapsed.as_secs_f64()))
    }
}

/// The number keeps apart files of one name from several folders.
fn picture_name(number: usize, source: &Source) -> String {
    let file = source.file.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let plain: String = stem.chars().take(60).map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    format!("{number:05}-{plain}-p{}.jpg", source.page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples;
    use std::io;

    #[derive(Default)]
    struct Kept {
        pages: Vec<(u32, Outcome)>,
        finished: bool,
        full_after: Option<usize>,
    }

    impl Sink for Kept {
        fn page(&mut self, r: PageReading) -> io::Result<()> {
            if self.full_after == Some(self.pages.len()) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.pages.push((r.source.page, r.outcome));
            Ok(())
        }

        fn finish(&mut self, run: &Run) -> io::Result<()> {
            assert_eq!(run.threads, 2);
            self.finished = true;
            Ok(())
        }
    }

    fn read_all(kept: &mut Kept, annotate: Option<&Path>) -> Result<Summary, CliError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let source = |n: &u32| Source { file: "a.pdf".into(), page: *n };
        let work = |n| {
            assert!(n != 7, "a page on which the reader fails");
            let reading = samples::page("lote/á b.pdf", n, &["A"]);
            Page { annotated: Some(vec![1, 2, 3]), ..reading.into() }
        };
        let spread = Spread { pool: &pool, sink: Box::new(kept), annotate, batch: Batch::default() };
        spread.pages(1..=30_u32, source, work, Progress::hidden())
    }

    #[test]
    fn a_page_that_fails_is_a_line_and_not_the_end() {
        let mut kept = Kept::default();
        read_all(&mut kept, None).unwrap();
        assert!(kept.finished && kept.pages.iter().map(|p| p.0).eq(1..=30));
        assert!(kept.pages.iter().all(|p| (p.1 == Outcome::Error) == (p.0 == 7)));
    }

    #[test]
    fn a_closed_pipe_ends_the_run_in_silence() {
        let mut kept = Kept { full_after: Some(4), ..Kept::default() };
        let error = read_all(&mut kept, None).unwrap_err();
        assert!(error.is_silent() && kept.pages.len() == 4 && !kept.finished);
    }

    #[test]
    fn pictures_are_numbered_in_input_order() {
        let dir = std::env::temp_dir().join(format!("gabarito-spread-{}", std::process::id()));
        read_all(&mut Kept::default(), Some(&dir)).unwrap();
        let mut names: Vec<_> =
            std::fs::read_dir(&dir).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        std::fs::remove_dir_all(&dir).unwrap();
        names.sort();
        assert_eq!((names.len(), names[0].as_str()), (29, "00001-á-b-p1.jpg"));
        let strange = Source { file: "..\\..\\a:b\u{0}.tif".into(), page: 2 };
        assert_eq!(picture_name(3, &strange), "00003-a-b--p2.jpg");
    }
}
