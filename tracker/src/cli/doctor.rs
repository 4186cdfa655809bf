//! `tracker doctor`: looks at what a node needs, and says in sentences what is wrong and what to do.

use std::{io::Write, path::Path, time::Duration};

use anyhow::bail;

use super::setup::{self, Setup};
use crate::{
    config::Common,
    index::{self, Index, IndexSettings},
    storage::{
        Store,
        about::{self, About},
        change_log::{self, Horizon},
        files::SharedHome,
    },
    telemetry,
};

/// A writer older than this holds up what the change log may be sure of.
const OLD_WRITER: Duration = Duration::from_mins(1);
/// Less free space than this is a worry, bytes.
const SPACE_LOW: u64 = 1024 * 1024 * 1024;
/// Less free space than this ends badly soon, bytes.
const SPACE_OUT: u64 = 100 * 1024 * 1024;

/// How good or bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grade {
    Good,
    Warning,
    Bad,
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    grade: Grade,
    sentence: String,
}

/// Looks at everything. An error if something is bad.
pub(super) async fn run(settings: Common) -> anyhow::Result<()> {
    let Setup { paths, store } = setup::prepare(&settings).await?;
    let mut findings = database(&store).await;
    findings.push(space("local home", &paths.local));
    findings.push(space("shared home", &paths.shared));
    findings.push(shared_home(&paths.shared).await);
    findings.push(index(&paths.index(), &store).await);
    store.close().await;
    let mut out = std::io::stdout();
    for Finding { grade, sentence } in &findings {
        let mark = match grade {
            Grade::Good => "good   ",
            Grade::Warning => "warning",
            Grade::Bad => "BAD    ",
        };
        writeln!(out, "{mark}  {sentence}")?;
    }
    let bad = findings.iter().filter(|finding| finding.grade == Grade::Bad).count();
    if bad > 0 {
        bail!("{bad} of {} checks are bad", findings.len());
    }
    Ok(())
}

async fn database(store: &Store) -> Vec<Finding> {
    let mut conn = match store.read().await {
        Ok(conn) => conn,
        Err(error) => return vec![bad(format!("The database can't be used: {error}."))],
    };
    let mut findings = vec![match about::about(&mut conn).await {
        Ok(about) => of_database(&about),
        Err(error) => bad(format!("The database does not say what it is: {error}.")),
    }];
    match change_log::horizon(&mut conn).await {
        Ok(horizon) => findings.push(of_horizon(&horizon)),
        Err(error) => findings.push(warning(format!("Running writers can't be seen: {error}."))),
    }
    findings
}

fn of_database(about: &About) -> Finding {
    match about.schema {
        Some(schema) => good(format!("The database answers: {}, schema {schema}.", about.server)),
        None => warning(format!(
            "The database answers ({}), but has no tables yet; the first start or `tracker migrate` makes them.",
            about.server
        )),
    }
}

fn of_horizon(horizon: &Horizon) -> Finding {
    let holder = horizon.holder.as_deref().unwrap_or("an unknown session");
    match horizon.age {
        Some(age) if age >= OLD_WRITER => warning(format!(
            "A transaction has been open for {} seconds: {holder}. Until it ends, restarted nodes replay more than they \
             need to and old rows of the change log stay. End it if it was forgotten.",
            age.as_secs()
        )),
        _ => good("No old transaction holds back the change log.".to_owned()),
    }
}

fn space(name: &str, dir: &Path) -> Finding {
    match rustix::fs::statvfs(dir) {
        Ok(stat) => of_space(name, dir, stat.f_bavail.saturating_mul(stat.f_frsize)),
        Err(error) => bad(format!("The {name} {} can't be looked at: {error}.", dir.display())),
    }
}

fn of_space(name: &str, dir: &Path, free: u64) -> Finding {
    let sentence = format!("The {name} {} has {} MiB free.", dir.display(), free / (1024 * 1024));
    match free {
        ..SPACE_OUT => bad(sentence),
        SPACE_OUT..SPACE_LOW => warning(sentence),
        SPACE_LOW.. => good(sentence),
    }
}

async fn shared_home(dir: &Path) -> Finding {
    let opened = match SharedHome::open(dir).await {
        // Sweeping writes a file: it shows that files can be written.
        Ok(home) => home.sweep().await.map(drop),
        Err(error) => Err(error),
    };
    match opened {
        Ok(()) => good(format!("The shared home {} can be written.", dir.display())),
        Err(error) => bad(format!("The shared home {} can't be written: {error}.", dir.display())),
    }
}

async fn index(dir: &Path, store: &Store) -> Finding {
    if !dir.exists() {
        return good(format!("There is no index in {} yet; the next start makes it.", dir.display()));
    }
    let settings = IndexSettings::new(dir.to_owned());
    match Index::open(settings, store.clone(), &mut telemetry::registry()).await {
        Ok(_) => good(format!("The index in {} is not in use: the node is stopped.", dir.display())),
        Err(index::Error::Locked(_)) => {
            good(format!("The index in {} is in use: the node runs.", dir.display()))
        }
        Err(error) => bad(format!("The index in {} can't be opened: {error}.", dir.display())),
    }
}

fn good(sentence: String) -> Finding {
    Finding { grade: Grade::Good, sentence }
}

fn warning(sentence: String) -> Finding {
    Finding { grade: Grade::Warning, sentence }
}

fn bad(sentence: String) -> Finding {
    Finding { grade: Grade::Bad, sentence }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Duration};

    use super::{Grade, SPACE_LOW, SPACE_OUT, of_horizon, of_space};
    use crate::storage::change_log::Horizon;

    #[test]
    fn little_space_is_a_worry_and_less_is_bad() {
        let grade = |free| of_space("local home", Path::new("/x"), free).grade;
        assert_eq!(grade(SPACE_LOW), Grade::Good);
        assert_eq!(grade(SPACE_LOW - 1), Grade::Warning);
        assert_eq!(grade(SPACE_OUT), Grade::Warning);
        assert_eq!(grade(SPACE_OUT - 1), Grade::Bad);
    }

    #[test]
    fn a_forgotten_transaction_is_named() {
        let old = Horizon { age: Some(Duration::from_mins(10)), holder: Some("session 7".to_owned()) };
        let finding = of_horizon(&old);
        assert_eq!(finding.grade, Grade::Warning);
        assert!(finding.sentence.contains("600 seconds: session 7"), "{}", finding.sentence);
        let young = Horizon { age: Some(Duration::from_secs(1)), holder: None };
        assert_eq!(of_horizon(&young).grade, Grade::Good);
        assert_eq!(of_horizon(&Horizon::default()).grade, Grade::Good);
    }
}
