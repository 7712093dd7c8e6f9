//! What is said to people, in Portuguese.

use crate::read::result::{FieldStatus, IdentifiedBy, Issue, MarkState, Outcome, Source};
use crate::read::template::By;
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

/// Of a page that says what an earlier one says.
pub const DUPLICATE: &str = "repetida";

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

pub fn registered_by(by: By) -> &'static str {
    match by {
        By::Markers => "quatro marcadores",
        By::Reference => "imagem de referência",
        By::Outline => "contorno da folha",
        By::Border => "imagem inteira",
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
        MarkState::Outside => "fora da imagem",
        MarkState::Ambiguous => "ambígua",
    }
}

/// What a code means and what to do about it; a code that is not known here is said as it is.
pub fn issue(code: &str) -> &str {
    match code {
        "low_resolution" => "resolução baixa: escaneie a 200 dpi ou mais",
        "unsure_registration" => "registro incerto: faltam marcas entre os campos",
        "not_registered" | "too_few_marks" => "faltam marcas de registro: escaneie a folha inteira",
        "code_unreadable" => "código ilegível",
        "codes_disagree" => "os dois códigos são de folhas diferentes: veja qual foi colado",
        "several_sheets" => "há mais de uma folha na imagem: digitalize cada uma sozinha",
        "part_missing" => "falta parte da folha",
        "wrong_mac" => "código adulterado, ou de outra chave",
        "unknown_layout" => "modelo de folha desconhecido: indique a pasta com --layouts",
        "duplicate" => "repetida: não conta de novo",
        "duplicate_differs" => "a mesma página foi lida com outras respostas: confira as duas",
        "same_student" => "outra folha do mesmo estudante: confira as duas",
        "roster_suggestion" => "matrícula que falta na lista, parecida com a de um só estudante: confira",
        "not_in_roster" => "matrícula que ninguém da lista tem",
        "roster_conflict" => "a matrícula marcada é de outro estudante",
        "unknown_model" => "modelo Lize desconhecido: indique a tabela com --models",
        "print_not_borne_out" => "a impressão não é a do modelo que o código diz",
        "rows_unclear" => "há algo depois da última questão: confira quantas são",
        "pupil_unknown" => "folha avulsa sem matrícula legível",
        "box_code_unreadable" => "código de um quadro ilegível",
        "no_such_page" => "página que o modelo não tem",
        "blank_page" => "página em branco",
        "foreign_page" => "página de outro sistema",
        "block_displaced" => "bloco fora do lugar",
        "doubtful_fields" => "campos em dúvida",
        "multiple_marks" => "campos com mais de uma marca",
        "template_mismatch" => "não parece a folha do modelo: confira com `template check`",
        "orientation_unclear" => "orientação incerta: a folha serve ao modelo de mais de um jeito",
        "markers_not_found" => "faltam os quatro marcadores do modelo: mostre a folha inteira",
        "truncated" => "imagem cortada: escaneie de novo",
        "rendered" => "página desenhada a partir do PDF",
        "no_such_file" => "arquivo não encontrado",
        "unreadable_file" => "arquivo que não abre: verifique o disco e as permissões",
        "not_a_file" => "não é um arquivo nem uma pasta",
        "empty_file" => "arquivo vazio: escaneie ou copie de novo",
        "file_too_large" => "arquivo grande demais: divida em partes",
        "not_a_scan" => "não é uma digitalização: envie PDF, TIFF, JPEG, PNG, WebP ou ZIP",
        "unsupported_format" => "formato não aceito: salve como JPEG ou PNG",
        "unsupported_feature" => "recurso do formato não aceito: salve como JPEG, PNG ou PDF comum",
        "truncated_file" => "arquivo incompleto: copie ou escaneie de novo",
        "damaged_file" => "arquivo danificado: copie ou escaneie de novo",
        "password_protected" => "arquivo com senha: salve sem senha",
        "no_pages" => "arquivo sem páginas: escaneie de novo",
        "too_many_pages" => "páginas demais: divida o arquivo",
        "too_many_pixels" => "imagem grande demais: escaneie a 200 ou 300 dpi",
        "decompression_bomb" => "arquivo que se expande demais",
        "nested_archive" => "ZIP dentro de ZIP: descompacte o de dentro",
        "too_many_entries" => "arquivos demais no ZIP: divida em partes",
        "no_scans" => "nenhuma digitalização aqui",
        "folder_too_deep" => "pastas fundas demais",
        "too_complex" => "página complexa demais: imprima em PDF comum ou imagem",
        "decoder_failed" | "internal" => "falha do programa: salve o arquivo de novo e envie",
        other => other,
    }
}

/// An issue for a person: in words, and the detail where no words are known.
pub fn issue_line(i: &Issue) -> Cow<'_, str> {
    let said = issue(&i.code);
    let about = [
        i.other.as_ref().map(page),
        (!i.fields.is_empty()).then(|| i.fields.join(", ")),
        i.value.as_ref().map(|v| format!("seria {v}")),
    ];
    let about: Vec<String> = about.into_iter().flatten().collect();
    if !about.is_empty() {
        return Cow::Owned(format!("{said} ({})", about.join("; ")));
    }
    if said == i.code && !i.detail.is_empty() {
        Cow::Owned(format!("{said}: {}", i.detail))
    } else {
        Cow::Borrowed(said)
    }
}

/// `scan.pdf p. 3`
pub fn page(source: &Source) -> String {
    format!("{} p. {}", source.file, source.page)
}

/// Foreign text without what would steer a terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

/// The way that identified pages, after “por”; one that is not known here is said as it is.
pub fn stage(stage: &str) -> &str {
    match stage {
        "QR, sampled in place" => "QR",
        "QR, sampled on bent paper" => "QR em papel curvo",
        "QR, general decoders on its crop" => "QR com decodificador geral",
        "QR, general decoders on the page" => "QR procurado na página",
        "backup code, sampled in place" => "código reserva",
        "backup code, sampled on bent paper" => "código reserva em papel curvo",
        "backup code, general decoder on its crop" => "código reserva com decodificador geral",
        other => other,
    }
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
    fn an_issue_is_said_in_portuguese() {
        let known = Issue::new("low_resolution", "120 dpi; 200 is advised");
        assert_eq!(issue_line(&known), "resolução baixa: escaneie a 200 dpi ou mais");
        assert_eq!(issue_line(&Issue::new("strange", "")), "strange");
        assert_eq!(issue_line(&Issue::new("strange", "as it is")), "strange: as it is");
    }
}
