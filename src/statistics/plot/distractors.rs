//! Who chose what: of all, of the best and of the weakest.

use super::frame::{Frame, LEFT, Labels, RIGHT};
use super::words::Language;
use crate::statistics::items::Item;

pub fn distractors(item: &Item, name: &str, language: Language) -> String {
    let right = language.say("certa", "right");
    let told = item.answers.iter().map(|a| {
        let key = if a.key { format!(" ({right})") } else { String::new() };
        format!("{}{key}: {}", a.answer, language.percent(a.share))
    });
    let asked = item.students as f64;
    let blank = (asked > 0.0).then(|| item.blank as f64 / asked);
    let blank_name = language.say("em branco", "blank");
    let told: Vec<String> = told.chain([format!("{blank_name}: {}", language.percent(blank))]).collect();
    let title = format!("{} {name}", language.say("Respostas à questão", "Answers to question"));
    let labels = Labels {
        title: &title,
        description: &told.join("; "),
        x: language.say("Resposta", "Answer"),
        y: language.say("% dos alunos", "% of students"),
    };
    let mut frame = Frame::new(language, &labels, 100.0);
    frame.legend(&[
        ("f3", language.say("27 % mais fracos", "lowest 27 %")),
        ("f2", language.say("todos", "all")),
        ("f1", language.say("27 % melhores", "highest 27 %")),
    ]);
    let wide = (RIGHT - LEFT) / (item.answers.len() + 1) as f64;
    let bar = (wide * 0.26).min(34.0);
    for (n, answer) in item.answers.iter().enumerate() {
        let middle = LEFT + wide * (n as f64 + 0.5);
        let bars = [("f3", answer.lower), ("f2", answer.share), ("f1", answer.upper)];
        for (i, (class, share)) in bars.into_iter().enumerate() {
            let from = middle + bar * (i as f64 - 1.5);
            frame.bar(class, from, from + bar - 1.0, 100.0 * share.unwrap_or(0.0));
        }
        let (class, label) =
            if answer.key { ("k", format!("{} ✓", answer.answer)) } else { ("", answer.answer.clone()) };
        frame.under(middle, class, &label);
    }
    let middle = LEFT + wide * (item.answers.len() as f64 + 0.5);
    frame.bar("f2", middle - bar / 2.0, middle + bar / 2.0 - 1.0, 100.0 * blank.unwrap_or(0.0));
    frame.under(middle, "", blank_name);
    frame.finish()
}
