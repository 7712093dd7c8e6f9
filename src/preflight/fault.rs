//! What is wrong with what was printed, in words for who prints. Ids only: no student's name.

use super::symbol::Symbol;
use crate::output::words::number;
use std::fmt;

#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub whose: Whose,
    /// The PDF and its page from 1, where one page is at fault.
    pub at: Option<(String, u64)>,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    Student(String),
    /// A paper or a spare of a room.
    Room {
        unit: String,
        room: String,
    },
    /// Of all of the package.
    Nobody,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The page has operators that are not stamped on any.
    Strange(String),
    Unreadable(Code),
    /// So many codewords are wrong, and were mended.
    Mended(Code, usize),
    Says {
        code: Code,
        said: String,
        meant: String,
    },
    /// The name on a sheet is not its student's.
    OtherName,
    /// By so many millimetres.
    Displaced(Code, f64),
    /// Ink where nothing is meant to be, in millimetres from the page's top left corner.
    Stray(f64, f64),
    /// A text over something that the reader reads.
    Covers(f64, f64),
    /// A layout that can't be printed on.
    Ground(String),
    /// A finished file that is not what was pressed.
    File(String),
    /// What the whole reader says of the finished page.
    Reader(String),
    /// What does not agree between the manifest and the package.
    Count(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Symbol(Symbol),
    Printed,
    Barcode,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Code::Symbol(Symbol::Qr | Symbol::Foreign) => "o QR",
            Code::Symbol(Symbol::Backup) => "o código reserva",
            Code::Printed => "o código impresso",
            Code::Barcode => "o código de barras",
        })
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whose::Student(id) => write!(f, "aluno {id}"),
            Whose::Room { unit, room } => write!(f, "unidade {unit}, sala {room}"),
            Whose::Nobody => f.write_str("pacote"),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mm = |v: &f64| number(*v, 1);
        match self {
            What::Strange(operator) => write!(f, "a página tem um comando desconhecido: {operator}"),
            What::Unreadable(code) => write!(f, "{code} não se lê depois de uma fotocópia"),
            What::Mended(code, n) => write!(f, "{code} só se lê com correção ({n} palavras erradas)"),
            What::Says { code, said, meant } => write!(f, "{code} diz {said}, e devia dizer {meant}"),
            What::OtherName => f.write_str("o nome na folha não é o do aluno"),
            What::Displaced(code, by) => write!(f, "{code} está {} mm fora do lugar", mm(by)),
            What::Stray(x, y) => write!(f, "há tinta onde não devia, a {} × {} mm", mm(x), mm(y)),
            What::Covers(x, y) => write!(f, "um texto cobre o que a leitura precisa ver, a {} × {} mm", mm(x), mm(y)),
            What::Ground(why) => write!(f, "o leiaute {why}"),
            What::File(damage) => write!(f, "o arquivo pronto está errado: {damage}"),
            What::Reader(issue) => write!(f, "a leitura da página pronta falha: {issue}"),
            What::Count(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.whose)?;
        if let Some((pdf, page)) = &self.at {
            write!(f, ", {pdf}, página {page}")?;
        }
        write!(f, ": {}", self.what)
    }
}
