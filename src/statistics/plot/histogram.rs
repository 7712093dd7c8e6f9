//! How the scores are spread.

use super::frame::{Frame, LEFT, Labels, RIGHT};
use super::words::Language;
use crate::statistics::scores::{Histogram, Summary};

pub fn histogram(histogram: &Histogram, scores: &Summary, language: Language) -> String {
    let percent = |value: Option<f64>| language.percent(value.map(|v| v / 100.0));
    let description = format!(
        "{}: {}. {}: {}. {}: {}.",
        language.say("Alunos", "Students"),
        scores.students,
        language.say("Média", "Mean"),
        percent(scores.mean),
        language.say("Mediana", "Median"),
        percent(scores.median)
    );
    let labels = Labels {
        title: language.say("Distribuição das notas", "Distribution of scores"),
        description: &description,
        x: language.say("Nota, em % do máximo", "Score, % of the maximum"),
        y: language.say("Alunos", "Students"),
    };
    let most = histogram.counts.iter().max().copied().unwrap_or(0).max(5);
    let mut frame = Frame::new(language, &labels, most as f64);
    frame.text(RIGHT, 26.0, "end", "", &description);
    let wide = (RIGHT - LEFT) / histogram.counts.len().max(1) as f64;
    for (bin, &count) in histogram.counts.iter().enumerate() {
        let from = LEFT + wide * bin as f64;
        frame.bar("f1", from + 1.0, from + wide - 1.0, count as f64);
    }
    for tick in 0..=10 {
        frame.under(LEFT + (RIGHT - LEFT) * f64::from(tick) / 10.0, "", &(10 * tick).to_string());
    }
    frame.finish()
}
