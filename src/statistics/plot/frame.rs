//! Axes, colours and words around a picture.

use super::words::Language;
use std::fmt::Write;

pub const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
pub const LEFT: f64 = 76.0;
pub const RIGHT: f64 = WIDTH - 20.0;
const TOP: f64 = 64.0;
pub const BOTTOM: f64 = HEIGHT - 58.0;

/// Told apart by the colour-blind too (Okabe and Ito 2008), and on both grounds. Strokes and fills have a class each.
const STYLE: &str = "text{font:14px system-ui,sans-serif;fill:#1f2328}.t{font-size:17px;font-weight:600}\
.k{font-weight:700}.p{fill:#fff}.g{stroke:#d0d7de}.f1{fill:#0072b2}.f2{fill:#999}.f3{fill:#d55e00}\
.l1{stroke:#0072b2}.l3{stroke:#d55e00}.l1,.l3{fill:none;stroke-width:2.5}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.p{fill:#0d1117}.g{stroke:#30363d}.f1{fill:#56b4e9}.f2{fill:#8b949e}\
.f3{fill:#e69f00}.l1{stroke:#56b4e9}.l3{stroke:#e69f00}}";

pub struct Frame {
    out: String,
    most: f64,
}

pub struct Labels<'a> {
    pub title: &'a str,
    /// The picture in words.
    pub description: &'a str,
    pub x: &'a str,
    pub y: &'a str,
}

impl Frame {
    /// The axis upwards goes from 0 to `most` and somewhat over it.
    pub fn new(language: Language, labels: &Labels, most: f64) -> Self {
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-labelledby=\"t d\" xml:lang=\"{}\">\n<title id=\"t\">{}</title>\n<desc id=\"d\">{}</desc>\n\
             <style>{STYLE}</style>\n<rect class=\"p\" width=\"100%\" height=\"100%\"/>\n",
            language.code(),
            escaped(labels.title),
            escaped(labels.description)
        );
        let middle = (TOP + BOTTOM) / 2.0;
        let _ = write!(
            out,
            "<text class=\"t\" x=\"{LEFT}\" y=\"26\">{}</text>\n\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n\
             <text transform=\"translate(16 {middle}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
            escaped(labels.title),
            (LEFT + RIGHT) / 2.0,
            HEIGHT - 12.0,
            escaped(labels.x),
            escaped(labels.y)
        );
        let step = step(most);
        let ticks = (most / step).ceil().max(1.0);
        let mut frame = Frame { out, most: step * ticks };
        for tick in 0..=ticks as usize {
            let value = step * tick as f64;
            let y = frame.y(value);
            let _ = writeln!(frame.out, "<path class=\"g\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>");
            let label = language.number(value, if step < 1.0 { 1 } else { 0 });
            frame.text(LEFT - 8.0, y + 5.0, "end", "", &label);
        }
        frame
    }

    pub fn y(&self, value: f64) -> f64 {
        BOTTOM - value / self.most * (BOTTOM - TOP)
    }

    /// Between two places across, from the ground to `value`.
    pub fn bar(&mut self, class: &str, from: f64, to: f64, value: f64) {
        let y = self.y(value.max(0.0));
        let _ = writeln!(
            self.out,
            "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            to - from,
            BOTTOM - y
        );
    }

    pub fn line(&mut self, class: &str, dashed: bool, points: impl Iterator<Item = (f64, f64)>) {
        let path: Vec<String> = points.map(|(x, value)| format!("{x:.1} {:.1}", self.y(value))).collect();
        let dash = if dashed { " stroke-dasharray=\"7 5\"" } else { "" };
        let _ = writeln!(self.out, "<path class=\"{class}\"{dash} d=\"M{}\"/>", path.join("L"));
    }

    pub fn text(&mut self, x: f64, y: f64, anchor: &str, class: &str, text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let text = escaped(text);
        let _ = writeln!(self.out, "<text{class} x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
    }

    pub fn under(&mut self, x: f64, class: &str, text: &str) {
        self.text(x, BOTTOM + 20.0, "middle", class, text);
    }

    /// Names of classes of bars and lines, under the title.
    pub fn legend(&mut self, names: &[(&str, &str)]) {
        let mut x = LEFT;
        for (class, name) in names {
            if let Some(line) = class.strip_prefix("dashed ") {
                let _ = writeln!(self.out, "<path class=\"{line}\" stroke-dasharray=\"7 5\" d=\"M{x} 44h20\"/>");
            } else if class.starts_with('l') {
                let _ = writeln!(self.out, "<path class=\"{class}\" d=\"M{x} 44h20\"/>");
            } else {
                let _ = writeln!(
                    self.out,
                    "<rect class=\"{class}\" x=\"{}\" y=\"38\" width=\"12\" height=\"12\"/>",
                    x + 4.0
                );
            }
            self.text(x + 26.0, 49.0, "start", "", name);
            // About as wide as the text: there is no font to measure it with.
            x += 52.0 + 7.6 * name.chars().count() as f64;
        }
    }

    pub fn finish(self) -> String {
        self.out + "</svg>\n"
    }
}

/// Ticks 1, 2 or 5 apart, five or so.
fn step(most: f64) -> f64 {
    let rough = (most / 5.0).max(1e-6);
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|&s| s >= rough * 0.999).unwrap_or(rough)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
