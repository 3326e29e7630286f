// Uses a delivery stream with the SDK for JavaScript, everything but endpoint, region, keys, path style and trust at its default.
const assert = require('node:assert')
const s3 = require('@aws-sdk/client-s3')
const firehose = require('@aws-sdk/client-firehose')

const DeliveryStreamName = process.env.SLUICE_STREAM
const hose = new firehose.FirehoseClient({})
const buckets = new s3.S3Client({ forcePathStyle: true })
const send = (command, input) => hose.send(new firehose[command + 'Command']({ DeliveryStreamName, ...input }))

async function main () {
  await buckets.send(new s3.CreateBucketCommand({ Bucket: DeliveryStreamName }))
  await send('CreateDeliveryStream', {
    ExtendedS3DestinationConfiguration: { RoleARN: 'arn:aws:iam::000000000000:role/r', BucketARN: 'arn:aws:s3:::' + DeliveryStreamName, Prefix: 'raw/' }
  })
  while ((await send('DescribeDeliveryStream')).DeliveryStreamDescription.DeliveryStreamStatus !== 'ACTIVE') await new Promise((resolve) => setTimeout(resolve, 50))
  assert.ok((await send('PutRecord', { Record: { Data: Buffer.from('a') } })).RecordId)
  const batch = await send('PutRecordBatch', { Records: Array.from({ length: 500 }, () => ({ Data: Buffer.from('b') })) })
  assert.equal(batch.FailedPutCount, 0)
  assert.equal(new Set(batch.RequestResponses.map((r) => r.RecordId)).size, 500)
  const flushed = await fetch(`${process.env.AWS_ENDPOINT_URL}/_sluice/firehose/${DeliveryStreamName}/flush`, { method: 'POST' })
  assert.equal((await flushed.json()).records, 501)
  const { Contents } = await buckets.send(new s3.ListObjectsV2Command({ Bucket: DeliveryStreamName, Prefix: 'raw/' }))
  assert.equal(Contents.length, 1)
  const got = await buckets.send(new s3.GetObjectCommand({ Bucket: DeliveryStreamName, Key: Contents[0].Key }))
  assert.equal(await got.Body.transformToString(), 'a' + 'b'.repeat(500))
  await assert.rejects(send('UpdateDestination', { CurrentDeliveryStreamVersionId: '7', DestinationId: 'destinationId-000000000001', ExtendedS3DestinationUpdate: {} }),
    { name: 'ConcurrentModificationException' })
  await send('DeleteDeliveryStream')
}

main().catch((e) => { console.error(e); process.exit(1) })
