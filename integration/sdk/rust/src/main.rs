//! Runs the numbered steps of docs/clients.md with the Rust SDK, everything but endpoint, region, keys and trust at its
//! default, and prints one JSON row per step.

mod control;
mod data;
mod lineage;
mod payload;
mod refusals;
mod reshard;

use std::collections::HashMap;
use std::env;
use std::error::Error;

use aws_sdk_kinesis::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_kinesis::types::{Record, Shard};
use aws_sdk_kinesis::Client;
use serde_json::json;

/// What a step answers: its count, or why it failed.
type Outcome = Result<usize, Box<dyn Error + Send + Sync>>;

/// One pass through the steps, with what later steps need from earlier ones.
struct Run {
    client: Client,
    stream: String,
    arn: String,
    sent: HashMap<u32, (String, String)>, // record number -> shard, sequence number
    home: String,                         // shard of record 0
    tail: Vec<Record>,
    open_shard: Option<Shard>,
    consumer: String,
}

const STEPS: [&str; 15] = [
    "1", "2", "3.1", "3.2", "3.3", "3.4", "3.5", "4", "5.1", "5.2", "6.1", "6.2", "6.3", "7", "8",
];

impl Run {
    async fn step(&mut self, step: &str) -> Outcome {
        match step {
            "1" => self.create().await,
            "2" => self.put().await,
            "3.1" => self.read_trim_horizon().await,
            "3.2" => self.read_latest().await,
            "3.3" => self.read_at_number().await,
            "3.4" => self.read_after_number().await,
            "3.5" => self.read_timestamp().await,
            "4" => self.reshard().await,
            "5.1" => self.consumer().await,
            "5.2" => self.subscribe().await,
            "6.1" => self.tags().await,
            "6.2" => self.policy().await,
            "6.3" => self.encryption().await,
            "7" => self.refusals().await,
            _ => self.delete().await,
        }
    }
}

/// Turns a failed condition into a step's failure.
fn check(condition: bool, what: impl Into<String>) -> Result<(), Box<dyn Error + Send + Sync>> {
    if condition {
        Ok(())
    } else {
        Err(what.into().into())
    }
}

/// The error with all its causes, since the SDK's own text names only the outermost.
fn explain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[tokio::main]
async fn main() {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let keys = Credentials::new(
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
        None,
        None,
        "environment",
    );
    let config = aws_sdk_kinesis::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variable("AWS_REGION")))
        .endpoint_url(variable("AWS_ENDPOINT_URL_KINESIS"))
        .credentials_provider(keys)
        .build();
    let mut run = Run {
        client: Client::from_conf(config),
        stream: variable("SLUICE_STREAM"),
        arn: String::new(),
        sent: HashMap::new(),
        home: String::new(),
        tail: Vec::new(),
        open_shard: None,
        consumer: String::new(),
    };
    let mut fine = true;
    for step in STEPS {
        let (result, count) = match run.step(step).await {
            Ok(count) => ("ok".to_string(), count),
            Err(error) => {
                fine = false;
                (format!("failed: {}", explain(error.as_ref())), 0)
            }
        };
        println!(
            "{}",
            json!({
                "client": "rust",
                "version": aws_sdk_kinesis::meta::PKG_VERSION,
                "transport": variable("SLUICE_TRANSPORT"),
                "step": step,
                "result": result,
                "count": count,
            })
        );
    }
    std::process::exit(if fine { 0 } else { 1 });
}
