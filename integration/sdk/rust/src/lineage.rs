//! Follows a stream's shards from parents to children and checks that every record comes once, in order.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::time::Duration;

use aws_sdk_kinesis::types::{ChildShard, Record, ShardIteratorType};
use aws_sdk_kinesis::Client;

use crate::check;
use crate::payload::{index_of, key_of, payload};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Reads a stream from its first shards on and starts a child only when all its parents are read to their end.
pub struct Lineage {
    client: Client,
    stream: String,
    prefix: &'static str,
    pub active: HashMap<String, String>, // shard id -> next iterator
    pub finished: HashSet<String>,
    waiting: HashMap<String, Vec<String>>, // child shard id -> its parents
    pub seen: HashSet<u32>,
    last_of_key: HashMap<String, u32>,
}

impl Lineage {
    pub fn new(client: Client, stream: String, prefix: &'static str) -> Self {
        Lineage {
            client,
            stream,
            prefix,
            active: HashMap::new(),
            finished: HashSet::new(),
            waiting: HashMap::new(),
            seen: HashSet::new(),
            last_of_key: HashMap::new(),
        }
    }

    async fn start(&mut self, shard: &str) -> Result<()> {
        let answer = self
            .client
            .get_shard_iterator()
            .stream_name(&self.stream)
            .shard_id(shard)
            .shard_iterator_type(ShardIteratorType::TrimHorizon)
            .send()
            .await?;
        let iterator = answer.shard_iterator.ok_or("no iterator")?;
        self.active.insert(shard.to_string(), iterator);
        Ok(())
    }

    fn take(&mut self, record: &Record) -> Result<()> {
        let key = key_of(record).to_string();
        if !key.starts_with(self.prefix) {
            return Ok(());
        }
        let data = record.data().as_ref();
        let index = index_of(data);
        check(data == payload(index), format!("record {index} came back with other bytes"))?;
        check(self.seen.insert(index), format!("record {index} came twice"))?;
        let ordered = self.last_of_key.get(&key).is_none_or(|last| *last < index);
        check(ordered, format!("record {index} of {key} came out of order"))?;
        self.last_of_key.insert(key, index);
        Ok(())
    }

    async fn finish(&mut self, shard: &str, children: &[ChildShard]) -> Result<()> {
        check(!children.is_empty(), format!("{shard} ended without children"))?;
        self.active.remove(shard);
        self.finished.insert(shard.to_string());
        for child in children {
            self.waiting.insert(child.shard_id().to_string(), child.parent_shards().to_vec());
        }
        for (child, parents) in self.waiting.clone() {
            if !parents.iter().all(|parent| self.finished.contains(parent)) {
                continue;
            }
            self.waiting.remove(&child);
            if !self.finished.contains(&child) && !self.active.contains_key(&child) {
                self.start(&child).await?;
            }
        }
        Ok(())
    }

    /// Asks every active shard once; tells whether all of them were at their tip with nothing new.
    async fn round(&mut self) -> Result<bool> {
        let mut quiet = true;
        for (shard, iterator) in self.active.clone() {
            let answer = self.client.get_records().shard_iterator(iterator).send().await?;
            for record in answer.records() {
                self.take(record)?;
            }
            match answer.next_shard_iterator() {
                Some(next) => {
                    self.active.insert(shard, next.to_string());
                    quiet &= answer.records().is_empty() && answer.millis_behind_latest() == Some(0);
                }
                None => {
                    self.finish(&shard, answer.child_shards()).await?;
                    quiet = false;
                }
            }
        }
        Ok(quiet)
    }

    /// Reads until `wanted` records were seen and one more round finds nothing.
    pub async fn run(&mut self, wanted: usize, first: [&str; 2]) -> Result<()> {
        for shard in first {
            self.start(shard).await?;
        }
        for _ in 0..15000 {
            let quiet = self.round().await?;
            if quiet && self.seen.len() >= wanted {
                return Ok(());
            }
            if quiet {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Err(format!("{} of {wanted} records in time", self.seen.len()).into())
    }
}
