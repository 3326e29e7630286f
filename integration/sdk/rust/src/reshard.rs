//! Step 4: splits, merges and scales the stream while a reader follows it.

use std::error::Error;
use std::time::Duration;

use aws_sdk_kinesis::types::{ScalingType, StreamDescriptionSummary, StreamStatus};

use crate::lineage::Lineage;
use crate::{check, Outcome, Run};

const BATCH: u32 = 20;
const BATCHES: u32 = 8;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

impl Run {
    pub async fn wait_active(&self) -> Result<StreamDescriptionSummary> {
        for _ in 0..3000 {
            let answer = self.client.describe_stream_summary().stream_name(&self.stream).send().await?;
            let summary = answer.stream_description_summary.ok_or("no summary")?;
            if *summary.stream_status() == StreamStatus::Active {
                return Ok(summary);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err("the stream does not become ACTIVE".into())
    }

    pub async fn reshard(&mut self) -> Outcome {
        let mut reader = Lineage::new(self.client.clone(), self.stream.clone(), "reshard-");
        let reading = tokio::spawn(async move {
            let first = ["shardId-000000000000", "shardId-000000000001"];
            reader.run((BATCH * BATCHES) as usize, first).await.map(|()| reader)
        });
        self.write_while_resharding().await?;
        let reader = reading.await??;
        let followed = reader.finished.len() == 5 && reader.active.len() == 4;
        check(followed, "the reader did not follow the lineage")?;
        let shards = self.client.list_shards().stream_name(&self.stream).send().await?.shards.unwrap_or_default();
        let is_open = |range: &aws_sdk_kinesis::types::SequenceNumberRange| range.ending_sequence_number().is_none();
        let open: Vec<_> = shards.iter().filter(|s| s.sequence_number_range().is_some_and(is_open)).collect();
        check(shards.len() == 9 && open.len() == 4, format!("{} shards, {} open", shards.len(), open.len()))?;
        self.open_shard = Some(open[0].clone());
        Ok(reader.seen.len())
    }

    async fn write(&mut self, batch: u32) -> Result<()> {
        self.put_batch(batch * BATCH, (batch + 1) * BATCH, |i| format!("reshard-{}", i % 8)).await
    }

    async fn write_while_resharding(&mut self) -> Result<()> {
        for change in 0..3 {
            self.write(change * 2).await?;
            self.change(change).await?;
            self.write(change * 2 + 1).await?; // while the stream is UPDATING
            self.wait_active().await?;
        }
        self.write(BATCHES - 2).await?;
        self.write(BATCHES - 1).await
    }

    async fn change(&self, change: u32) -> Result<()> {
        match change {
            0 => {
                let call = self.client.split_shard().stream_name(&self.stream);
                let call = call.shard_to_split("shardId-000000000000");
                call.new_starting_hash_key((1u128 << 126).to_string()).send().await?;
            }
            1 => {
                let call = self.client.merge_shards().stream_name(&self.stream);
                let call = call.shard_to_merge("shardId-000000000002");
                call.adjacent_shard_to_merge("shardId-000000000003").send().await?;
            }
            _ => {
                let call = self.client.update_shard_count().stream_name(&self.stream).target_shard_count(4);
                call.scaling_type(ScalingType::UniformScaling).send().await?;
            }
        }
        Ok(())
    }
}
