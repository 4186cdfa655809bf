//! Made-up people.

/// Someone who writes issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// Login name: ASCII, unique.
    pub(super) name: String,
    /// Name that people see.
    pub(super) display_name: String,
    /// IANA time zone.
    pub(super) time_zone: &'static str,
}

const FIRST: &str = "Ada Amir Anna Aylin Ben Bianca Björn Carla Chen Chloé Dana David Elena Emil Esra Fatima Felix Finn Grace Hana \
    Hugo Ida Ines Ivan Jana Jonas José Julia Kai Karim Kenji Klara Lars Lea Leo Lina Luca Maja Marek Maria Mei Mia Milan Mina Nadia Nils \
    Noah Nora Olga Omar Oskar Paula Priya Quinn Rafael Rosa Sam Sara Sofia Tariq Tim Uma Vera Wei Yara Yusuf Zoë";
const LAST: &str = "Abel Adler Ahmed Almeida Arslan Bauer Becker Berg Blanc Braun Castro Chang Costa Dahl Demir Diaz Dubois Eder \
    Engel Evans Farkas Fischer Fuchs García Gupta Haas Hansen Horvat Huber Ito Ivanov Jensen Kaya Keller Khan Kim Klein Koch Kowalski \
    Kumar Lang Larsen Lehmann Lindqvist Lopez Meyer Moreau Müller Nagy Nguyen Novak Okafor Olsen Park Patel Peeters Popov Rossi Sato \
    Schmidt Silva Singh Svensson Tanaka Torres Vogel Wagner Wang Weber Wolf Yilmaz Zimmer";
const ZONES: [&str; 6] =
    ["Europe/Berlin", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Tokyo", "UTC"];

/// `count` people; the first ones are the same for every count.
pub(super) fn people(count: usize) -> Vec<Person> {
    let (first, last): (Vec<&str>, Vec<&str>) =
        (FIRST.split_whitespace().collect(), LAST.split_whitespace().collect());
    (0..count)
        .map(|nth| {
            // Each round through the first names begins one last name later: every pair comes once, and neighbours differ in both.
            let (place, again) = (nth % (first.len() * last.len()), nth / (first.len() * last.len()));
            let (given, round) = (place % first.len(), place / first.len());
            let (given, family) = (first[given], last[(round + given * 5) % last.len()]);
            let number = if again == 0 { String::new() } else { (again + 1).to_string() };
            Person {
                name: format!("{}.{}{number}", ascii(given), ascii(family)),
                display_name: format!("{given} {family}"),
                time_zone: ZONES[nth % ZONES.len()],
            }
        })
        .collect()
}

fn ascii(name: &str) -> String {
    let plain = |c: char| match c {
        'ö' => "oe".to_owned(),
        'ü' => "ue".to_owned(),
        'é' | 'ë' => "e".to_owned(),
        'í' => "i".to_owned(),
        other => other.to_lowercase().collect(),
    };
    name.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::people;

    #[test]
    fn login_names_are_unique_and_plain() {
        let people = people(20_000);
        let names: BTreeSet<_> = people.iter().map(|person| person.name.as_str()).collect();
        assert_eq!(names.len(), 20_000);
        let plain = |name: &&str| {
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.')
        };
        assert!(names.iter().all(plain));
    }
}
