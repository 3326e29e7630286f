//! Steps 1, 2, 3 and 8: a stream, records in, records out.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use aws_sdk_kinesis::client::Waiters;
use aws_sdk_kinesis::operation::get_shard_iterator::builders::GetShardIteratorFluentBuilder;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, Record, ShardIteratorType, StreamStatus};

use crate::payload::{key_of, payload};
use crate::{check, Outcome, Run};

const PUT_ONE: u32 = 5;
const PUT_MANY: u32 = 100;
const TAIL: u32 = 3;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

impl Run {
    pub async fn create(&mut self) -> Outcome {
        self.client.create_stream().stream_name(&self.stream).shard_count(2).send().await?;
        self.client
            .wait_until_stream_exists()
            .stream_name(&self.stream)
            .wait(Duration::from_secs(300))
            .await?;
        let answer = self.client.describe_stream().stream_name(&self.stream).send().await?;
        let described = answer.stream_description.ok_or("no description")?;
        let active = *described.stream_status() == StreamStatus::Active;
        check(active, "the stream is not ACTIVE after the waiter")?;
        self.arn = described.stream_arn().to_string();
        Ok(described.shards().len())
    }

    pub async fn put_batch(&mut self, from: u32, to: u32, key: impl Fn(u32) -> String) -> Result<()> {
        let mut call = self.client.put_records().stream_name(&self.stream);
        for i in from..to {
            call = call.records(
                PutRecordsRequestEntry::builder()
                    .data(Blob::new(payload(i)))
                    .partition_key(key(i))
                    .build()?,
            );
        }
        let answer = call.send().await?;
        check(answer.failed_record_count() == Some(0), "a record of a batch was refused")?;
        check(answer.records().len() == (to - from) as usize, "the answer has another number of entries")?;
        for (i, entry) in (from..to).zip(answer.records()) {
            let shard = entry.shard_id().unwrap_or_default().to_string();
            let number = entry.sequence_number().unwrap_or_default().to_string();
            self.sent.insert(i, (shard, number));
        }
        Ok(())
    }

    async fn put_one(&mut self, i: u32, key: String) -> Result<()> {
        let call = self.client.put_record().stream_name(&self.stream);
        let answer = call.data(Blob::new(payload(i))).partition_key(key).send().await?;
        self.sent.insert(i, (answer.shard_id().to_string(), answer.sequence_number().to_string()));
        Ok(())
    }

    pub async fn put(&mut self) -> Outcome {
        for i in 0..PUT_ONE {
            self.put_one(i, format!("key-{i}")).await?;
        }
        self.put_batch(PUT_ONE, PUT_ONE + PUT_MANY, |i| format!("key-{i}")).await?;
        Ok(self.sent.len())
    }

    fn iterator(&self, shard: &str, kind: ShardIteratorType) -> GetShardIteratorFluentBuilder {
        let call = self.client.get_shard_iterator().stream_name(&self.stream);
        call.shard_id(shard).shard_iterator_type(kind)
    }

    /// All records from the iterator to the tip of its shard.
    async fn read_from(&self, mut iterator: Option<String>) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        while let Some(from) = iterator {
            let answer = self.client.get_records().shard_iterator(from).send().await?;
            if answer.records().is_empty() && answer.millis_behind_latest() == Some(0) {
                break;
            }
            iterator = answer.next_shard_iterator().map(str::to_string);
            records.extend(answer.records);
        }
        Ok(records)
    }

    pub async fn read_at(&self, shard: &str, number: &str) -> Result<Vec<Record>> {
        let call = self.iterator(shard, ShardIteratorType::AtSequenceNumber);
        let answer = call.starting_sequence_number(number).send().await?;
        self.read_from(answer.shard_iterator).await
    }

    pub async fn read_trim_horizon(&mut self) -> Outcome {
        let mut got = HashMap::new();
        for shard in ["shardId-000000000000", "shardId-000000000001"] {
            let answer = self.iterator(shard, ShardIteratorType::TrimHorizon).send().await?;
            for record in self.read_from(answer.shard_iterator).await? {
                got.insert((shard.to_string(), record.sequence_number.clone()), record);
            }
        }
        for (i, place) in &self.sent {
            let record = got.get(place).ok_or(format!("record {i} did not come"))?;
            check(record.data().as_ref() == payload(*i), format!("record {i} came back with other bytes"))?;
            check(key_of(record) == format!("key-{i}"), format!("record {i} came with another key"))?;
        }
        Ok(got.len())
    }

    pub async fn read_latest(&mut self) -> Outcome {
        // As in every program: the tail stands apart by more than a whole second.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        self.home = self.sent.get(&0).ok_or("nothing was put")?.0.clone();
        let latest = self.iterator(&self.home, ShardIteratorType::Latest).send().await?;
        for i in PUT_ONE + PUT_MANY..PUT_ONE + PUT_MANY + TAIL {
            self.put_one(i, "key-0".to_string()).await?;
        }
        self.tail = self.read_from(latest.shard_iterator).await?;
        check_tail(&self.tail, PUT_ONE + PUT_MANY)
    }

    pub async fn read_at_number(&mut self) -> Outcome {
        self.read_number(ShardIteratorType::AtSequenceNumber, PUT_ONE + PUT_MANY).await
    }

    pub async fn read_after_number(&mut self) -> Outcome {
        self.read_number(ShardIteratorType::AfterSequenceNumber, PUT_ONE + PUT_MANY + 1).await
    }

    async fn read_number(&self, kind: ShardIteratorType, first: u32) -> Outcome {
        let (_, number) = self.sent.get(&(PUT_ONE + PUT_MANY)).ok_or("no tail was put")?;
        let call = self.iterator(&self.home, kind).starting_sequence_number(number);
        check_tail(&self.read_from(call.send().await?.shard_iterator).await?, first)
    }

    pub async fn read_timestamp(&mut self) -> Outcome {
        let arrival = self.tail.first().and_then(Record::approximate_arrival_timestamp).ok_or("no time")?;
        let call = self.iterator(&self.home, ShardIteratorType::AtTimestamp).timestamp(*arrival);
        check_tail(&self.read_from(call.send().await?.shard_iterator).await?, PUT_ONE + PUT_MANY)
    }

    pub async fn delete(&mut self) -> Outcome {
        let call = self.client.delete_stream().stream_name(&self.stream);
        call.enforce_consumer_deletion(true).send().await?;
        self.client
            .wait_until_stream_not_exists()
            .stream_name(&self.stream)
            .wait(Duration::from_secs(300))
            .await?;
        Ok(1)
    }
}

/// Says whether records are exactly those from number `first` to the last one.
fn check_tail(records: &[Record], first: u32) -> Outcome {
    let wanted = (PUT_ONE + PUT_MANY + TAIL - first) as usize;
    check(records.len() == wanted, format!("{} records instead of {wanted}", records.len()))?;
    for (i, record) in (first..).zip(records) {
        check(record.data().as_ref() == payload(i), format!("record {i} came back with other bytes"))?;
    }
    Ok(records.len())
}
