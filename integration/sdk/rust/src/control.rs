//! Steps 5 and 6: fan-out, tags, policies, encryption.

use std::time::Duration;

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{
    ConsumerStatus, EncryptionType, ShardIteratorType, StartingPosition, SubscribeToShardEventStream,
};

use crate::payload::payload;
use crate::{check, Outcome, Run};

impl Run {
    pub async fn consumer(&mut self) -> Outcome {
        let call = self.client.register_stream_consumer().stream_arn(&self.arn);
        let registered = call.consumer_name("fan").send().await?;
        self.consumer = registered.consumer().ok_or("no consumer")?.consumer_arn().to_string();
        for _ in 0..3000 {
            let call = self.client.describe_stream_consumer().consumer_arn(&self.consumer);
            let described = call.send().await?;
            let description = described.consumer_description().ok_or("no description")?;
            if *description.consumer_status() == ConsumerStatus::Active {
                let listed = self.client.list_stream_consumers().stream_arn(&self.arn).send().await?;
                return Ok(listed.consumers().len());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err("the consumer does not become ACTIVE".into())
    }

    pub async fn subscribe(&mut self) -> Outcome {
        let shard = self.open_shard.clone().ok_or("no open shard to subscribe to")?;
        let hash = shard.hash_key_range().ok_or("no range")?.starting_hash_key().to_string();
        let latest = StartingPosition::builder().r#type(ShardIteratorType::Latest).build()?;
        let call = self.client.subscribe_to_shard().consumer_arn(&self.consumer).shard_id(shard.shard_id());
        let mut events = call.starting_position(latest).send().await?.event_stream;
        for i in 0..10 {
            let call = self.client.put_record().stream_name(&self.stream).data(Blob::new(payload(i)));
            call.partition_key("fan").explicit_hash_key(&hash).send().await?;
        }
        let mut got = 0;
        while let Some(SubscribeToShardEventStream::SubscribeToShardEvent(event)) = events.recv().await? {
            check(!event.continuation_sequence_number().is_empty(), "an event without continuation")?;
            for record in event.records() {
                check(record.data().as_ref() == payload(got), format!("event record {got} has other bytes"))?;
                got += 1;
            }
            if got >= 10 {
                return Ok(got as usize);
            }
        }
        Err(format!("the events ended after {got} records").into())
    }

    pub async fn tags(&mut self) -> Outcome {
        let client = &self.client;
        if !self.consumer.is_empty() {
            client.deregister_stream_consumer().consumer_arn(&self.consumer).send().await?;
        }
        let call = client.add_tags_to_stream().stream_name(&self.stream);
        call.tags("team", "blue").tags("größe", "10 km/h").send().await?;
        let found = client.list_tags_for_stream().stream_name(&self.stream).send().await?;
        let pairs: Vec<_> = found.tags().iter().map(|t| (t.key(), t.value().unwrap_or_default())).collect();
        check(pairs == [("größe", "10 km/h"), ("team", "blue")], format!("the stream has tags {pairs:?}"))?;
        client.tag_resource().resource_arn(&self.arn).tags("third", "").send().await?;
        let all = client.list_tags_for_resource().resource_arn(&self.arn).send().await?;
        client.untag_resource().resource_arn(&self.arn).tag_keys("third").send().await?;
        let call = client.remove_tags_from_stream().stream_name(&self.stream);
        call.tag_keys("team").tag_keys("größe").send().await?;
        let left = client.list_tags_for_stream().stream_name(&self.stream).send().await?;
        check(left.tags().is_empty(), "tags are left")?;
        Ok(all.tags().len())
    }

    pub async fn policy(&mut self) -> Outcome {
        let text = format!(
            concat!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"read","Effect":"Allow","#,
                r#""Principal":{{"AWS":"arn:aws:iam::111122223333:root"}},"#,
                r#""Action":["kinesis:GetRecords"],"Resource":"{}"}}]}}"#
            ),
            self.arn
        );
        let client = &self.client;
        client.put_resource_policy().resource_arn(&self.arn).policy(&text).send().await?;
        let got = client.get_resource_policy().resource_arn(&self.arn).send().await?;
        check(got.policy() == text, "the policy came back changed")?;
        client.delete_resource_policy().resource_arn(&self.arn).send().await?;
        let none = client.get_resource_policy().resource_arn(&self.arn).send().await?;
        check(none.policy() == "{}", "a policy is left")?;
        Ok(1)
    }

    pub async fn encryption(&mut self) -> Outcome {
        let call = self.client.start_stream_encryption().stream_name(&self.stream);
        call.encryption_type(EncryptionType::Kms).key_id("alias/aws/kinesis").send().await?;
        let on = self.wait_active().await?;
        check(on.encryption_type() == Some(&EncryptionType::Kms), "the stream is not encrypted")?;
        let call = self.client.put_record().stream_name(&self.stream).data(Blob::new(payload(9)));
        let put = call.partition_key("key-0").send().await?;
        check(put.encryption_type() == Some(&EncryptionType::Kms), "the put does not tell of encryption")?;
        let records = self.read_at(put.shard_id(), put.sequence_number()).await?;
        let first = records.first().ok_or("the record did not come")?;
        check(first.encryption_type() == Some(&EncryptionType::Kms), "the record does not tell of encryption")?;
        check(first.data().as_ref() == payload(9), "the record came back with other bytes")?;
        let call = self.client.stop_stream_encryption().stream_name(&self.stream);
        call.encryption_type(EncryptionType::Kms).key_id("alias/aws/kinesis").send().await?;
        let off = self.wait_active().await?;
        check(off.encryption_type() == Some(&EncryptionType::None), "the stream is still encrypted")?;
        Ok(records.len())
    }
}
