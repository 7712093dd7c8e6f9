//! The order of a Brazilian register: by name, whatever its accents and case.

use super::StudentFacts;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Sorts by name. Namesakes stand by enrollment, and else as they stood.
pub fn by_name(students: &mut [StudentFacts]) {
    students.sort_by_cached_key(|s| (key(s.name), s.enrollment));
}

/// What a name is compared by: letters without accents and in lower case, words apart by one space. `D'Ávila` is `davila`,
/// and `Souza-Lima` stands among the Souza Lima. A shorter word comes first: Ana Silva before Anabela.
pub fn key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for c in name.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            '\'' | '’' | '‘' | '`' | '´' => {}
            _ if c.is_alphanumeric() => key.push(c),
            _ if key.is_empty() || key.ends_with(' ') => {}
            _ => key.push(' '),
        }
    }
    key.truncate(key.trim_end().len());
    key
}

/// The letter that a name stands under.
pub fn initial(name: &str) -> char {
    let first = key(name).chars().next().filter(|c| c.is_alphabetic());
    first.and_then(|c| c.to_uppercase().next()).unwrap_or('#')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted<'a>(names: &[&'a str]) -> Vec<&'a str> {
        let mut students: Vec<_> = names.iter().map(|name| StudentFacts { name, ..Default::default() }).collect();
        by_name(&mut students);
        students.iter().map(|s| s.name).collect()
    }

    #[test]
    fn names_stand_as_in_a_register() {
        let register = [
            "Ana Silva",
            "Anabela Costa",
            "Ângela d’Ávila",
            "ANGELA DE SOUZA",
            "Ângela de Souza-Lima",
            "Cauã",
            "Caue",
            "Çeliha",
            "Érica",
            "joão",
            "Ñusta",
            "Zoë",
        ];
        let mut shuffled = register;
        shuffled.reverse();
        shuffled.swap(2, 7);
        assert_eq!(sorted(&shuffled), register);
        assert_eq!(register.map(initial), ['A', 'A', 'A', 'A', 'A', 'C', 'C', 'C', 'E', 'J', 'N', 'Z']);
        assert_eq!(initial("3º B"), '#');
    }

    #[test]
    fn namesakes_stand_by_enrollment() {
        let student = |name, enrollment| StudentFacts { name, enrollment, ..Default::default() };
        let mut students = [student("José Lima", "20"), student("Jose lima", "10")];
        by_name(&mut students);
        assert_eq!(students.map(|s| s.enrollment), ["10", "20"]);
    }

    proptest! {
        #[test]
        fn accents_and_case_do_not_matter(name in "[A-Za-z]{1,8}( [a-z]{2}){0,2} [A-Z][a-z]{1,8}", place in 0..8_usize) {
            let mut accented: String = name.to_uppercase();
            accented.insert(place.min(name.len() - 1) + 1, '\u{301}');
            prop_assert_eq!(key(&accented), key(&name));
            prop_assert_eq!(key(&key(&name)), key(&name));
        }
    }
}
