// Uses buckets with the SDK for JavaScript, everything but endpoint, region, keys, path style and trust at its default.
const assert = require('node:assert')
const { randomBytes } = require('node:crypto')
const { Readable } = require('node:stream')
const s3 = require('@aws-sdk/client-s3')

const Bucket = process.env.SLUICE_BUCKET
const client = new s3.S3Client({ forcePathStyle: true })
const send = (command, input) => client.send(new s3[command + 'Command']({ Bucket, ...input }))
const read = async (input) => Buffer.from(await (await send('GetObject', input)).Body.transformToByteArray())

async function main () {
  const body = randomBytes(6 << 20)
  await send('CreateBucket')
  const put = await send('PutObject', { Key: 'a b/ü+&=%', Body: body, Metadata: { colour: 'blue' } })
  assert.ok(put.ChecksumCRC32)
  assert.deepEqual(await read({ Key: 'a b/ü+&=%', ChecksumMode: 'ENABLED' }), body)
  // A stream goes in chunks, with its checksum behind them.
  await send('PutObject', { Key: 'streamed', Body: Readable.from([body.subarray(0, 1 << 20), body.subarray(1 << 20)]), ContentLength: body.length })
  assert.deepEqual(await read({ Key: 'streamed' }), body)
  const { UploadId } = await send('CreateMultipartUpload', { Key: 'parts' })
  const Parts = []
  for (const [i, part] of [body.subarray(0, 5 << 20), body.subarray(5 << 20)].entries()) {
    const { ETag, ChecksumCRC32 } = await send('UploadPart', { Key: 'parts', UploadId, PartNumber: i + 1, Body: part })
    Parts.push({ PartNumber: i + 1, ETag, ChecksumCRC32 })
  }
  await send('CompleteMultipartUpload', { Key: 'parts', UploadId, MultipartUpload: { Parts } })
  assert.deepEqual(await read({ Key: 'parts' }), body)
  const keys = []
  for await (const page of s3.paginateListObjectsV2({ client, pageSize: 1 }, { Bucket })) keys.push(...page.Contents.map(o => o.Key))
  assert.deepEqual(keys, ['a b/ü+&=%', 'parts', 'streamed'])
  await send('DeleteObjects', { Delete: { Objects: keys.map(Key => ({ Key })) } })
  await assert.rejects(send('GetObject', { Key: 'parts' }), s3.NoSuchKey)
  await send('DeleteBucket')
  console.log('all well')
}

main().catch(error => { console.error(error); process.exit(1) })
