// Uses the Data Catalog with the SDK for JavaScript, everything but endpoint, region, keys and trust at its default.
const assert = require('node:assert')
const glue = require('@aws-sdk/client-glue')

const DatabaseName = process.env.SLUICE_DATABASE
const client = new glue.GlueClient({})
const send = (command, input) => client.send(new glue[command + 'Command'](input))
const here = { DatabaseName, TableName: 'events' }
const table = (more) => ({
  Name: 'Events',
  TableType: 'EXTERNAL_TABLE',
  PartitionKeys: [{ Name: 'year', Type: 'int' }],
  StorageDescriptor: { Columns: [{ Name: 'id', Type: 'bigint' }], Location: 's3://lake/events/', SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' } },
  ...more
})

async function main () {
  await send('CreateDatabase', { DatabaseInput: { Name: DatabaseName.toUpperCase() }, Tags: { team: 'blue' } })
  await send('CreateTable', { DatabaseName, TableInput: table() })
  await assert.rejects(send('CreateTable', { DatabaseName, TableInput: table() }), glue.AlreadyExistsException)
  await send('UpdateTable', { DatabaseName, VersionId: '0', TableInput: table({ Description: 'again' }) })
  await assert.rejects(send('UpdateTable', { DatabaseName, VersionId: '0', TableInput: table() }),
    { name: 'ConcurrentModificationException', message: 'Update table failed due to concurrent modifications.' })
  const versions = (await send('GetTableVersions', here)).TableVersions
  assert.deepEqual(versions.map((v) => v.VersionId), ['1', '0'])
  assert.ok(versions[0].Table.CreateTime instanceof Date)
  const made = await send('BatchCreatePartition', { ...here, PartitionInputList: Array.from({ length: 100 }, (_, i) => ({ Values: [String(1950 + i)] })) })
  assert.deepEqual(made.Errors, [])
  const years = []
  for await (const page of glue.paginateGetPartitions({ client, pageSize: 7 }, { ...here, Expression: 'year BETWEEN 2000 AND 2020' })) {
    years.push(...page.Partitions.map((p) => Number(p.Values[0])))
  }
  assert.deepEqual(years, Array.from({ length: 21 }, (_, i) => 2000 + i))
  await assert.rejects(send('GetTable', { DatabaseName, Name: 'none' }), glue.EntityNotFoundException)
  await assert.rejects(send('ListCrawlers', {}), { name: 'UnknownOperationException' })
  await send('DeleteDatabase', { Name: DatabaseName })
  console.log('all well')
}

main().catch((e) => { console.error(e); process.exit(1) })
