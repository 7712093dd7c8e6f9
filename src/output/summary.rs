//! The end of the table: how many pages of each kind, how fast, and what to do next.

use super::Run;
use super::rows::Counts;
use super::table::Look;
use super::words::{self, count, number};
use crate::read::result::{FieldStatus, Outcome};
use console::Style;
use std::io::{self, Write};

pub fn write(out: &mut dyn Write, counts: &Counts, run: &Run, look: Look) -> io::Result<()> {
    let pages = counts.all_pages();
    let seconds = run.elapsed.as_secs_f64();
    let mut speed = format!("{} em {} s", count(pages, "página", "páginas"), number(seconds, 1));
    if seconds > 0.0 && pages > 0 {
        let rate = pages as f64 / seconds;
        speed += &format!(" ({} por segundo", number(rate, if rate < 10.0 { 1 } else { 0 }));
        if run.threads > 1 {
            speed += &format!(", com {} linhas de execução", run.threads);
        }
        speed.push(')');
    }
    let title = Style::new().bold().force_styling(look.color).apply_to("Resumo");
    writeln!(out, "\n{title}: {speed}")?;
    for outcome in Outcome::ALL {
        let n = counts.pages(outcome);
        if n > 0 {
            let symbol = color(outcome).force_styling(look.color).apply_to(symbol(outcome));
            let word = if n == 1 { words::outcome(outcome) } else { words::outcomes(outcome) };
            writeln!(out, "  {symbol} {:>7} {word}", number(n as f64, 0))?;
        }
    }
    if counts.duplicates > 0 {
        let symbol = Style::new().dim().force_styling(look.color).apply_to("=");
        let word = if counts.duplicates == 1 { "repetida" } else { "repetidas" };
        writeln!(out, "  {symbol} {:>7} {word}, que não contam de novo", number(counts.duplicates as f64, 0))?;
    }
    let c = |s| number(counts.fields(s) as f64, 0);
    use FieldStatus::*;
    let (answered, blank, multiple) = (c(Answered), c(Blank), c(Multiple));
    let (invalid, doubtful) = (c(Invalid), c(Doubtful));
    if !counts.fields.is_empty() {
        writeln!(
            out,
            "Campos: {answered} com resposta, {blank} em branco, {multiple} com mais de uma marca, \
                 {invalid} inválidos, {doubtful} em dúvida"
        )?;
    }
    for advice in advice(counts) {
        writeln!(out, "→ {advice}")?;
    }
    Ok(())
}

fn advice(counts: &Counts) -> Vec<String> {
    let n = |o| counts.pages(o);
    let mut said = Vec::new();
    if n(Outcome::Review) > 0 {
        said.push(format!(
            "Confira {} com “?”: `--annotate PASTA` desenha o que foi lido, com as dúvidas em amarelo.",
            count(n(Outcome::Review), "página", "páginas")
        ));
    }
    if n(Outcome::Unidentified) > 0 {
        said.push(format!(
            "{} sem identificação: digitalize de novo, com o QR limpo e a folha inteira.",
            count(n(Outcome::Unidentified), "página", "páginas")
        ));
    }
    if n(Outcome::Foreign) > 0 {
        said.push("Páginas de outro sistema não são lidas aqui; folhas de outros vão com `--template`.".to_owned());
    }
    if n(Outcome::Error) > 0 {
        said.push("O que teve erro não foi lido: o motivo está sob cada linha.".to_owned());
    }
    if said.is_empty() && n(Outcome::Read) > 0 {
        said.push("Nada a conferir.".to_owned());
    }
    if counts.all_pages() == 0 {
        said.push("Nenhuma página: dê arquivos ou pastas de PDF, TIFF, JPEG, PNG, WebP ou ZIP.".to_owned());
    }
    said
}

fn symbol(o: Outcome) -> &'static str {
    match o {
        Outcome::Read => "✓",
        Outcome::Review => "?",
        Outcome::Unidentified => "∅",
        Outcome::Blank => "·",
        Outcome::Foreign => "≠",
        Outcome::Error => "✗",
    }
}

pub(super) fn color(o: Outcome) -> Style {
    match o {
        Outcome::Read => Style::new().green(),
        Outcome::Review => Style::new().yellow().bold(),
        Outcome::Blank | Outcome::Foreign => Style::new().dim(),
        Outcome::Unidentified | Outcome::Error => Style::new().red().bold(),
    }
}
