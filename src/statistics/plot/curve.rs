//! How the share of right answers rises with ability: as it was found, and as the model has it.

use super::frame::{Frame, LEFT, Labels, RIGHT};
use super::words::Language;
use crate::statistics::curves::{Curves, GRID, ability, places};
use crate::statistics::irt::Parameters;
use crate::statistics::scores::Totals;
use crate::statistics::table::Table;

/// None if the table does not have the question. The model's curve is drawn where there are parameters.
pub fn item_curve(
    table: &Table,
    question: usize,
    parameters: Option<Parameters>,
    name: &str,
    language: Language,
) -> Option<String> {
    let key = &table.questions().get(question)?.key;
    let places = places(&Totals::of(table));
    let found = Curves::of(table, question, &places).any(key);
    let said = |p: &Parameters| {
        let number = |v| language.number(v, 2);
        format!(" a = {}; b = {}; c = {}.", number(p.a), number(p.b), number(p.c))
    };
    let description = format!(
        "{}: {}; {}: {}.{}",
        language.say("Acertos dos mais fracos", "Right among the weakest"),
        language.percent(Some(found[0])),
        language.say("dos melhores", "among the best"),
        language.percent(Some(found[GRID - 1])),
        parameters.as_ref().map(said).unwrap_or_default()
    );
    let title = format!("{} {name}", language.say("Curva da questão", "Curve of question"));
    let labels = Labels {
        title: &title,
        description: &description,
        x: language.say("Proficiência, em desvios da média", "Ability, in deviations from the mean"),
        y: language.say("% de acertos", "% right"),
    };
    let mut frame = Frame::new(language, &labels, 100.0);
    let x = |place: usize| LEFT + (RIGHT - LEFT) * place as f64 / (GRID - 1) as f64;
    frame.line("l1", false, (0..GRID).map(|g| (x(g), 100.0 * found[g])));
    let mut names = vec![("l1", language.say("como foi respondida", "as it was answered"))];
    if let Some(model) = parameters {
        frame.line("l3", true, (0..GRID).map(|g| (x(g), 100.0 * model.probability(ability(g)))));
        names.push(("dashed l3", language.say("modelo de três parâmetros", "three-parameter model")));
    }
    frame.legend(&names);
    for tick in -3..=3 {
        frame.under(LEFT + (RIGHT - LEFT) * f64::from(tick + 3) / 6.0, "", &tick.to_string());
    }
    Some(frame.finish())
}
