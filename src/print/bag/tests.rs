//! All papers, with what schools have: long names, empty rooms, hundreds of students.

use super::*;
use crate::print::draw::Text;
use crate::print::draw::tests::bounds;
use crate::sheet::{Frame, PageFormat};

const NAMES: [&str; 6] = [
    "Ana Sá",
    "Maria Eduarda Vasconcelos de Albuquerque Cavalcanti Nepomuceno",
    "João Gonçalves d’Ávila",
    "Ângela Conceição Araújo",
    "Wolfeschlegelsteinhausenbergerdorff Silva",
    "Érico Íris Ñandu Öberg",
];

fn heading(long: bool) -> Heading {
    let (title, institution) = if long {
        (
            "Avaliação diagnóstica de Língua Portuguesa, Matemática e Ciências da Natureza – 9º ano – segunda etapa",
            "Rede municipal de ensino de São José do Vale do Rio Preto e região serrana do estado do Rio de Janeiro",
        )
    } else {
        ("2º simulado", "")
    };
    Heading {
        title: title.into(),
        date: "20/11/2026".into(),
        institution: institution.into(),
        logo: None,
        versions: long,
    }
}

fn facts<'a>(count: usize, room: &'a str) -> RoomFacts<'a> {
    let student = |i: usize| StudentFacts {
        name: NAMES[i % NAMES.len()],
        enrollment: ["20261234", "1", "123456789012345"][i % 3],
        seat: ["", "A12"][i % 2],
        room,
        version: Some(i as u64 % 4 + 1),
        ..StudentFacts::default()
    };
    let mut students: Vec<_> = (0..count).map(student).collect();
    by_name(&mut students);
    let contents = (1..=14).map(|n| (format!("Cadernos de prova em letra ampliada, versão {n}"), 1043)).collect();
    RoomFacts { unit: "Unidade Centro", room, students, spares: 2, contents, bag: (12, 34) }
}

/// A page as texts, with which of them are stamped.
fn texts(form: &Form, page: &Page) -> Vec<(Area, bool, String)> {
    let stamped = page.texts.iter().map(|filled| {
        let (x, Fitted { text, condense }) = filled.fitted(filled.style.face());
        let (y, size_pt, style) = (filled.slot.y, filled.slot.size_pt, filled.style);
        (Text { x, y, size_pt, style, ink: crate::print::draw::Ink::TEXT, condense, text }, true)
    });
    let drawn = form.drawing.texts.iter().map(|t| (t.clone(), false));
    drawn.chain(stamped).filter(|(t, _)| !t.text.is_empty()).map(|(t, s)| (t.area(), s, t.text)).collect()
}

#[test]
fn nothing_leaves_the_paper_or_covers_anything() {
    let inside = Area::new(5.0, 5.0, 200.0, 287.0);
    let frame = Frame::of(PageFormat::A4);
    let rooms = ["Sala 12", "Laboratório de Informática 2 – Bloco B, 3º andar", "Auditório"];
    for (heading, room, count) in [
        (heading(false), rooms[0], 0),
        (heading(false), rooms[2], 1),
        (heading(true), rooms[1], 25),
        (heading(true), rooms[0], 61),
        (heading(true), rooms[1], 900),
    ] {
        let facts = facts(count, room);
        for paper in Paper::ALL {
            let forms = paper.forms(&heading, &[]);
            let pages = paper.pages(&facts, &forms);
            assert!(!pages.is_empty(), "{paper:?}");
            for page in &pages {
                let form = &forms[page.form];
                let texts = texts(form, page);
                let shapes = form.drawing.shapes.iter().map(bounds);
                for area in texts.iter().map(|t| t.0).chain(shapes).chain(page.barcode) {
                    assert!(inside.holds(&area), "{paper:?}: {area:?}");
                    let Some(layout) = &form.layout else { continue };
                    let page = &layout.content.pages[0];
                    let square = |x: f64, y: f64, size: f64| Area::new(x - size / 2.0, y - size / 2.0, size, size);
                    let mut marks: Vec<Area> = page.fiducials.iter().map(|f| square(f.x, f.y, f.size)).collect();
                    marks.extend(page.anchors.iter().map(|a| square(a.x, a.y, a.size)));
                    for mark in marks.iter().filter(|m| !m.holds(&area)) {
                        assert!(!mark.grown(0.9).overlaps(&area), "{paper:?}: {area:?} is near {mark:?}");
                    }
                    let codes = [frame.code.grown(4.0 * frame.code.w / 29.0), frame.backup.grown(0.8), frame.printed];
                    let free = frame.code.holds(&area) || codes.iter().all(|c| !c.overlaps(&area));
                    assert!(free, "{paper:?}: {area:?} is near a code");
                }
                for (i, (area, stamped, text)) in texts.iter().enumerate() {
                    for (other, also, over) in &texts[i + 1..] {
                        let apart = !area.overlaps(other) || !(*stamped || *also);
                        assert!(apart, "{paper:?}: “{text}” {area:?} covers “{over}” {other:?}");
                    }
                }
                for field in form.layout.iter().flat_map(|l| &l.content.pages[0].fields) {
                    let covered = texts.iter().any(|(area, ..)| area.overlaps(&field.area));
                    assert!(!covered, "{paper:?}: something is written over {}", field.id);
                }
            }
        }
    }
}

#[test]
fn a_papers_word_is_its_own() {
    let words: std::collections::BTreeSet<_> = Paper::ALL.iter().map(|p| p.word()).collect();
    assert_eq!(words.len(), Paper::ALL.len());
}

#[test]
fn editions_are_frozen() {
    // A layout's name is a hash of its geometry, which is a wire format: moving anything needs another edition.
    let frozen = [(Paper::Cover, "cover-1", "HAF15KPJAZMM"), (Paper::Attendance, "attendance-1", "FA94VR4DQZ43")];
    for (paper, edition, id) in frozen {
        for long in [true, false] {
            let layout = paper.forms(&heading(long), &[]).remove(0).layout.unwrap();
            assert_eq!((layout.content.edition.as_str(), layout.id.as_str()), (edition, id));
        }
    }
}
