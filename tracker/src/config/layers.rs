//! Puts the layers of settings on top of each other: flag over environment over file over default.
//!
//! Values from the environment and the file are handed to the same parser as flags, so that they have the same meaning
//! and the same checks; an error says where the value came from.

use std::{ffi::OsString, fmt, path::PathBuf};

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, parser::ValueSource};

/// Settings of which a higher layer's choice of one puts the other out of use.
const ALTERNATIVES: &[(&str, &str)] = &[("database", "database_file"), ("database_file", "database")];

/// Why the arguments were not understood.
#[derive(Debug)]
pub enum Error {
    /// The command line itself: wrong, or a call for help.
    Usage(clap::Error),
    /// A value of the environment or the file.
    Setting {
        /// Where it came from, e.g. `environment variable TRACKER_LISTEN`.
        origin: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(error) => error.fmt(f),
            Self::Setting { origin, problem } => writeln!(f, "error: {origin}: {problem}"),
        }
    }
}

impl std::error::Error for Error {}

/// Where values come from besides the command line.
pub struct Surroundings<'a> {
    /// Looks a variable up.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// Reads a file.
    pub read: &'a dyn Fn(&PathBuf) -> std::io::Result<String>,
}

/// A value that wasn't given as a flag.
struct Layered {
    id: String,
    origin: String,
    value: OsString,
}

/// Reads `arguments` (the program's name first) on top of the environment and the file.
pub fn parse<C: CommandFactory + FromArgMatches>(
    arguments: &[OsString],
    surroundings: &Surroundings<'_>,
) -> Result<C, Error> {
    let flags = C::command().try_get_matches_from(arguments).map_err(Error::Usage)?;
    let Some((name, flags)) = flags.subcommand() else {
        return C::from_arg_matches(&flags).map_err(Error::Usage);
    };
    let known = flag_ids(&C::command(), name);
    let given: Vec<&String> = known.iter().filter(|id| is_given(flags, id)).collect();
    let mut chosen: Vec<String> = given.into_iter().cloned().collect();

    let environment = from_environment(&known, surroundings);
    let file = from_file(&C::command(), &known, flags, &environment, surroundings)?;
    let mut all = arguments.to_vec();
    let mut matches = None;
    for layer in [environment, file] {
        let layer: Vec<Layered> = layer.into_iter().filter(|value| !is_decided(&value.id, &chosen)).collect();
        for value in layer {
            let mut argument = OsString::from(format!("--{}=", value.id.replace('_', "-")));
            argument.push(&value.value);
            all.push(argument);
            matches =
                Some(C::command().try_get_matches_from(&all).map_err(|error| Error::Setting {
                    origin: value.origin,
                    problem: first_sentence(&error),
                })?);
            chosen.push(value.id);
        }
    }
    let matches = match matches {
        Some(matches) => matches,
        None => C::command().try_get_matches_from(all).map_err(Error::Usage)?,
    };
    C::from_arg_matches(&matches).map_err(Error::Usage)
}

fn flag_ids(command: &Command, subcommand: &str) -> Vec<String> {
    command
        .find_subcommand(subcommand)
        .into_iter()
        .flat_map(Command::get_arguments)
        .filter(|argument| {
            argument.get_long().is_some() && !matches!(argument.get_id().as_str(), "help" | "version")
        })
        .map(|argument| argument.get_id().to_string())
        .collect()
}

fn is_given(flags: &ArgMatches, id: &str) -> bool {
    flags.value_source(id) == Some(ValueSource::CommandLine)
}

fn is_decided(id: &str, chosen: &[String]) -> bool {
    let decides = |other: &String| other == id || ALTERNATIVES.contains(&(other.as_str(), id));
    chosen.iter().any(decides)
}

fn from_environment(known: &[String], surroundings: &Surroundings<'_>) -> Vec<Layered> {
    let mut layer = Vec::new();
    for id in known {
        let variable = format!("TRACKER_{}", id.to_uppercase());
        // An empty variable counts as not set: templates often leave one behind.
        let Some(value) = (surroundings.variable)(&variable).filter(|value| !value.is_empty()) else {
            continue;
        };
        layer.push(Layered { id: id.clone(), origin: format!("environment variable {variable}"), value });
    }
    layer
}

fn from_file(
    command: &Command,
    known: &[String],
    flags: &ArgMatches,
    environment: &[Layered],
    surroundings: &Surroundings<'_>,
) -> Result<Vec<Layered>, Error> {
    let flag = flags.try_get_one::<PathBuf>("config").ok().flatten().cloned();
    let variable =
        || environment.iter().find(|value| value.id == "config").map(|value| PathBuf::from(&value.value));
    let Some(path) = flag.or_else(variable) else { return Ok(Vec::new()) };
    let in_file = |what: String| format!("{}: {what}", path.display());
    let wrong = |origin: String, problem: String| Error::Setting { origin, problem };

    let text = (surroundings.read)(&path)
        .map_err(|error| wrong(in_file("can't be read".to_owned()), error.to_string()))?;
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| wrong(path.display().to_string(), error.to_string()))?;
    // A file may serve all commands, so a name that another command knows is no mistake.
    let everywhere: Vec<String> =
        command.get_subcommands().flat_map(|sub| flag_ids(command, sub.get_name())).collect();
    let mut layer = Vec::new();
    for (key, value) in table {
        let origin = in_file(key.clone());
        let id = key.replace('-', "_");
        if key.contains('_') || id == "config" || !everywhere.contains(&id) {
            return Err(wrong(origin, "no such setting".to_owned()));
        }
        let value = as_text(&value).ok_or_else(|| {
            wrong(origin.clone(), "must be a text, a number, or a list of texts".to_owned())
        })?;
        if known.contains(&id) {
            layer.push(Layered { id, origin, value: value.into() });
        }
    }
    Ok(layer)
}

fn as_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Array(list) => {
            let texts: Option<Vec<&str>> = list.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    }
}

/// What clap says, without its "error:" and its hint about help.
fn first_sentence(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    first.trim_start_matches("error: ").trim().to_owned()
}

#[cfg(test)]
#[path = "layers_tests.rs"]
mod tests;
