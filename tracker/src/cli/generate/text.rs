//! Made-up text. As in real text, few words come often and many come rarely: the word of rank r about as often as 1/r. So searches for
//! common and for rare words both find what they would find in a real tracker.

use rand::{RngExt, rngs::StdRng};

/// Words that hold sentences together, the most frequent first.
const SMALL: &str = "the to a of and in is when it not for on with that this be as from are by an after if but was should can or at we \
    has no only before then while into all same still which does one there also again because without";
const NOUNS: &str = "user page error server request issue field query index value list file project button time test node session \
    search date message version filter result token table cache link label log comment response email timeout name dialog column \
    cluster database attachment export import permission group menu key upload panel report header row board account connection thread \
    lock queue snapshot backup schema migration worker event form icon template layout batch stream proxy cookie certificate memory disk \
    leader replica lease trigger webhook plugin avatar widget tooltip scroll chart sprint backlog epic workflow status";
const VERBS: &str = "fails shows returns opens loads updates adds removes changes saves creates ignores throws hangs breaks sends \
    expires closes renders selects sorts resets copies moves blocks retries restores reloads duplicates loses overwrites crashes";
const ADJECTIVES: &str = "wrong new empty old missing slow long invalid large second first last broken open unknown stale default \
    required active duplicate hidden custom internal german partial nested concurrent unexpected optional expired random";
const LABELS: &str = "backend frontend regression usability performance security flaky docs customer quick-win api ui mobile search \
    import export accessibility i18n tech-debt blocked needs-info infrastructure release-notes cleanup monitoring database cluster \
    permissions notifications editor login upgrade memory startup logging testing design legal beta support";

/// Writes text by seed.
pub(super) struct Writer {
    words: Vec<String>,
    /// Running totals of the words' weights.
    totals: Vec<f64>,
    nouns: Vec<&'static str>,
    verbs: Vec<&'static str>,
    adjectives: Vec<&'static str>,
    labels: Vec<&'static str>,
}

impl Writer {
    pub(super) fn new() -> Self {
        let split = |list: &'static str| list.split_whitespace().collect::<Vec<_>>();
        let (nouns, verbs, adjectives) = (split(NOUNS), split(VERBS), split(ADJECTIVES));
        let mut words: Vec<String> = split(SMALL).into_iter().map(str::to_owned).collect();
        // The kinds take turns, so that each has frequent and rare words.
        for rank in 0..nouns.len() {
            let kinds = [nouns.get(rank), verbs.get(rank), adjectives.get(rank)];
            words.extend(kinds.into_iter().flatten().map(|word| (*word).to_owned()));
        }
        // The long tail: names as they stand in code.
        for step in 1..nouns.len() {
            let tail = (0..nouns.len())
                .map(|at| format!("{}{}", nouns[at], capital(nouns[(at + step) % nouns.len()])));
            words.extend(tail);
        }
        let mut total = 0.0;
        let weigh = |rank: usize| {
            total += 1.0 / (rank as f64 + 2.7).powf(1.2);
            total
        };
        let totals = (0..words.len()).map(weigh).collect();
        Self { words, totals, nouns, verbs, adjectives, labels: split(LABELS) }
    }

    /// One line.
    pub(super) fn summary(&self, random: &mut StdRng) -> String {
        let (noun, other) = (frequent(&self.nouns, random), frequent(&self.nouns, random));
        let (verb, adjective) = (frequent(&self.verbs, random), frequent(&self.adjectives, random));
        match random.random_range(0..6) {
            0 => format!("{} {verb} {adjective} {other}", capital(noun)),
            1 => format!("{} {noun} {verb} when the {other} is {adjective}", capital(adjective)),
            2 => format!("Add {adjective} {noun} to the {other} {}", self.word(random)),
            3 => format!("{} of {noun} {verb} after {} {other}", capital(other), self.word(random)),
            4 => format!("Improve {noun} {} for {adjective} {other}", self.word(random)),
            _ => format!("{} {}: {noun} {verb}", capital(other), self.word(random)),
        }
    }

    /// Some paragraphs.
    pub(super) fn description(&self, random: &mut StdRng) -> String {
        let paragraphs = random.random_range(1..=3);
        let mut text: Vec<String> = (0..paragraphs).map(|_| self.paragraph(random, 5)).collect();
        if random.random_bool(0.1) {
            let (noun, other) = (frequent(&self.nouns, random), frequent(&self.nouns, random));
            let line = random.random_range(1..900);
            text.push(format!(
                "{{noformat}}\nerror: {} {noun}\n    at {noun}/{other}.rs:{line}\n{{noformat}}",
                self.word(random)
            ));
        }
        text.join("\n\n")
    }

    /// A few sentences.
    pub(super) fn comment(&self, random: &mut StdRng) -> String {
        self.paragraph(random, 3)
    }

    /// None to three labels.
    pub(super) fn labels(&self, random: &mut StdRng) -> Vec<String> {
        let count = [0, 0, 1, 1, 2, 3][random.random_range(0..6)];
        let mut labels: Vec<String> = (0..count).map(|_| frequent(&self.labels, random).to_owned()).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    fn paragraph(&self, random: &mut StdRng, most_sentences: usize) -> String {
        let sentences = random.random_range(1..=most_sentences);
        let sentences: Vec<String> = (0..sentences).map(|_| self.sentence(random)).collect();
        sentences.join(" ")
    }

    fn sentence(&self, random: &mut StdRng) -> String {
        let length = random.random_range(5..=18);
        let words: Vec<&str> = (0..length).map(|_| self.word(random)).collect();
        let mut sentence = capital(&words.join(" "));
        sentence.push('.');
        sentence
    }

    fn word(&self, random: &mut StdRng) -> &str {
        let most = self.totals.last().copied().unwrap_or_default();
        let drawn = random.random_range(0.0..most);
        &self.words[self.totals.partition_point(|total| *total <= drawn)]
    }
}

/// An entry of a list whose first entries are the frequent ones.
pub(super) fn frequent<'list, T: ?Sized>(list: &[&'list T], random: &mut StdRng) -> &'list T {
    list[skewed(list.len(), random)]
}

/// A number below `count`, the small ones more often.
pub(super) fn skewed(count: usize, random: &mut StdRng) -> usize {
    let drawn: f64 = random.random_range(0.0..1.0);
    ((drawn * drawn * count as f64) as usize).min(count.saturating_sub(1))
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use rand::SeedableRng;

    use super::{StdRng, Writer};

    #[test]
    fn few_words_come_often_and_many_come_rarely() {
        let (writer, mut random) = (Writer::new(), StdRng::seed_from_u64(1));
        let mut counts: HashMap<String, u32> = HashMap::new();
        for _ in 0..50_000 {
            *counts.entry(writer.word(&mut random).to_owned()).or_default() += 1;
        }
        let mut by_count: Vec<u32> = counts.values().copied().collect();
        by_count.sort_unstable_by(|a, b| b.cmp(a));
        assert!(by_count[0] > 1_500 && by_count[0] < 6_000, "{}", by_count[0]);
        assert!(by_count.len() > 2_000, "{} different words", by_count.len());
        assert!(by_count.iter().filter(|count| **count <= 2).count() > 500);
    }

    #[test]
    fn texts_fit_their_fields() {
        let (writer, mut random) = (Writer::new(), StdRng::seed_from_u64(2));
        for _ in 0..2_000 {
            assert!((10..=255).contains(&writer.summary(&mut random).chars().count()));
            assert!(writer.description(&mut random).len() < 8_000);
            assert!(writer.labels(&mut random).iter().all(|label| !label.contains(' ')));
        }
    }
}
