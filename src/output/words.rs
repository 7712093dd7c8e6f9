//! What is said to people, in Portuguese.

use crate::read::result::{FieldStatus, IdentifiedBy, Issue, MarkState, Outcome};
use std::borrow::Cow;

/// Of one page.
pub fn outcome(o: Outcome) -> &'static str {
    match o {
        Outcome::Read => "lida",
        Outcome::Review => "a conferir",
        Outcome::Unidentified => "sem identificação",
        Outcome::Blank => "em branco",
        Outcome::Foreign => "de outro sistema",
        Outcome::Error => "erro",
    }
}

/// Of several pages.
pub fn outcomes(o: Outcome) -> &'static str {
    match o {
        Outcome::Read => "lidas",
        Outcome::Review => "lidas, a conferir",
        Outcome::Unidentified => "sem identificação",
        Outcome::Blank => "em branco",
        Outcome::Foreign => "de outro sistema",
        Outcome::Error => "com erro",
    }
}

pub fn identified_by(by: IdentifiedBy) -> &'static str {
    match by {
        IdentifiedBy::Qr => "QR",
        IdentifiedBy::Backup => "código reserva",
        IdentifiedBy::PrintedCode => "código impresso",
        IdentifiedBy::Vision => "Vision",
        IdentifiedBy::Roster => "lista de estudantes",
        IdentifiedBy::Person => "pessoa",
    }
}

pub fn status(s: FieldStatus) -> &'static str {
    match s {
        FieldStatus::Answered => "respondido",
        FieldStatus::Blank => "em branco",
        FieldStatus::Multiple => "mais de uma marca",
        FieldStatus::Invalid => "inválido",
        FieldStatus::Doubtful => "em dúvida",
    }
}

pub fn mark(s: MarkState) -> &'static str {
    match s {
        MarkState::Empty => "vazia",
        MarkState::Filled => "cheia",
        MarkState::Faint => "fraca",
        MarkState::Erased => "apagada",
        MarkState::Crossed => "com X",
        MarkState::Checked => "com tique",
        MarkState::Cancelled => "anulada",
        MarkState::Outside => "fora da bolha",
        MarkState::Ambiguous => "ambígua",
    }
}

/// A code's name in words; a code that is not known here is said as it is.
pub fn issue(code: &str) -> &str {
    match code {
        "low_resolution" => "resolução baixa",
        "unsure_registration" => "registro incerto",
        "not_registered" | "too_few_marks" => "faltam marcas de registro",
        "code_unreadable" => "código ilegível",
        "codes_disagree" => "os dois códigos são de folhas diferentes",
        "part_missing" => "falta parte da folha",
        "wrong_mac" => "código adulterado, ou de outra chave",
        "unknown_layout" => "modelo de folha desconhecido",
        "no_such_page" => "página que o modelo não tem",
        "blank_page" => "página em branco",
        "foreign_page" => "página de outro sistema",
        "truncated" => "imagem cortada",
        "rendered" => "página desenhada a partir do PDF",
        "no_such_file" => "arquivo não encontrado",
        "unreadable_file" => "arquivo que não abre",
        "not_a_file" => "não é um arquivo",
        "empty_file" => "arquivo vazio",
        "file_too_large" => "arquivo grande demais",
        "not_a_scan" => "não é uma digitalização",
        "unsupported_format" => "formato não aceito",
        "unsupported_feature" => "recurso do formato não aceito",
        "truncated_file" => "arquivo incompleto",
        "damaged_file" => "arquivo danificado",
        "password_protected" => "arquivo com senha",
        "no_pages" => "arquivo sem páginas",
        "too_many_pages" => "páginas demais",
        "too_many_pixels" => "imagem grande demais",
        "decompression_bomb" => "arquivo que se expande demais",
        "nested_archive" => "ZIP dentro de ZIP",
        "too_many_entries" => "arquivos demais no ZIP",
        "no_scans" => "nenhuma digitalização aqui",
        "folder_too_deep" => "pastas fundas demais",
        "too_complex" => "página complexa demais",
        "decoder_failed" | "internal" => "falha do programa",
        other => other,
    }
}

/// An issue with its detail.
pub fn issue_line(i: &Issue) -> Cow<'_, str> {
    let name = issue(&i.code);
    if i.detail.is_empty() { Cow::Borrowed(name) } else { Cow::Owned(format!("{name}: {}", i.detail)) }
}

/// A number as it is written in Brazil: `1.234,5`.
pub fn number(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::with_capacity(text.len() + whole.len() / 3 + 1);
    if value < 0.0 && text.bytes().any(|b| b.is_ascii_digit() && b != b'0') {
        out.push('-');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push(',');
        out.push_str(fraction);
    }
    out
}

/// `1 página`, `1.234 páginas`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(n as f64, 0), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_brazil() {
        let written = [(0.0, 0), (999.0, 0), (1234.56, 1), (1e6, 0), (-0.001, 1), (-1234.5, 2)];
        let written = written.map(|(v, d)| number(v, d));
        assert_eq!(written, ["0", "999", "1.234,6", "1.000.000", "0,0", "-1.234,50"]);
        assert_eq!(count(1, "página", "páginas"), "1 página");
        assert_eq!(count(0, "página", "páginas"), "0 páginas");
    }

    #[test]
    fn an_issue_is_said_with_its_detail() {
        assert_eq!(issue_line(&Issue::new("low_resolution", "120 dpi")), "resolução baixa: 120 dpi");
        assert_eq!(issue_line(&Issue::new("strange", "")), "strange");
    }
}
