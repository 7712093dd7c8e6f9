//! The progress bar, on stderr, where that is a terminal; elsewhere nothing.

use super::words::{count, number};
use crate::read::result::Outcome;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::time::Duration;

pub struct Progress {
    bar: ProgressBar,
    review: usize,
    failed: usize,
}

impl Progress {
    /// Draws on stderr if that is a terminal. `pages` is None where nobody knows yet how many there are.
    pub fn on_stderr(pages: Option<u64>) -> Self {
        // Hidden by indicatif itself where stderr is no terminal.
        Self::on(ProgressDrawTarget::stderr_with_hz(10), pages)
    }

    pub fn hidden() -> Self {
        Self::on(ProgressDrawTarget::hidden(), None)
    }

    fn on(target: ProgressDrawTarget, pages: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(pages, target);
        let template = match pages {
            Some(_) => "{bar:28.green} {pos}/{len} páginas · {rate} · faltam {eta} {msg}",
            None => "{spinner:.green} {pos} páginas · {rate} · {elapsed} {msg}",
        };
        let rate = |state: &ProgressState, out: &mut dyn Write| {
            // A page that could not be written down in this text is no reason to stop.
            let _ = write!(out, "{} por segundo", number(state.per_sec(), 1));
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.with_key("rate", rate).progress_chars("━╸─"));
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Progress { bar, review: 0, failed: 0 }
    }

    pub fn page(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Review | Outcome::Unidentified => self.review += 1,
            Outcome::Error => self.failed += 1,
            Outcome::Read | Outcome::Blank | Outcome::Foreign => {}
        }
        if !self.bar.is_hidden() && self.review + self.failed > 0 {
            self.bar.set_message(self.message());
        }
        self.bar.inc(1);
    }

    /// Pages that an earlier run read.
    pub fn skip(&mut self, pages: usize) {
        if pages > 0 {
            self.bar.println(format!("{} já lidas antes: a leitura continua daí", count(pages, "página", "páginas")));
            self.bar.inc(pages as u64);
            self.bar.reset_eta();
        }
    }

    /// Where a run says itself how far it is.
    pub fn at(&self, done: u64, of: u64) {
        self.bar.set_length(of);
        self.bar.set_position(done);
    }

    fn message(&self) -> String {
        let mut said = String::new();
        if self.review > 0 {
            said += &format!("· {} a conferir", number(self.review as f64, 0));
        }
        if self.failed > 0 {
            said += &format!(" · {}", count(self.failed, "erro", "erros"));
        }
        said.trim_start().to_owned()
    }

    /// Lets other text onto the terminal without the bar in it.
    pub fn suspended<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bar.suspend(write)
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_what_a_person_must_see() {
        let mut progress = Progress::hidden();
        for outcome in [Outcome::Read, Outcome::Review, Outcome::Unidentified, Outcome::Error, Outcome::Blank] {
            progress.page(outcome);
        }
        assert_eq!(progress.message(), "· 2 a conferir · 1 erro");
        assert_eq!(progress.bar.position(), 5);
        assert_eq!(progress.suspended(|| 7), 7);
        progress.finish();
        Progress::on(ProgressDrawTarget::hidden(), Some(9)).finish();
    }
}
