//! Titles and descriptions for issues: real ones where a folder of CSV files is given, else made from a seed.

use std::path::Path;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

/// One issue's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub title: String,
    /// A few sentences, perhaps none.
    pub description: String,
}

/// So many texts: from the CSV files (columns `title` and `description`) in the folder that `TRACKER_DEMO_ISSUES` names,
/// and as many generated ones as are missing.
pub fn texts(count: usize, seed: u64) -> Vec<Text> {
    let mut found = std::env::var_os("TRACKER_DEMO_ISSUES")
        .map(|folder| read(Path::new(&folder), count))
        .unwrap_or_default();
    let mut random = StdRng::seed_from_u64(seed);
    while found.len() < count {
        found.push(generated(&mut random));
    }
    found
}

/// The first texts of each CSV file in turn, so that all files are represented.
fn read(folder: &Path, count: usize) -> Vec<Text> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "csv"))
        .collect();
    files.sort();
    let mut readers: Vec<_> = files
        .iter()
        .filter_map(|file| csv::ReaderBuilder::new().flexible(true).from_path(file).ok())
        .filter_map(|mut reader| {
            let headers = reader.headers().ok()?.clone();
            let column = |name: &str| headers.iter().position(|header| header == name);
            Some((column("title")?, column("description")?, reader.into_records()))
        })
        .collect();
    let mut texts = Vec::new();
    while texts.len() < count && !readers.is_empty() {
        readers.retain_mut(|(title, description, records)| {
            let Some(record) = records.next() else { return false };
            let Ok(record) = record else { return true };
            let field =
                |column: usize| record.get(column).unwrap_or_default().replace('\0', "").trim().to_owned();
            let text =
                Text { title: field(*title).chars().take(200).collect(), description: field(*description) };
            if !text.title.is_empty() && texts.len() < count {
                texts.push(text);
            }
            true
        });
    }
    texts
}

const THINGS: &[&str] = &[
    "login page",
    "search box",
    "export",
    "mail queue",
    "backup job",
    "report",
    "printer",
    "calendar",
    "import",
    "avatar",
    "password reset",
    "attachment preview",
    "session cookie",
    "audit log",
    "mobile menu",
    "time zone",
    "spell checker",
];
const TROUBLES: &[&str] = &[
    "is slow",
    "shows the wrong date",
    "loses the last line",
    "fails without a message",
    "needs a second click",
    "is cut off on small screens",
    "forgets its settings",
    "answers twice",
    "hangs after an hour",
    "can't be opened",
];
const CASES: &[&str] = &[
    "when two people save at once",
    "after the upgrade",
    "for users with umlauts in their name",
    "with more than 1,000 rows",
    "behind a proxy",
    "on the first of the month",
    "when the disk is nearly full",
    "in the dark theme",
    "over a slow line",
];
const SENTENCES: &[&str] = &[
    "Seen by three people since Monday.",
    "The log has nothing about it.",
    "A restart helps for a while.",
    "It worked in the last version.",
    "A colleague can repeat it at will.",
    "There is a workaround, but nobody likes it.",
    "The customer asks every day.",
    "Perhaps the cache is to blame.",
    "See the picture for what should be there instead.",
];

fn generated(random: &mut StdRng) -> Text {
    let mut pick = |from: &[&'static str]| *from.choose(random).expect("never empty");
    let title = format!("The {} {} {}", pick(THINGS), pick(TROUBLES), pick(CASES));
    let count = random.random_range(1..5);
    let sentences: Vec<_> = (0..count).map(|_| *SENTENCES.choose(random).expect("never empty")).collect();
    Text { title, description: sentences.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_texts_again() {
        let made = |seed| (0..20).map(|_| generated(&mut StdRng::seed_from_u64(seed))).collect::<Vec<_>>();
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
    }

    #[test]
    fn files_are_read_in_turn_and_broken_rows_are_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
        write(
            "a.csv",
            "issuekey,title,description\nA-1,first of a,\"with, comma\"\nA-2,,no title\nA-3,second of a,\n",
        );
        write("b.csv", "title,description\nfirst of b,x\n");
        write("c.csv", "nothing,of,use\n1,2,3\n");
        let titles: Vec<_> = read(folder.path(), 10).into_iter().map(|text| text.title).collect();
        assert_eq!(titles, ["first of a", "first of b", "second of a"]);
        assert_eq!(read(folder.path(), 2).len(), 2);
    }
}
