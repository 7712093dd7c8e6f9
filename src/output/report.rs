//! A batch as a whole, for the person at the copier: what to look at, what is missing, and what to change there.

use super::words::{self, count, number, page};
use crate::read::batch::{Hint, Pair, Summary};
use std::io::{self, Write};

/// Entries of a list that are said; the file of `--summary` has them all.
const MOST: usize = 12;

pub fn write(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    let list = |out: &mut dyn Write, title: String, entries: &[String]| -> io::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        writeln!(out, "{title}")?;
        for entry in entries.iter().take(MOST) {
            writeln!(out, "  {}", words::plain(entry))?;
        }
        match entries.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => writeln!(out, "  … e mais {} (`--summary ARQUIVO.json` traz tudo)", number(more as f64, 0)),
        }
    };
    let identified =
        summary.identified.iter().map(|(stage, n)| format!("{} por {}", number(*n as f64, 0), words::stage(stage)));
    let identified: Vec<String> = identified.collect();
    if !identified.is_empty() {
        writeln!(out, "Identificação: {}", identified.join("; "))?;
    }
    let pairs = |pairs: &[Pair]| pairs.iter().map(pair).collect::<Vec<_>>();
    let n = |n: usize, one: &str, many: &str| count(n, one, many);
    let (duplicates, differing) = (&summary.duplicates, &summary.duplicates_that_differ);
    let (one, many) = ("página repetida, que não conta de novo", "páginas repetidas, que não contam de novo");
    let title = format!("{}:", n(duplicates.len(), one, many));
    list(out, title, &pairs(duplicates))?;
    let title = format!(
        "{} duas vezes com respostas diferentes – confira as duas leituras:",
        n(differing.len(), "página lida", "páginas lidas")
    );
    list(out, title, &pairs(differing))?;
    let title = "Duas folhas do mesmo estudante – confira de quem é cada uma:".to_owned();
    list(out, title, &pairs(&summary.same_student))?;
    let incomplete: Vec<String> = (summary.incomplete.iter())
        .map(|s| format!("{}: {}", who(s.student.as_deref(), Some(&s.sheet)), lacking(&s.missing)))
        .collect();
    list(out, format!("{}:", n(incomplete.len(), "folha incompleta", "folhas incompletas")), &incomplete)?;
    let missing: usize = summary.not_read.iter().map(|r| r.students.len()).sum();
    let rooms: Vec<String> = (summary.not_read.iter())
        .map(|r| {
            let room = [r.unit.as_deref(), r.room.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" / ");
            let shown = r.students.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if r.students.len() > MOST { ", …" } else { "" };
            let room = if room.is_empty() { "sem sala" } else { &room };
            format!("{room}: {} de {}: {shown}{more}", r.students.len(), r.printed)
        })
        .collect();
    let title = format!("{}, por sala:", n(missing, "folha impressa e não lida", "folhas impressas e não lidas"));
    list(out, title, &rooms)?;
    let aside: Vec<String> =
        (summary.set_aside.iter()).map(|s| format!("{}: {}", page(&s.page), words::issue(&s.reason))).collect();
    list(out, format!("{} sem respostas:", n(aside.len(), "página", "páginas")), &aside)?;
    let hints: Vec<String> = summary.hints.iter().map(hint).collect();
    list(out, "Para digitalizar melhor:".to_owned(), &hints)
}

fn who(student: Option<&str>, sheet: Option<&str>) -> String {
    match (student, sheet) {
        (Some(student), Some(sheet)) => format!("{student}, folha {sheet}"),
        (Some(student), None) => student.to_owned(),
        (None, sheet) => format!("folha {}", sheet.unwrap_or("–")),
    }
}

fn pair(p: &Pair) -> String {
    let fields = if p.fields.is_empty() { String::new() } else { format!(": {}", p.fields.join(", ")) };
    let who = who(p.student.as_deref(), p.sheet.as_deref());
    format!("{} e {} ({who}){fields}", page(&p.page), page(&p.earlier))
}

fn lacking(pages: &[u16]) -> String {
    let said: Vec<String> = pages.iter().map(u16::to_string).collect();
    format!("{} {}", if said.len() == 1 { "falta a página" } else { "faltam as páginas" }, said.join(", "))
}

/// What to change, in a secretary's words.
fn hint(h: &Hint) -> String {
    let pages = format!("{} de {}", number(h.pages as f64, 0), count(h.of, "página", "páginas"));
    let value = |decimals| number(h.value.unwrap_or_default(), decimals);
    match h.code {
        "low_dpi" => format!(
            "{pages} em baixa resolução (cerca de {} dpi): escolha 200 ou 300 dpi no menu da copiadora",
            value(0)
        ),
        "uneven_dpi" => format!(
            "{pages} esticadas numa direção: escolha a mesma resolução na horizontal e na vertical (300 × 300 dpi), e não o \
             modo fax"
        ),
        "streak" => format!(
            "{pages} com um risco vertical a {} mm da borda esquerda: limpe a faixa de vidro estreita ao lado do vidro \
             grande da copiadora",
            value(0)
        ),
        "resized" => format!(
            "{pages} com a folha em {} % do tamanho: imprima em “tamanho real” (100 %), sem “ajustar à página”, e \
             digitalize sem redução",
            value(1)
        ),
        "light" => {
            format!("{pages} claras demais: escureça um ou dois pontos na copiadora, ou veja o toner da impressora")
        }
        "bitonal" => format!("{pages} em preto e branco puro, em que o lápis some: escolha “tons de cinza”"),
        "cut" => {
            format!("{pages} com a margem cortada: encoste a folha na guia, escolha A4 e desligue “apagar bordas”")
        }
        other => format!("{pages}: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::batch::{Incomplete, Room, SetAside};
    use crate::read::result::{Outcome, Source};

    fn source(page: u32) -> Source {
        Source { file: "sala\u{1b}12.pdf".into(), page }
    }

    #[test]
    fn nothing_to_say_is_not_said() {
        let mut out = Vec::new();
        write(&mut out, &Summary::default()).unwrap();
        assert!(out.is_empty());
    }

    #[test]
    fn every_list_is_said_in_portuguese() {
        let pair = |fields: &[&str]| Pair {
            page: source(9),
            earlier: source(3),
            sheet: Some("F1".into()),
            student: Some("aluna-1".into()),
            fields: fields.iter().map(|&f| f.into()).collect(),
        };
        let hints = ["low_dpi", "uneven_dpi", "streak", "resized", "light", "bitonal", "cut"];
        let hints = hints.map(|code| Hint { code, pages: 40, of: 1200, value: Some(94.2) });
        let summary = Summary {
            identified: [("QR, sampled in place".into(), 98), ("backup code, sampled in place".into(), 2)].into(),
            duplicates: vec![pair(&[])],
            duplicates_that_differ: vec![pair(&["q3", "q7"])],
            same_student: vec![pair(&[])],
            incomplete: vec![Incomplete { sheet: "F2".into(), student: None, read: vec![1], missing: vec![2, 3] }],
            not_read: vec![Room {
                unit: Some("centro".into()),
                room: Some("sala-12".into()),
                printed: 30,
                students: (1..=14).map(|n| format!("aluno-{n}")).collect(),
            }],
            set_aside: (0..15)
                .map(|n| SetAside { page: source(n), outcome: Outcome::Blank, reason: "blank_page".into() })
                .collect(),
            hints: hints.into(),
            ..Summary::default()
        };
        let mut out = Vec::new();
        write(&mut out, &summary).unwrap();
        let text = String::from_utf8(out).unwrap();
        for said in [
            "Identificação: 98 por QR; 2 por código reserva\n",
            "1 página repetida, que não conta de novo",
            "p. 9 e sala·12.pdf p. 3 (aluna-1, folha F1): q3, q7\n",
            "folha F2: faltam as páginas 2, 3\n",
            "  centro / sala-12: 14 de 30: aluno-1, ",
            "p. 0: página em branco\n",
            "  … e mais 3 (",
            "40 de 1.200 páginas com a folha em 94,2 % do tamanho",
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
        assert!(!text.contains('\u{1b}') && !hints_left(&text));
    }

    /// A hint without words would show its code.
    fn hints_left(text: &str) -> bool {
        text.contains("_dpi") || text.contains(": bitonal")
    }
}
