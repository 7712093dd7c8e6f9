use super::*;
use crate::statistics::plot::{Language, distractors, histogram, item_curve};

/// Tags open and close in pairs.
fn is_well_formed(svg: &str) {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1).map(|t| t.split('>').next().unwrap()) {
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{svg}"),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap()),
        }
    }
    assert!(open.is_empty());
}

#[test]
fn pictures_say_what_they_show() {
    let cohort = simulated::cohort(500, 10, 9);
    let said = statistics(&cohort.table, &Options::default());
    let all = |language| {
        [
            histogram(&said.histogram, &said.scores, language),
            distractors(&said.items[3], "<4>", language),
            item_curve(&cohort.table, 3, Some(cohort.parameters[3]), "4 & 5", language).unwrap(),
        ]
    };
    for svg in all(Language::Pt).iter().chain(&all(Language::En)) {
        is_well_formed(svg);
        assert!(svg.contains("role=\"img\"") && svg.contains("<title id=\"t\">") && svg.contains("<desc id=\"d\">"));
        assert!(svg.contains("prefers-color-scheme:dark"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
    let [spread, chosen, curve] = all(Language::Pt);
    assert!(spread.contains("Alunos: 500. Média: ") && spread.contains("xml:lang=\"pt-BR\""));
    assert!(chosen.contains("questão &lt;4&gt;") && chosen.contains("D (certa): ") && chosen.contains("em branco"));
    assert!(
        curve.contains("questão 4 &amp; 5") && curve.contains("; b = ") && curve.contains("modelo de três parâmetros")
    );
    assert!(all(Language::En)[0].contains("Students: 500."));
}

#[test]
fn of_nothing_there_is_an_empty_picture() {
    let table = scored(&["1?"]);
    let said = statistics(&table, &Options::default());
    for j in 0..2 {
        let pictures =
            [distractors(&said.items[j], "1", Language::Pt), item_curve(&table, j, None, "1", Language::Pt).unwrap()];
        for svg in pictures {
            is_well_formed(&svg);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
    is_well_formed(&histogram(&Histogram::default(), &Summary::default(), Language::Pt));
    assert_eq!(item_curve(&table, 2, None, "3", Language::Pt), None);
}
