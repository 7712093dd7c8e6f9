//! What is wrong, as school staff are told: the one place where the API's English is put into the page's language. What is not
//! in the tables is said by its kind alone, and the English stays among the technical details.

use super::words::Lang;
use crate::json::Fault;
use crate::service::http::Problem;
use serde_json::Value;

/// What the API says, `{}` standing for what it names, and the same in Portuguese, `{0}` being the first of those.
const SAID: &[(&str, &str)] = &[
    // Of JSON, whatever it is about.
    ("missing; an answer is expected", "falta a resposta"),
    ("missing; at least one file is expected", "falta escolher ao menos um arquivo"),
    ("missing; a student or a room is expected", "falta dizer o estudante ou a sala"),
    ("missing; one of {} is expected", "falta; é esperado um destes: {0}"),
    ("missing; a version's number is expected, from 1", "falta o número de uma versão, a partir de 1"),
    (
        "missing; the points of a wrong answer are expected, such as {}",
        "faltam os pontos de uma resposta errada, como -0,25",
    ),
    (
        "missing; how many propositions the question has is expected, {}",
        "falta dizer quantas proposições a questão tem, de 1 a 7",
    ),
    (
        "missing; with leading zeros the number of digits is expected, {}",
        "com zeros à esquerda, falta o número de dígitos, de 1 a 9",
    ),
    (
        "missing; where there is a panel the field of the third reader is expected",
        "onde há banca, falta o campo do terceiro corretor",
    ),
    ("missing; {} is expected", "falta; é esperado: {0}"),
    ("empty; a string that says something is expected", "está vazio; é esperado um texto"),
    ("empty; a student's id is expected", "falta dizer o estudante"),
    ("empty; {} is expected", "está vazio; é esperado: {0}"),
    ("a string is expected, not {}", "é esperado um texto, e não {0}"),
    ("true or false is expected, not {}", "é esperado true ou false, e não {0}"),
    ("a list is expected, not {}", "é esperada uma lista, e não {0}"),
    ("an object is expected, not {}", "é esperado um objeto {…}, e não {0}"),
    ("an object is expected", "é esperado um objeto {…}"),
    (
        "{} is not valid; a whole number from {} to {} is expected",
        "{0} não vale; é esperado um número inteiro de {1} a {2}",
    ),
    (
        "{} is not valid; a number from {} to {} with at most {} decimals is expected",
        "{0} não vale; é esperado um número de {1} a {2}, com até {3} casas decimais",
    ),
    ("{} is not valid; a number from {} to {} is expected", "{0} não vale; é esperado um número de {1} a {2}"),
    ("{} is not valid; a number from {} is expected", "{0} não vale; é esperado um número a partir de {1}"),
    ("{} is not valid; a number over 0 is expected", "{0} não vale; é esperado um número maior que 0"),
    (
        "{} is not valid; a number over 0 with at most {} decimals is expected",
        "{0} não vale; é esperado um número maior que 0, com até {1} casas decimais",
    ),
    (
        "a number over 0, up to {}, with at most {} decimals is expected",
        "é esperado um número maior que 0, até {0}, com até {1} casas decimais",
    ),
    (
        "{} is not valid; points with at most {} decimals are expected",
        "{0} não vale; são esperados pontos com até {1} casas decimais",
    ),
    (
        "a number over 0 with at most {} decimals is expected",
        "é esperado um número maior que 0, com até {0} casas decimais",
    ),
    ("“{}” is not known; one of {} is expected", "“{0}” não é conhecido; é esperado um destes: {1}"),
    ("“{}” is not a rule; one of {} is expected", "“{0}” não é uma regra; é esperada uma destas: {1}"),
    ("unknown field; known here: {}", "campo desconhecido; aqui são conhecidos: {0}"),
    ("not JSON: {} at line {} column {}", "não é JSON: há um erro na linha {1}, coluna {2}"),
    ("not JSON: {}", "não é JSON"),
    ("duplicate", "está repetido"),
    ("UTF-8 text is expected", "é esperado um texto em UTF-8: grave o arquivo de novo nesta codificação"),
    (
        "a text has the character U+0000, which can't be kept",
        "há um caractere nulo (U+0000), que não pode ser guardado",
    ),
    ("the character U+0000 is not valid in a key", "há um caractere nulo (U+0000), que não vale num gabarito"),
    // Of keys.
    (
        "missing or empty; a list of questions with their answers is expected",
        "falta, ou está vazia; é esperada a lista das questões com as respostas",
    ),
    (
        "the right answer is expected (“B”), or a list of those that are right",
        "é esperada a resposta certa (“B”), ou a lista das que estão certas",
    ),
    ("points for each alternative are expected: {}", "são esperados pontos para cada alternativa: A = 1; C = 0,5"),
    ("a number is expected, such as 12.5 or “12,50”", "é esperado um número, como 12,5"),
    (
        "the sum of the right propositions is expected, from 0 to {}",
        "é esperada a soma das proposições certas, de 0 a {0}",
    ),
    ("the right label of every row is expected: {}", "é esperada a resposta de cada linha: VFVV"),
    (
        "this rule takes no answer: its points are filled in on the sheet",
        "esta regra não leva resposta: os pontos são preenchidos na folha",
    ),
    ("less than a wrong, blank or double answer gives", "é menos do que dá uma resposta errada, em branco ou dupla"),
    ("duplicate: a question “{}” is there already", "está repetida: já há uma questão “{0}”"),
    ("duplicate: “{}” is there already", "está repetido: já há “{0}”"),
    ("duplicate: “{}” is annulled already", "está repetida: “{0}” já foi anulada"),
    (
        "“{}” answers the question “{}” already; a field of its own is expected",
        "o campo “{0}” já responde à questão “{1}”; é esperado outro",
    ),
    ("the key has no question “{}”", "o gabarito não tem a questão “{0}”"),
    ("more than {} questions", "há mais de {0} questões"),
    ("{} for {} questions; as many are expected", "há {0} para {1} questões; o número tem de ser o mesmo"),
    (
        "{} answers to {} questions; as many are expected",
        "há {0} respostas para {1} questões; o número tem de ser o mesmo",
    ),
    (
        "a list of {} to {} criteria is expected: {}",
        "é esperada uma lista de {0} a {1} critérios, cada um com título e máximo: {2}",
    ),
    ("only with a count", "só vale com “count”"),
    ("with a count, the id needs {} for the number", "com “count”, o id precisa de {n} no lugar do número"),
    (
        "with a count, “answers” has an answer for each question",
        "com “count”, as respostas vão em “answers”, uma para cada questão",
    ),
    (
        "a string with a letter for each question, or a list of answers is expected",
        "é esperado um texto com uma letra para cada questão, ou uma lista de respostas",
    ),
    ("{} has no “{}”; one of {} is expected", "“{0}” não tem “{1}”; é esperado um destes: {2}"),
    ("{} has no “{}”; the key names no {}", "o gabarito não diz nenhum “{0}”, e por isso não há “{1}”"),
    ("a skill such as EF09MA01 or D12 is expected", "é esperada uma habilidade, como EF09MA01 ou D12"),
    ("a version's number is expected, from 1", "é esperado o número de uma versão, a partir de 1"),
    (
        "the name of a rule that is there already; another name is expected",
        "já é o nome de uma regra; é esperado outro",
    ),
    ("an object is expected that gives rules names: {}", "é esperado um objeto que dá nomes a regras: {0}"),
    ("no question has a language", "nenhuma questão diz a sua língua"),
    (
        "no question has the language “{}”; one of {} is expected",
        "nenhuma questão tem a língua “{0}”; é esperada uma destas: {1}",
    ),
    ("places or a step is expected: {}", "são esperadas casas (“places”) ou um passo (“step”): {0}"),
    (
        "no question is left for its points; {} is expected",
        "não sobra questão para receber os pontos desta; escolha outro modo de anular",
    ),
    (
        "the points fall into too fine parts; rounder points and weights are expected",
        "os pontos se dividem em partes pequenas demais; use pontos e pesos mais redondos",
    ),
    ("“{}” is another exam; {} is expected, or nothing", "“{0}” é outra aplicação; é esperada {1}, ou nada"),
    ("the exam has no such key; {}", "a aplicação não tem este gabarito"),
    // Of what people decide.
    ("the page has no such field; it has {}", "a página não tem este campo; ela tem {0}"),
    ("“{}” is none of its labels; it has {}", "“{0}” não é uma das alternativas; elas são {1}"),
    ("24 characters of the base-32 alphabet are expected", "o código tem 24 letras e números; confira se falta algum"),
    (
        "malformed code: {}",
        "o código não está certo: são 24 letras e números, em grupos de quatro; confira se falta ou sobra algum",
    ),
    ("the code is not one of this system: {}", "o código não é de uma folha daqui"),
    (
        "the code's check does not hold under the configured key: {}",
        "o código não confere: há alguma letra ou número trocado",
    ),
    ("no sheet that was printed here has it; {}", "nenhuma folha impressa aqui tem este código"),
    ("the sheet has the pages {}; one of them is expected", "a folha tem as páginas {0}; é esperada uma delas"),
    (
        "sheets of this edition have no printed code; {}",
        "folhas deste modelo não têm código impresso; diga de quem é a página",
    ),
    (
        "the page can't be read as this sheet's: {}",
        "esta página não é da folha que tem este código: confira se digitou o da página certa",
    ),
    (
        "nothing was decided of the page, or it is not as it was decided",
        "não há o que desfazer nesta página, ou alguém a mudou depois",
    ),
    ("nobody else decided this, or it was looked at already", "outra pessoa já conferiu isto"),
    ("the batch is still being read; {}", "o lote ainda está sendo lido; espere terminar"),
    ("the batch has no such page, or it is not read yet", "o lote não tem esta página, ou ela ainda não foi lida"),
    ("the page was changed after it was fetched; {}", "alguém mudou esta página nesse meio-tempo"),
    ("the scan has no such page any more", "a página não está mais na digitalização"),
    // Of what is sent.
    ("1 to 255 bytes of text are expected", "o nome do arquivo é longo demais: dê a ele um nome mais curto"),
    ("a whole number from 1 to {} is expected", "é esperado um número inteiro de 1 a {0}"),
    ("the body is empty; {}", "o arquivo está vazio"),
    ("the body is empty", "o arquivo está vazio"),
    ("the body broke off", "o envio foi interrompido: tente de novo"),
    ("the body stopped coming", "o envio parou: tente de novo"),
    ("{} has more than {} MiB", "passa de {1} MB: divida em partes"),
    ("what arrived has another; begin a new upload", "o arquivo chegou com erro: envie de novo"),
    ("{} arrived; {} were announced", "chegaram {0} bytes de {1}: envie de novo"),
    (
        "the id of an upload of yours is expected that is complete and that no batch has",
        "este arquivo já está em outro lote, ou venceu: escolha de novo",
    ),
    // Of what is printed.
    ("nobody of the package has this number", "ninguém deste malote tem este número: confira a matrícula"),
    ("nobody of the package has this id", "ninguém deste malote tem este número, ou nenhuma sala este nome"),
    ("the file is not kept any more", "o arquivo não é mais guardado: venceu o prazo"),
    ("a legal hold keeps it", "está guardado por determinação legal"),
    // Of what is there.
    ("nothing of this exam was printed or read for you", "nada desta aplicação foi impresso ou lido aqui"),
    ("nobody of this exam has this id", "ninguém desta aplicação tem este número"),
    ("no {} has this id", "não há {0} com este endereço"),
    ("nothing has this id", "nada tem este número"),
    ("too many requests {}", "há pedidos demais ao mesmo tempo"),
    ("other statistics are being computed", "outras estatísticas estão sendo calculadas"),
];

/// What such a message names, where it is a word of ours.
const NAMED: &[(&str, &str)] = &[
    ("null", "nada"),
    ("true or false", "true ou false"),
    ("a number", "um número"),
    ("a string", "um texto"),
    ("a list", "uma lista"),
    ("an object", "um objeto"),
    ("none", "nenhum"),
    ("batch", "um lote"),
    ("package", "um malote"),
    ("exam", "uma aplicação"),
    ("student", "um estudante"),
    ("question", "uma questão"),
    ("field", "um campo"),
    ("file", "um arquivo"),
    ("upload", "um envio"),
];

/// Fields of forms and requests, by the end of their path.
const FIELDS: &[(&str, &str)] = &[
    ("codigo", "código impresso"),
    ("code", "código impresso"),
    ("matricula", "matrícula"),
    ("student", "estudante"),
    ("room", "sala"),
    ("sala", "sala"),
    ("marca", "resposta"),
    ("arquivo", "arquivo"),
    ("files", "arquivos"),
    ("name", "nome do arquivo"),
    ("bytes", "tamanho do arquivo"),
    ("sha256", "arquivo"),
    ("application", "aplicação"),
    ("answer", "resposta certa"),
    ("answers", "respostas"),
    ("points", "pontos"),
    ("rule", "regra"),
    ("effect", "modo de anular"),
    ("questions", "questões"),
];

/// Why a job failed, by its code.
const JOBS: &[(&str, &str)] = &[
    ("worker_lost", "o trabalho foi interrompido mais de uma vez"),
    ("process_died", "um arquivo não pôde ser aberto"),
    ("internal", "houve um erro do sistema; quem cuida dele encontra o motivo no registro"),
    ("not_read", "um arquivo não pôde ser lido"),
    ("sha256_mismatch", "um arquivo chegou com erro"),
    ("size_mismatch", "um arquivo chegou com outro tamanho: envie de novo"),
    ("not_counted", "as páginas de um arquivo não puderam ser contadas"),
    ("urls_too_large", "os arquivos dos endereços dados passam, juntos, do tamanho permitido"),
    ("urls_too_slow", "buscar os arquivos nos endereços dados demorou demais"),
    ("file_gone", "um arquivo não está mais guardado"),
    ("not_fetched", "um arquivo não pôde ser buscado no endereço dado"),
    ("storage", "faltou espaço, ou o armazenamento falhou"),
    ("database", "o banco de dados falhou"),
    ("not_a_package", "o pedido de impressão tem um erro, que o sistema da escola precisa corrigir"),
    ("not_printable", "há algo no pedido que não pode ser impresso"),
    ("not_printed", "a impressão foi interrompida"),
];

/// One thing wrong, without its place.
pub fn message(lang: Lang, fault: &Fault) -> String {
    match (lang, in_portuguese(&fault.message)) {
        (Lang::En, _) => fault.message.clone(),
        (Lang::Pt, Some(said)) => said,
        (Lang::Pt, None) => format!("não vale assim ({})", fault.message),
    }
}

/// What a request's answer says is wrong: its first fault with the field's name, or its detail. None: the tables do not
/// have it.
pub fn detail(lang: Lang, problem: &Problem) -> Option<String> {
    if lang == Lang::En {
        return Some(problem.detail().to_owned());
    }
    match problem.errors() {
        [] => in_portuguese(problem.detail()).map(sentence),
        [first, rest @ ..] => {
            let said = match (field(&first.path), message(lang, first)) {
                (Some(name), said) => format!("{name}: {said}"),
                (None, said) if first.path.is_empty() => said,
                (None, said) => format!("{}: {said}", first.path),
            };
            let more = if rest.is_empty() { String::new() } else { format!(" (e mais {})", rest.len()) };
            Some(sentence(format!("{said}{more}")))
        }
    }
}

/// Why a job failed, as the database has it: `code` and `detail`.
pub fn job(lang: Lang, error: Option<&Value>) -> String {
    let text = |key: &str| error.and_then(|e| e[key].as_str()).unwrap_or_default();
    match lang {
        Lang::En => text("detail").to_owned(),
        Lang::Pt => {
            let known = JOBS.iter().find(|(code, _)| *code == text("code"));
            known.map(|(_, said)| sentence((*said).to_owned())).unwrap_or_default()
        }
    }
}

/// For a page's script: the same problem, told in the page's language.
pub fn told(lang: Lang, problem: Problem) -> Problem {
    let Some(said) = detail(lang, &problem) else { return problem };
    let errors = problem.errors().iter().map(|f| Fault { path: f.path.clone(), message: message(lang, f) }).collect();
    problem.in_words(said, errors)
}

fn field(path: &str) -> Option<&'static str> {
    let end = path.rsplit('.').next()?.split('[').next()?;
    FIELDS.iter().find(|(known, _)| *known == end).map(|(_, said)| *said)
}

fn in_portuguese(english: &str) -> Option<String> {
    SAID.iter().find_map(|(pattern, said)| Some(filled(said, &named(pattern, english)?)))
}

/// What stands at the pattern's blanks.
fn named<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut found = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let at = match parts.peek() {
            // The last blank takes all that is left before the pattern's end.
            None => rest.strip_suffix(part)?.len(),
            Some(_) => rest.find(part)?,
        };
        found.push(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    rest.is_empty().then_some(found)
}

fn filled(said: &str, found: &[&str]) -> String {
    let mut out = said.to_owned();
    for (i, text) in found.iter().enumerate() {
        let word = NAMED.iter().find(|(english, _)| english == text).map_or(*text, |(_, said)| *said);
        out = out.replace(&format!("{{{i}}}"), word);
    }
    out
}

/// With a capital letter and a full stop.
fn sentence(text: String) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map_or_else(String::new, |c| c.to_uppercase().collect());
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::Key;
    use crate::output::samples;
    use crate::read::decision::Decision;
    use serde_json::json;

    #[test]
    fn what_is_said_is_found_and_its_blanks_are_filled() {
        for (at, (pattern, said)) in SAID.iter().enumerate() {
            let text = pattern.replace("{}", "x9");
            let first = SAID.iter().position(|(p, _)| named(p, &text).is_some());
            assert_eq!(first, Some(at), "another pattern takes “{text}”");
            let blanks = pattern.matches("{}").count();
            assert!(!said.contains(&format!("{{{blanks}}}")), "“{said}” has a blank that “{pattern}” does not fill");
        }
    }

    #[test]
    fn whatever_is_wrong_with_a_key_is_told_in_portuguese() {
        let question = |more: Value| {
            let mut question = json!({"id": "q1", "answer": "A"});
            question.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"questions": [question]})
        };
        let keys = [
            json!([]),
            json!({}),
            json!({"questions": [{}, {"id": 7}, {"id": ""}, 3], "total": {"scale": -1, "rounding": {"mode": "up"}}, "x": 1}),
            json!({"questions": [{"id": "q1", "answer": "A"}, {"id": "q1", "answer": "B"}], "rules": []}),
            json!({"questions": [{"id": "q{n}", "count": 3, "answers": "AB"}, {"id": "r", "count": 2, "answers": "AB", "answer": "A"}]}),
            json!({"questions": [{"id": "q1"}], "annulled": [{"question": "q9"}, {"question": "q1", "effect": "apagar"}]}),
            json!({"questions": [{"id": "q1", "answer": "A"}], "annulled": [{"question": "q1", "effect": "redistribute"}]}),
            json!({"questions": [{"id": "q1", "answer": "A", "language": "Inglês"}], "language": {"field": "l", "default": "Grego"}}),
            question(json!({"points": "dois"})),
            question(json!({"points": -1, "weight": 0})),
            question(json!({"rule": "penalti/1"})),
            question(json!({"rule": {"id": "penalty/1"}})),
            question(json!({"rule": {"id": "penalty/1", "wrong": 2, "right": 1}})),
            question(json!({"rule": "numeric/1"})),
            question(json!({"rule": "sum.exact/1"})),
            question(json!({"rule": "sum.ufsc/2025"})),
            question(json!({"rule": "alternatives/1"})),
            question(json!({"rule": "true_false/1", "answer": 4})),
            question(json!({"rule": "rubric/1"})),
            question(json!({"answer": {"A": "muito"}, "subject": "historia", "skills": ["7!"], "irt": 3})),
        ];
        let mut count = 0;
        for key in keys {
            for fault in Key::from_json(&key).err().unwrap_or_default() {
                let said = in_portuguese(&fault.message);
                assert!(said.is_some(), "{fault}");
                assert!(!said.unwrap().contains("expected"), "{fault}");
                count += 1;
            }
        }
        assert!(count > 30, "{count}");
    }

    #[test]
    fn decisions_and_requests_name_the_field() {
        let page = samples::page("a.pdf", 1, &["A"]);
        let decided = json!({"fields": {"q1": {"marked": ["Z"]}, "q7": "blank"}, "student": ""});
        let decision: Decision = serde_json::from_value(decided).unwrap();
        for fault in decision.apply(&page).unwrap_err() {
            assert!(!message(Lang::Pt, &fault).contains("não vale assim"), "{fault}");
        }
        let problem = Problem::field("matricula", "missing; a student or a room is expected");
        assert_eq!(detail(Lang::Pt, &problem).unwrap(), "Matrícula: falta dizer o estudante ou a sala.");
        assert_eq!(detail(Lang::Pt, &Problem::not_found("batch")).unwrap(), "Não há um lote com este endereço.");
        assert_eq!(told(Lang::En, problem.clone()).detail(), problem.detail());
        assert_eq!(
            message(Lang::Pt, &Fault { path: String::new(), message: "novel".into() }),
            "não vale assim (novel)"
        );
    }
}
