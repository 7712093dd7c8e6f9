//! What the applicator is told: ours, or the package's own paragraphs.

use super::grid::{self, BOTTOM, LEFT, RIGHT, TOP};
use super::{Form, Page, Paper};
use crate::print::draw::{Align, Heading, Ink, Pen};
use crate::print::fit;
use crate::print::typeface::Style;
use crate::units::MM_PER_POINT;

/// Headings stand in the margin, beside what they head.
const SECTIONS: [(&str, &[&str]); 5] = [
    (
        "Antes",
        &[
            "Chegue trinta minutos antes. Confira se o lacre do malote está inteiro e anote o número dele na ata.",
            "Abra o malote e conte o que há nele: as quantidades estão na capa. Avise a coordenação se algo faltar.",
            "Escreva no quadro a hora de início, a de término e aquela a partir da qual se pode sair.",
            "Receba cada aluno à porta, confira o documento e indique o lugar que está na lista.",
            "Celulares e relógios ficam desligados e guardados; sobre a carteira, só caneta azul ou preta e documento.",
        ],
    ),
    (
        "Durante",
        &[
            "Entregue a cada aluno o caderno e a folha de respostas com o nome dele. Antes de começar, todos conferem \
             nome, matrícula e versão: a do caderno é a da folha.",
            "Folha estragada ou que falta: entregue uma reserva. O aluno escreve o nome e preenche a matrícula; você \
             anota na ata quem a usou.",
            "Passe a lista de presença: assina só quem está na sala. Quem não está na lista ocupa uma linha livre, com \
             nome e matrícula, e fica anotado na ata.",
            "Quando mais ninguém puder entrar, preencha por inteiro, com caneta azul ou preta, a bolha “Ausente” de cada \
             aluno que faltou. Bolha errada não se apaga: anote na ata.",
            "Não comente questões e não deixe a sala sem ninguém. Toda saída, troca ou interrupção vai para a ata, com a hora.",
        ],
    ),
    (
        "Depois",
        &[
            "De cada aluno, receba a folha de respostas e veja se está preenchida a caneta. As bolhas são só do aluno.",
            "Conte: as folhas recebidas mais as dos ausentes são tantas quantos os alunos na capa.",
            "Ponha as folhas na ordem da lista, todas de frente e com o mesmo lado para cima.",
            "Complete a ata e a conferência da devolução, feche o malote com o novo lacre e entregue-o à coordenação.",
        ],
    ),
    (
        "Nunca",
        &[
            "Não dobre, não amasse, não grampeie, não fure e não prenda com clipe nenhuma folha de respostas.",
            "Não escreva, não cole e não carimbe sobre os códigos e os quadrados pretos. Não use corretivo.",
            "Não copie uma folha de respostas para outro aluno: cada uma tem um código só dela.",
        ],
    ),
    (
        "Digitalização",
        &[
            "De 200 a 300 dpi, em tons de cinza, em PDF, TIFF ou JPEG. Preto e branco só se não houver outro modo.",
            "Sem recorte, sem correção de fundo e sem página em branco retirada. A ordem e o lado das folhas não importam.",
            "Limpe o vidro antes de começar, e compare a quantidade de páginas digitalizadas com a de folhas devolvidas.",
        ],
    ),
];

const SIZE: f64 = 9.5;
const LEADING: f64 = SIZE * MM_PER_POINT * 1.36;
/// After a paragraph, and more after a section.
const PARAGRAPH_GAP: f64 = 1.5;
const SECTION_GAP: f64 = 3.4;
const TEXT: f64 = 54.0;
const TEXT_W: f64 = RIGHT - TEXT;
const NUMBER_W: f64 = 6.0;

/// A paragraph, broken into lines.
struct Paragraph<'a> {
    /// In the margin: the first of a section has it.
    heading: &'a str,
    /// Left of the text; 0 where there is none.
    number: usize,
    lines: Vec<String>,
}

pub fn forms(heading: &Heading, own: &[String]) -> Vec<Form> {
    let paragraphs = if own.is_empty() { ours() } else { own.iter().map(|text| theirs(text)).collect() };
    let mut pens: Vec<Pen> = Vec::new();
    let mut y = f64::INFINITY;
    for paragraph in paragraphs {
        if !paragraph.heading.is_empty() && paragraph.number == 1 && y.is_finite() {
            y += SECTION_GAP;
        }
        let least = paragraph.lines.len().min(2);
        for (i, line) in paragraph.lines.iter().enumerate() {
            // A paragraph's first line does not stand alone at the foot.
            let needs = LEADING * if i == 0 { least - 1 } else { 0 } as f64;
            if y + needs > BOTTOM {
                pens.push(begun(heading));
                y = TOP + 5.0;
            }
            let Some(pen) = pens.last_mut() else { continue };
            if i == 0 {
                pen.write(Style::Bold, 11.0, Ink::SOLID, Align::Left, LEFT, y, TEXT - LEFT - 4.0, paragraph.heading);
                if paragraph.number > 0 {
                    let number = paragraph.number.to_string();
                    pen.write(Style::Bold, SIZE, Ink::TEXT, Align::Left, TEXT, y, NUMBER_W, &number);
                }
            }
            let x = if paragraph.number > 0 { TEXT + NUMBER_W } else { TEXT };
            pen.write(Style::Regular, SIZE, Ink::TEXT, Align::Left, x, y, RIGHT - x, line);
            y += LEADING;
        }
        y += PARAGRAPH_GAP;
    }
    if pens.is_empty() {
        pens.push(begun(heading));
    }
    pens.into_iter().map(|pen| Form { layout: None, drawing: pen.drawing }).collect()
}

fn begun(heading: &Heading) -> Pen {
    let mut pen = grid::pen();
    grid::masthead(&mut pen, heading, Paper::Instructions.title(), RIGHT);
    grid::foot(&mut pen, heading, Paper::Instructions.title());
    pen
}

fn ours() -> Vec<Paragraph<'static>> {
    let broken = |text| fit::paragraph(Style::Regular.face(), SIZE, TEXT_W - NUMBER_W, text);
    let section = |(heading, texts): &(&'static str, &'static [&'static str])| {
        let heading = *heading;
        texts.iter().zip(1..).map(move |(text, number)| Paragraph {
            heading: if number == 1 { heading } else { "" },
            number,
            lines: broken(text),
        })
    };
    SECTIONS.iter().flat_map(section).collect()
}

fn theirs(text: &str) -> Paragraph<'static> {
    Paragraph { heading: "", number: 0, lines: fit::paragraph(Style::Regular.face(), SIZE, TEXT_W, text) }
}

pub fn pages<'a>(of: usize) -> Vec<Page<'a>> {
    (0..of).map(|form| Page { form, texts: vec![grid::folio(form + 1, of)], ..Page::default() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packages_own_instructions_take_the_pages_they_need() {
        let own: Vec<String> = (0..40).map(|n| format!("Parágrafo {n}. ") + &"Leia com atenção. ".repeat(20)).collect();
        let forms = forms(&Heading::default(), &own);
        assert!(forms.len() > 2, "{}", forms.len());
        let all: Vec<&str> = forms.iter().flat_map(|f| &f.drawing.texts).map(|t| t.text.as_str()).collect();
        for n in 0..40 {
            assert_eq!(all.iter().filter(|t| t.starts_with(&format!("Parágrafo {n}. "))).count(), 1);
        }
        assert!(forms.iter().flat_map(|f| &f.drawing.texts).all(|t| t.y < 285.0));
    }

    #[test]
    fn ours_are_one_page() {
        assert_eq!(forms(&Heading::default(), &[]).len(), 1);
    }
}
