//! `/api` against its own description: requests that are made of it, right ones and wrong ones, and answers that have to be in it.

use std::fmt::Write;

use itodenwa_server::Config;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::support::{Client, TestServer, http};

const SECRET: &str = "a secret of operators";
/// Requests for each operation.
const REQUESTS: usize = 60;
const METHODS: [&str; 6] = ["GET", "PUT", "DELETE", "POST", "PATCH", "OPTIONS"];

/// What follows a `#/…` in the document, or the thing itself.
fn resolved<'a>(document: &'a Value, thing: &'a Value) -> &'a Value {
    match thing["$ref"].as_str() {
        Some(place) => document.pointer(place.trim_start_matches('#')).expect(place),
        None => thing,
    }
}

struct Requests {
    runner: TestRunner,
}

impl Requests {
    fn any<T>(&mut self, strategy: &impl Strategy<Value = T>) -> T {
        strategy.new_tree(&mut self.runner).unwrap().current()
    }

    /// A value for a parameter, as it stands in an address, and whether it is one that the schema allows.
    fn value(&mut self, schema: &Value) -> (String, bool) {
        let is_right = self.any(&proptest::bool::weighted(0.6));
        if schema["type"] == "integer" {
            let (from, to) = (schema["minimum"].as_i64().unwrap(), schema["maximum"].as_i64().unwrap());
            return if is_right {
                (self.any(&(from..=to)).to_string(), true)
            } else {
                let wrong = prop_oneof![Just((from - 1).to_string()), Just((to + 1).to_string()), "[a-z.-]{0,3}"];
                (self.any(&wrong), false)
            };
        }
        let pattern = schema["pattern"].as_str().unwrap().trim_matches(['^', '$']).to_owned();
        if is_right {
            return (self.any(&string_regex(&pattern).unwrap()), true);
        }
        // Bytes that no pattern of the document has, or more of those that it has than it allows.
        let wrong = prop_oneof![
            proptest::collection::vec(any::<u8>(), 1..8).prop_map(|bytes| [&bytes[..], b"!"].concat()),
            Just(b"..".to_vec()),
            Just(vec![0]),
            string_regex(&pattern).unwrap().prop_map(|text| text.repeat(65).into_bytes()),
        ];
        let mut encoded = String::new();
        for byte in self.any(&wrong) {
            write!(encoded, "%{byte:02x}").unwrap();
        }
        (encoded, false)
    }
}

/// Asks, and gives status and body.
async fn ask(server: &TestServer, method: &str, path: &str, secret: &str) -> (u16, Value) {
    let head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
    let answer = http(server.address, &format!("{head}authorization: Bearer {secret}\r\n\r\n")).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(head.contains("cache-control: no-store"), "{method} {path}: {answer}");
    assert_eq!(status == 204, body.is_empty(), "{method} {path}: {answer}");
    (status, if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect(body) })
}

/// The answer has all that the document says, and nothing that it does not name.
fn fits(document: &Value, schema: &Value, value: &Value) -> bool {
    let schema = resolved(document, schema);
    match schema["type"].as_str() {
        Some("object") => {
            let Some(object) = value.as_object() else { return false };
            let required = schema["required"].as_array().unwrap();
            required.iter().all(|key| object.contains_key(key.as_str().unwrap()))
                && object.iter().all(|(key, value)| fits(document, &schema["properties"][key], value))
        }
        Some("array") => {
            value.as_array().is_some_and(|all| all.iter().all(|one| fits(document, &schema["items"], one)))
        }
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64(),
        Some("boolean") => value.is_boolean(),
        _ => false,
    }
}

#[tokio::test]
async fn whatever_is_asked_the_answer_is_one_that_the_description_has() {
    let server = TestServer::configured(Config { api_secret: SECRET.parse().ok(), ..Config::default() }).await;
    let (mut client, _) = Client::in_room(&server, "r").await;
    let (_, document) = ask(&server, "GET", "/api/openapi.json", SECRET).await;
    let mut requests = Requests { runner: TestRunner::deterministic() };
    let mut met = std::collections::BTreeSet::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        for method in METHODS {
            let operation = &item[method.to_lowercase()];
            for _ in 0..REQUESTS {
                let (mut path, mut query, mut is_right) = (template.clone(), Vec::new(), true);
                let all = [&item["parameters"], &operation["parameters"]];
                for parameter in all.into_iter().filter_map(Value::as_array).flatten() {
                    let parameter = resolved(&document, parameter);
                    let name = parameter["name"].as_str().unwrap();
                    if parameter["in"] == "query" && requests.any(&proptest::bool::ANY) {
                        continue;
                    }
                    let (value, fits) = requests.value(resolved(&document, &parameter["schema"]));
                    is_right &= fits;
                    match parameter["in"].as_str() {
                        Some("query") => query.push(format!("{name}={value}")),
                        _ => path = path.replace(&format!("{{{name}}}"), &value),
                    }
                }
                if !query.is_empty() {
                    write!(path, "?{}", query.join("&")).unwrap();
                }
                let (status, body) = ask(&server, method, &path, SECRET).await;
                met.insert(status);
                if operation.is_null() {
                    assert!(status == 405 && body["error"].is_string(), "{method} {path}: {status} {body}");
                    continue;
                }
                let response = &operation["responses"][status.to_string()];
                assert!(!response.is_null(), "{method} {path}: {status} is not described");
                assert_eq!(status == 400, !is_right, "{method} {path}: {status} {body}");
                if !body.is_null() {
                    let schema = &resolved(&document, response)["content"]["application/json"]["schema"];
                    assert!(fits(&document, schema, &body), "{method} {path}: {body}");
                }
                let (status, body) = ask(&server, method, &path, "another secret of somebody").await;
                assert!(status == 401 && body["error"].is_string(), "{method} {path}: {status} {body}");
            }
        }
    }
    assert_eq!(met.into_iter().collect::<Vec<_>>(), [200, 400, 404, 405], "each kind was met");
    client.received_nothing().await;
}
