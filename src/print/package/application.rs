//! What is being applied, by whom and when.

use super::super::logo::Logo;
use super::roster::clean;
use crate::json::{Faults, Object};
use std::path::{Component, Path};

#[derive(Clone, Debug, Default)]
pub struct Application {
    pub id: String,
    pub title: String,
    /// As it is printed: 20/11/2026.
    pub date: String,
    pub institution: String,
    pub logo_path: Option<String>,
    pub logo: Option<Logo>,
}

impl Application {
    pub fn read(package: &mut Object, faults: &mut Faults) -> Self {
        let Some(value) = package.get("application") else {
            faults.add("application", "missing; an object with id and title is expected");
            return Application::default();
        };
        let mut o = Object::new(value, "application", faults);
        let mut application = Application {
            id: o.text("id", faults),
            title: clean(&o.text("title", faults)),
            date: date(&mut o, faults),
            ..Application::default()
        };
        if let Some(value) = o.get("institution") {
            let mut o = Object::new(value, "application.institution", faults);
            application.institution = clean(&o.opt_text("name", faults).unwrap_or_default());
            application.logo_path = logo(&mut o, faults);
            o.finish(faults);
        }
        o.finish(faults);
        application
    }
}

fn date(o: &mut Object, faults: &mut Faults) -> String {
    let Some(said) = o.opt_text("date", faults) else { return String::new() };
    let parts: Vec<&str> = said.split('-').collect();
    let digits =
        |s: &str, n: usize| (s.len() == n && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<u32>().ok());
    if let [y, m, d] = parts[..]
        && let (Some(Some(_)), Some(Some(month)), Some(Some(day))) = (digits(y, 4), digits(m, 2), digits(d, 2))
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
    {
        return format!("{d}/{m}/{y}");
    }
    faults.add(o.path("date"), format!("“{said}” is not valid; a date such as 2026-11-20 is expected"));
    String::new()
}

fn logo(o: &mut Object, faults: &mut Faults) -> Option<String> {
    let said = o.opt_text("logo", faults)?;
    if !is_inside(&said) {
        faults.add(o.path("logo"), "a PNG or JPEG file in the package's folder is expected, such as logo.png");
        return None;
    }
    Some(said)
}

/// Whether a file's name stays within the package's folder.
pub fn is_inside(name: &str) -> bool {
    let inside = |c: Component| matches!(c, Component::Normal(_) | Component::CurDir);
    !name.is_empty() && Path::new(name).components().all(inside)
}
