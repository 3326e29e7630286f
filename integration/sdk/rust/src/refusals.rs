//! Step 7: each refusal is the SDK's own type and carries the service's exact text.

use std::error::Error;

use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kinesis::types::ScalingType;

use crate::{check, Outcome, Run};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Checks one refused call: `is` tells the typed error, `text` is its whole message.
fn refused<O, E, R>(answer: std::result::Result<O, SdkError<E, R>>, is: fn(&E) -> bool, text: &str) -> Result<usize>
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let error = match answer.err().ok_or("the call was not refused")? {
        SdkError::ServiceError(refusal) => refusal.into_err(),
        other => return Err(other.into()),
    };
    check(is(&error), format!("another error: {:?}", error.meta()))?;
    check(error.message() == Some(text), format!("other text: {:?}", error.message()))?;
    Ok(1)
}

impl Run {
    pub async fn refusals(&mut self) -> Outcome {
        let stream = &self.stream;
        let missing = self.client.describe_stream_summary().stream_name(format!("{stream}-missing"));
        let again = self.client.create_stream().stream_name(stream).shard_count(1);
        let forged = self.client.get_records().shard_iterator("abc");
        let invalid = self.client.split_shard().stream_name(stream).shard_to_split("shardId-000000000005");
        let beyond = self.client.update_shard_count().stream_name(stream).target_shard_count(100);
        Ok(refused(
            missing.send().await,
            |e| e.is_resource_not_found_exception(),
            &format!("Stream {stream}-missing under account 000000000000 not found."),
        )? + refused(
            again.send().await,
            |e| e.is_resource_in_use_exception(),
            &format!("Stream {stream} under account 000000000000 already exists."),
        )? + refused(forged.send().await, |e| e.is_invalid_argument_exception(), "Invalid ShardIterator.")?
            + refused(
                invalid.new_starting_hash_key("abc").send().await,
                |e| e.is_validation_exception(),
                concat!(
                    "1 validation error detected: Value 'abc' at 'newStartingHashKey' failed to satisfy constraint: ",
                    r"Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})"
                ),
            )?
            + refused(
                beyond.scaling_type(ScalingType::UniformScaling).send().await,
                |e| e.is_limit_exceeded_exception(),
                concat!(
                    "UpdateShardCount cannot scale up over double your current open shard count. ",
                    "Current open shard count: 4 Target shard count: 100"
                ),
            )?)
    }
}
