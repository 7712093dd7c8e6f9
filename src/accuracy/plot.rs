//! A small plot as SVG: lines and points between two axes.

use std::fmt::Write;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Linear,
    Log,
}

impl Scale {
    fn place(self, v: f64) -> f64 {
        if self == Scale::Log { v.max(1e-9).log10() } else { v }
    }

    fn value(self, place: f64) -> f64 {
        if self == Scale::Log { 10f64.powf(place) } else { place }
    }
}

pub struct Plot {
    names: [String; 2],
    scales: [Scale; 2],
    series: Vec<Series>,
}

struct Series {
    name: String,
    joined: bool,
    points: Vec<(f64, f64)>,
}

const SIZE: (f64, f64) = (800.0, 420.0);
/// Left, top, right, where the names are, and bottom.
const MARGIN: (f64, f64, f64, f64) = (70.0, 20.0, 180.0, 55.0);
/// Told apart by the colour-blind too (Okabe and Ito, "Color universal design", 2008).
const COLOURS: [&str; 5] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#999999"];

impl Plot {
    pub fn new(x: &str, y: &str, across: Scale, up: Scale) -> Self {
        Plot { names: [x.to_owned(), y.to_owned()], scales: [across, up], series: Vec::new() }
    }

    pub fn line(&mut self, name: &str, points: &[(f64, f64)]) {
        self.series.push(Series { name: name.to_owned(), joined: true, points: points.to_vec() });
    }

    pub fn points(&mut self, name: &str, points: &[(f64, f64)]) {
        self.series.push(Series { name: name.to_owned(), joined: false, points: points.to_vec() });
    }

    /// Least and most along one axis, in its scale, rounded outwards to whole ticks; and the ticks.
    fn axis(&self, axis: usize) -> (f64, f64, Vec<f64>) {
        let scale = self.scales[axis];
        let values = self.series.iter().flat_map(|s| &s.points).map(|p| scale.place(if axis == 0 { p.0 } else { p.1 }));
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        let step = match scale {
            Scale::Log => 1.0,
            Scale::Linear => {
                let rough = ((high - low) / 6.0).max(1e-6);
                let power = 10f64.powf(rough.log10().floor());
                [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|&s| s >= rough).unwrap_or(rough)
            }
        };
        let (low, high) = ((low / step).floor() * step, ((high / step).ceil() * step).max(low + step));
        let count = ((high - low) / step).round() as usize;
        (low, high, (0..=count).map(|i| low + i as f64 * step).collect())
    }

    pub fn svg(&self) -> String {
        let (x0, x1, across) = self.axis(0);
        let (y0, y1, up) = self.axis(1);
        let (left, right) = (MARGIN.0, SIZE.0 - MARGIN.2);
        let (top, bottom) = (MARGIN.1, SIZE.1 - MARGIN.3);
        let at_x = |p: f64| left + (p - x0) / (x1 - x0) * (right - left);
        let at_y = |p: f64| bottom - (p - y0) / (y1 - y0) * (bottom - top);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"13\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
            SIZE.0, SIZE.1
        );
        for &tick in &across {
            let (x, label) = (at_x(tick), label(self.scales[0].value(tick)));
            let _ = writeln!(out, "<path d=\"M{x:.1} {top}V{bottom}\" stroke=\"#ddd\"/>");
            let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>", bottom + 18.0);
        }
        for &tick in &up {
            let (y, label) = (at_y(tick), label(self.scales[1].value(tick)));
            let _ = writeln!(out, "<path d=\"M{left} {y:.1}H{right}\" stroke=\"#ddd\"/>");
            let _ = writeln!(out, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>", left - 8.0, y + 4.0);
        }
        let (middle, centre) = ((left + right) / 2.0, (top + bottom) / 2.0);
        let [x, y] = &self.names;
        let _ = writeln!(out, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{x}</text>", SIZE.1 - 12.0);
        let _ =
            writeln!(out, "<text transform=\"translate(16 {centre}) rotate(-90)\" text-anchor=\"middle\">{y}</text>");
        for (i, s) in self.series.iter().enumerate() {
            let colour = COLOURS[i % COLOURS.len()];
            let places: Vec<(f64, f64)> =
                s.points.iter().map(|p| (at_x(self.scales[0].place(p.0)), at_y(self.scales[1].place(p.1)))).collect();
            if s.joined {
                let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
                let _ = writeln!(
                    out,
                    "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                    path.join("L")
                );
            }
            for (x, y) in &places {
                let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>");
            }
            let y = top + 20.0 + 20.0 * i as f64;
            let _ = writeln!(
                out,
                "<rect x=\"{}\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>",
                right + 15.0,
                y - 10.0
            );
            let _ = writeln!(out, "<text x=\"{}\" y=\"{y}\">{}</text>", right + 33.0, s.name);
        }
        out + "</svg>\n"
    }
}

fn label(v: f64) -> String {
    if v != 0.0 && (v.abs() < 1e-3 || v.abs() >= 1e5) {
        format!("{v:.0e}")
    } else {
        format!("{}", (v * 1e6).round() / 1e6)
    }
}
