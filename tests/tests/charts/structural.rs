//! Checks a value against a CustomResourceDefinition's schema, more strictly than an API server: a field that it would
//! drop is an error here.

use regex::Regex;
use serde_json::{Value, json};

/// What is wrong with `resource` under the version of the definition that it names; one line for each fault.
pub fn faults(definition: &Value, resource: &Value) -> Vec<String> {
    let version = resource["apiVersion"].as_str().and_then(|text| text.split('/').nth(1)).unwrap_or_default();
    let versions = definition["spec"]["versions"].as_array().expect("a definition has versions");
    let Some(found) = versions.iter().find(|candidate| candidate["name"] == version) else {
        return vec![format!("the definition has no version {version:?}")];
    };
    let mut faults = Vec::new();
    if resource["kind"] != definition["spec"]["names"]["kind"] {
        faults.push(format!("kind {} isn't {}", resource["kind"], definition["spec"]["names"]["kind"]));
    }
    let mut schema = found["schema"]["openAPIV3Schema"].clone();
    // Every object has these, whether its definition says so or not.
    schema["properties"]["apiVersion"] = json!({"type": "string"});
    schema["properties"]["kind"] = json!({"type": "string"});
    schema["properties"]["metadata"] =
        json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    check(&schema, resource, "", &mut faults);
    faults
}

fn check(schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    let mut fault = |text: String| faults.push(format!("{path}: {text}"));
    if schema["x-kubernetes-int-or-string"] == true {
        if !value.is_string() && !value.is_i64() {
            fault(format!("{value} is no number and no string"));
        }
        return;
    }
    if let Some(kind) = schema["type"].as_str()
        && !is(value, kind)
    {
        fault(format!("{value} is no {kind}"));
        return;
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        fault(format!("{value} isn't one of {}", schema["enum"]));
    }
    bounds(schema, value, &mut fault);
    match value {
        Value::Object(fields) => {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !fields.contains_key(name) {
                    faults.push(format!("{path}: {name} is missing"));
                }
            }
            for (name, field) in fields {
                let inner = format!("{path}.{name}");
                match (schema["properties"].get(name), &schema["additionalProperties"]) {
                    (Some(known), _) => check(known, field, &inner, faults),
                    (None, free @ Value::Object(_)) => check(free, field, &inner, faults),
                    _ if schema["x-kubernetes-preserve-unknown-fields"] == true => {}
                    _ => faults.push(format!("{inner}: unknown field")),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check(&schema["items"], item, &format!("{path}[{index}]"), faults);
            }
        }
        _ => {}
    }
}

fn bounds(schema: &Value, value: &Value, fault: &mut impl FnMut(String)) {
    let size = match value {
        Value::String(text) => ("Length", text.chars().count() as u64),
        Value::Array(items) => ("Items", items.len() as u64),
        Value::Object(fields) => ("Properties", fields.len() as u64),
        _ => ("", 0),
    };
    if schema[format!("min{}", size.0)].as_u64().is_some_and(|least| size.1 < least) {
        fault(format!("{value} is too short"));
    }
    if schema[format!("max{}", size.0)].as_u64().is_some_and(|most| size.1 > most) {
        fault(format!("{value} is too long"));
    }
    if let Some(number) = value.as_f64() {
        if schema["minimum"].as_f64().is_some_and(|least| number < least) {
            fault(format!("{value} is too small"));
        }
        if schema["maximum"].as_f64().is_some_and(|most| number > most) {
            fault(format!("{value} is too large"));
        }
    }
    if let (Some(text), Some(pattern)) = (value.as_str(), schema["pattern"].as_str()) {
        let pattern = Regex::new(pattern).unwrap_or_else(|error| panic!("pattern {pattern}: {error}"));
        if !pattern.is_match(text) {
            fault(format!("{value} doesn't match {pattern}"));
        }
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        other => panic!("a schema has no type {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> Value {
        json!({"spec": {"names": {"kind": "Cat"}, "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {
            "type": "object",
            "required": ["spec"],
            "properties": {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": {"type": "object"},
                "spec": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
                        "lives": {"type": "integer", "minimum": 1, "maximum": 9},
                        "mood": {"type": "string", "enum": ["calm", "cross"]},
                        "port": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
                        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                        "toys": {"type": "array", "maxItems": 2, "items": {"type": "object", "properties": {}}},
                    }
                }
            }
        }}}]}})
    }

    fn with(spec: &Value) -> Vec<String> {
        faults(
            &definition(),
            &json!({"apiVersion": "a.b/v1", "kind": "Cat", "metadata": {"name": "x"}, "spec": spec}),
        )
    }

    #[test]
    fn a_value_that_fits_has_no_faults() {
        let spec = json!({"name": "tom", "lives": 9, "mood": "calm", "port": "http", "labels": {"a": "b"}, "toys": [{}]});
        assert_eq!(with(&spec), Vec::<String>::new());
        assert_eq!(with(&json!({"name": "tom", "port": 80})), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_named_with_its_place() {
        for (spec, expected) in [
            (json!({}), ".spec: name is missing"),
            (json!({"name": "tom", "live": 9}), ".spec.live: unknown field"),
            (json!({"name": 7}), ".spec.name: 7 is no string"),
            (json!({"name": "Tom"}), ".spec.name: \"Tom\" doesn't match ^[a-z]+$"),
            (json!({"name": "tommyy"}), ".spec.name: \"tommyy\" is too long"),
            (json!({"name": "tom", "lives": 0}), ".spec.lives: 0 is too small"),
            (json!({"name": "tom", "lives": 10}), ".spec.lives: 10 is too large"),
            (json!({"name": "tom", "mood": "sad"}), ".spec.mood: \"sad\" isn't one of [\"calm\",\"cross\"]"),
            (json!({"name": "tom", "port": true}), ".spec.port: true is no number and no string"),
            (json!({"name": "tom", "labels": {"a": 1}}), ".spec.labels.a: 1 is no string"),
            (json!({"name": "tom", "toys": [{"ball": 1}]}), ".spec.toys[0].ball: unknown field"),
            (json!({"name": "tom", "toys": [{}, {}, {}]}), ".spec.toys: [{},{},{}] is too long"),
        ] {
            assert_eq!(with(&spec), [expected], "{spec}");
        }
    }

    #[test]
    fn a_stranger_is_refused() {
        let resource = json!({"apiVersion": "a.b/v2", "kind": "Cat", "spec": {"name": "tom"}});
        assert_eq!(faults(&definition(), &resource), ["the definition has no version \"v2\""]);
        let resource = json!({"apiVersion": "a.b/v1", "kind": "Dog", "spec": {"name": "tom"}});
        assert_eq!(faults(&definition(), &resource), ["kind \"Dog\" isn't \"Cat\""]);
    }
}
