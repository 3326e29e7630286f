// A Lambda function of Node. Its event says what to do.
exports.handle = async (event, context) => {
  const value = event.value ?? '';
  switch (event.do) {
    case 'fail': throw new RangeError('sour');
    case 'crash': process.exit(7);
    case 'hang': console.log('hanging'); await new Promise((done) => setTimeout(done, 60000));
    case 'large': return 'x'.repeat(7 << 20);
    case 'length': return value.length;
    case 'context': return {
      arn: context.invokedFunctionArn, requestId: context.awsRequestId, name: context.functionName,
      left: context.getRemainingTimeInMillis() / 1000,
    };
  }
  if (event.Records) return batch(event.Records);
  console.log('echo', value);
  return value;
};

function batch(records) {
  const batchItemFailures = [];
  for (const record of records) {
    const data = Buffer.from(record.kinesis.data, 'base64').toString();
    if (data === 'poison') {
      batchItemFailures.push({itemIdentifier: record.kinesis.sequenceNumber});
      break;
    }
    console.log('record', data);
  }
  return {batchItemFailures};
}
