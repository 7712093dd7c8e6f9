use super::*;
use crate::grade::{Answer, Detail, Grader, Paper, Shape, Status};
use crate::output::table::Look;
use serde_json::json;

fn key() -> Key {
    Key::from_json(&json!({
        "blocks": [{"id": "b1", "title": "Dia 1"}],
        "questions": [
            {"id": "q1", "answer": "A", "block": "b1"},
            {"id": "q2", "answer": "B", "rule": {"id": "penalty/1", "wrong": -0.5}},
            {"id": "q3", "answer": "07", "rule": {"id": "sum.proportional/1"}},
        ],
    }))
    .unwrap()
}

fn row(key: &Key, student: &str, answers: &[(Status, &'static str)]) -> Row {
    let shape = Shape((1..=answers.len()).map(|n| (format!("q{n}"), "choice".to_owned())).collect());
    let answers = answers.iter().map(|(status, text)| Answer::new(*status, text)).collect();
    let paper = Paper { sheet: None, version: None, review: false, shape: shape.into(), answers };
    let graded = Grader::new(key, None).grade(&paper, false, Detail::Reasons);
    let student = Some(student.to_owned());
    Row { student, sheet: None, unit: None, room: Some("12".into()), class: None, version: None, graded }
}

fn rows(key: &Key) -> Vec<Row> {
    use Status::*;
    vec![
        row(key, "=HYPERLINK(1)", &[(Answered, "A"), (Answered, "C"), (Answered, "01")]),
        row(key, "aluno-2", &[(Answered, "A"), (Doubtful, "B"), (Blank, "")]),
    ]
}

#[test]
fn csv_has_decimal_commas_and_no_formulas() {
    let key = key();
    let mut out = Vec::new();
    let mut csv = csv::Csv::new(&mut out, &key).unwrap();
    for row in rows(&key) {
        csv.row(&row).unwrap();
    }
    csv.finish().unwrap();
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[0], "estudante;folha;unidade;sala;turma;versão;língua;situação;nota;máximo;Dia 1;q1;q2;q3");
    assert_eq!(lines[1], "'=HYPERLINK(1);;;12;;;;corrigida;0,83;3;1;1;-0,5;0,333333");
    assert_eq!(lines[2], "aluno-2;;;12;;;;provisória;1;3;1;1;;0");
}

#[test]
fn json_says_the_rule_and_what_no_decimal_can() {
    let key = key();
    let all = rows(&key);
    let grade = json!(json::Grade::explained(&key, &all[0].graded, None));
    assert_eq!((&grade["points"], &grade["outcome"]), (&json!(0.83), &json!("graded")));
    let third = &grade["questions"][2];
    assert_eq!(
        (&third["exact"], &third["rule"], &third["verdict"]),
        (&json!("1/3"), &json!("sum.proportional/1"), &json!("partial"))
    );
    let waiting = json!(json::Grade::explained(&key, &all[1].graded, None));
    assert_eq!((&waiting["provisional"], &waiting["questions"][1]["points"]), (&json!(true), &json!(null)));
}

#[test]
fn the_table_says_what_is_open() {
    let key = key();
    let mut out = Vec::new();
    let mut table = table::Table::new(&mut out, Look::default(), &key);
    for row in rows(&key) {
        table.row(&row).unwrap();
    }
    table.finish().unwrap();
    let text = String::from_utf8(out).unwrap();
    for said in ["=HYPERLINK(1)", "0,83", "    em aberto: q2", "2 folhas · 1 corrigida · 1 provisória", "→ Decida"]
    {
        assert!(text.contains(said), "{said} in {text}");
    }
}

#[test]
fn a_workbook_is_the_same_twice() {
    let key = key();
    let book = || {
        let mut book = xlsx::Xlsx::new(&key).unwrap();
        rows(&key).iter().for_each(|row| book.row(row).unwrap());
        book.finish().unwrap()
    };
    assert!(book() == book() && book().starts_with(b"PK"));
}

#[test]
fn fixed_lines_are_all_of_one_width_and_cut_nothing() {
    let key = key();
    let mut lines = fixed::Fixed::new(&key);
    rows(&key).iter().for_each(|row| lines.row(row).unwrap());
    let text = String::from_utf8(lines.finish()).unwrap();
    let width = fixed::TEXTS.iter().sum::<usize>() + fixed::POINTS * 6;
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert!(lines.len() == 2 && lines.iter().all(|l| l.chars().count() == width), "{text}");
    let points: Vec<&str> = lines[0].trim_start().rsplit(' ').filter(|w| !w.is_empty()).take(3).collect();
    assert_eq!(points, ["0,333333", "-0,500000", "1,000000"]);
    let long = row(&key, &"x".repeat(65), &[(Status::Blank, "")]);
    let error = fixed::Fixed::new(&key).row(&long).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
}

#[cfg(feature = "service")]
#[test]
fn parquet_has_exact_decimals_and_nulls() {
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::Field;
    let key = key();
    let mut file = parquet::Parquet::new(&key).unwrap();
    rows(&key).iter().for_each(|row| file.row(row).unwrap());
    let bytes = bytes::Bytes::from(file.finish().unwrap());
    let reader = SerializedFileReader::new(bytes).unwrap();
    let read: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    let field =
        |row: usize, name: &str| -> Field { read[row].get_column_iter().find(|(n, _)| *n == name).unwrap().1.clone() };
    assert_eq!(field(0, "student"), Field::Str("=HYPERLINK(1)".into()));
    assert_eq!(field(0, "question.q3").to_string(), "0.333333");
    assert_eq!(field(0, "points").to_string(), "0.830000");
    assert_eq!((field(1, "question.q2"), field(1, "class")), (Field::Null, Field::Null));
}
