//! Whether the API server already has what we want: all we say holds there, whatever else it added.
//!
//! The server fills in defaults, drops empty values and writes quantities its own way, so equality
//! would never hold; and patching without need would make a settled cluster write for ever.

use serde::Serialize;
use serde_json::Value;

use super::quantity;

/// Lists that others may add to: compared as a subsequence. All other lists are ours alone.
const SHARED_LISTS: [&str; 8] = [
    "containers",
    "env",
    "imagePullSecrets",
    "ownerReferences",
    "ports",
    "topologySpreadConstraints",
    "volumeMounts",
    "volumes",
];

/// Objects whose strings are quantities.
const QUANTITIES: [&str; 2] = ["limits", "requests"];

/// Whether everything that `desired` says holds in `live`.
pub fn holds<D: Serialize, L: Serialize>(desired: &D, live: &L) -> bool {
    // What can't be written as JSON can't be compared: apply it and let the server say so.
    let (Ok(desired), Ok(live)) = (serde_json::to_value(desired), serde_json::to_value(live)) else {
        return false;
    };
    contains("", &live, &desired)
}

fn contains(field: &str, live: &Value, desired: &Value) -> bool {
    match (desired, live) {
        (Value::Object(desired), Value::Object(live)) => desired.iter().all(|(key, wanted)| {
            let inner = if QUANTITIES.contains(&field) { "quantity" } else { key.as_str() };
            live.get(key).map_or_else(|| is_empty(wanted), |found| contains(inner, found, wanted))
        }),
        (Value::Array(desired), Value::Array(live)) if SHARED_LISTS.contains(&field) => {
            let mut rest = live.iter();
            desired.iter().all(|wanted| rest.any(|found| contains("", found, wanted)))
        }
        (Value::Array(desired), Value::Array(live)) => {
            desired.len() == live.len()
                && desired.iter().zip(live).all(|(wanted, found)| contains("", found, wanted))
        }
        (Value::String(wanted), Value::String(found)) if field == "quantity" || field == "sizeLimit" => {
            wanted == found || quantity::same(wanted, found)
        }
        _ => desired == live,
    }
}

/// What the server leaves out when it writes an object.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests;
