//! How sure the reader says it is, beside how often it is right; and what a school trades by asking for more.

use super::plot::{Plot, Scale};
use super::pupil::Expected;
use crate::read::calibration::Curve;
use crate::read::result::FieldReading;

/// Of fields and of marks: the probability given, and whether it was so.
#[derive(Clone, Debug, Default)]
pub struct Reliability {
    pub fields: Vec<(f32, bool)>,
    pub marks: Vec<(f32, bool)>,
}

/// Least confidences that are tried.
const POINTS: [f64; 12] = [0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.995, 0.999, 0.9995];
/// Bounds between which what is said is taken together.
const BOUNDS: [f64; 11] = [0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 1.0];

impl Reliability {
    pub fn note(&mut self, expected: &Expected, reading: &FieldReading) {
        if expected.writing.is_some() {
            return;
        }
        self.fields.push((reading.confidence as f32, expected.agrees(reading)));
        let marks = reading.marks.iter().enumerate();
        self.marks.extend(marks.filter_map(|(i, m)| Some((m.probability as f32, expected.meant(i)?))));
    }

    pub fn add(&mut self, other: &Self) {
        self.fields.extend_from_slice(&other.fields);
        self.marks.extend_from_slice(&other.marks);
    }

    /// What was so of all that was said, when nothing was calibrated yet.
    pub fn curve(observed: &[(f32, bool)]) -> Curve {
        Curve::fit(observed.iter().map(|&(said, so)| (said.into(), so)).collect())
    }
}

struct Bin {
    said: f64,
    so: f64,
    n: usize,
}

fn bins(observed: &[(f32, bool)]) -> Vec<Bin> {
    let bin = |bounds: &[f64]| {
        let within = |s: f64| bounds[0] <= s && (s < bounds[1] || bounds[1] == 1.0);
        let these: Vec<(f64, bool)> =
            observed.iter().map(|&(said, so)| (f64::from(said), so)).filter(|o| within(o.0)).collect();
        let n = these.len();
        let part = |sum: f64| sum / n.max(1) as f64;
        let so = these.iter().filter(|o| o.1).count() as f64;
        Bin { said: part(these.iter().map(|o| o.0).sum()), so: part(so), n }
    };
    BOUNDS.windows(2).map(bin).filter(|b| b.n > 0).collect()
}

/// Of all fields: those that a least confidence sends to a person, and of the others those that are wrong.
struct Point {
    least: f64,
    doubtful: f64,
    wrong: f64,
}

fn points(fields: &[(f32, bool)]) -> Vec<Point> {
    let n = fields.len().max(1) as f64;
    let point = |least: f64| {
        let sure = fields.iter().filter(|f| f64::from(f.0) >= least);
        let (count, wrong) = sure.fold((0, 0), |(n, wrong), f| (n + 1, wrong + usize::from(!f.1)));
        Point { least, doubtful: 1.0 - count as f64 / n, wrong: wrong as f64 / n }
    };
    POINTS.map(point).into()
}

/// Named parts of what was read.
pub type Named<'a> = [(&'a str, &'a Reliability)];

/// The tables of the report.
pub fn markdown(parts: &Named) -> String {
    let mut out = String::from(
        "## How sure, and how right\n\n`--plots` draws both tables: [how sure and how right](reliability.svg), and [what a \
         school can choose](choice.svg); none wrong is drawn as half a field.\n\nOf all fields of the simulated pages but handwriting, guesses in doubtful ones \
         included: the confidence given, and the part that was right.\n\n| | confidence | fields | said | right |\n\
         |---|---|--:|--:|--:|\n",
    );
    for (name, part) in parts {
        for (bounds, b) in with_bounds(&part.fields) {
            out += &format!("| {name} | {bounds} | {} | {:.4} | {:.4} |\n", b.n, b.said, b.so);
        }
    }
    out += "\nThe same of marks: the probability given that a bubble was meant, and the part that was.\n\n\
            | | probability | bubbles | said | meant |\n|---|---|--:|--:|--:|\n";
    for (name, part) in parts {
        for (bounds, b) in with_bounds(&part.marks) {
            out += &format!("| {name} | {bounds} | {} | {:.5} | {:.5} |\n", b.n, b.said, b.so);
        }
    }
    out += "\nWhat a school chooses by `least_confidence` (docs/policy.md): how much a person looks at, and how much is wrong \
            all the same.\n\n| | least confidence | doubtful, % | wrong, of 100,000 |\n|---|--:|--:|--:|\n";
    for (name, part) in parts {
        for p in points(&part.fields) {
            out += &format!("| {name} | {} | {:.2} | {:.1} |\n", p.least, 100.0 * p.doubtful, 1e5 * p.wrong);
        }
    }
    out
}

fn with_bounds(observed: &[(f32, bool)]) -> Vec<(String, Bin)> {
    let name = |b: &Bin| {
        let i = BOUNDS.partition_point(|&bound| bound <= b.said).clamp(1, BOUNDS.len() - 1);
        format!("{}–{}", BOUNDS[i - 1], BOUNDS[i])
    };
    bins(observed).into_iter().map(|b| (name(&b), b)).collect()
}

/// What is said to be wrong beside what is, both by powers of ten.
pub fn reliability_plot(parts: &Named) -> String {
    let mut plot = Plot::new("probability given that the field is wrong", "part that is wrong", Scale::Log, Scale::Log);
    for (name, part) in parts {
        // Where none was wrong, as if half a field had been.
        let at = |b: Bin| (1.0 - b.said, (1.0 - b.so).max(0.5 / b.n as f64));
        plot.points(name, &bins(&part.fields).into_iter().map(at).collect::<Vec<_>>());
    }
    plot.line("as it should be", &[(1e-5, 1e-5), (1.0, 1.0)]);
    plot.svg()
}

/// What a school can choose among.
pub fn choice_plot(parts: &Named) -> String {
    let mut plot = Plot::new("doubtful, %", "wrong, of 100,000", Scale::Linear, Scale::Log);
    for (name, part) in parts {
        let least = 0.5 / part.fields.len().max(1) as f64;
        let at = |p: Point| (100.0 * p.doubtful, 1e5 * p.wrong.max(least));
        plot.line(name, &points(&part.fields).into_iter().map(at).collect::<Vec<_>>());
    }
    plot.svg()
}
