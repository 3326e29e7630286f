// A record processor for the consumer library's daemon, which runs one such process for each shard and talks JSON lines
// over stdin and stdout. What it has to say goes to the stdout of the daemon, one line each, as the other programs do it.
const fs = require('fs')
const kcl = require('aws-kcl')

const out = fs.openSync(`/proc/${process.ppid}/fd/1`, 'a')
const say = (...words) => fs.writeSync(out, words.join(' ') + '\n')

let shard = ''

// checkpointThen goes on when the checkpoint is made, or cannot be any more.
const checkpointThen = (checkpointer, sequenceNumber, next) =>
  checkpointer.checkpoint(sequenceNumber, (error) => {
    if (error) say('late', shard, error)
    next(error)
  })

kcl({
  initialize(input, done) {
    shard = input.shardId
    say('start', shard)
    done()
  },
  processRecords(input, done) {
    if (input.records.length === 0) return done()
    say('records', shard, input.records.map((r) => Buffer.from(r.data, 'base64').toString()).join(','))
    checkpointThen(input.checkpointer, input.records[input.records.length - 1].sequenceNumber, () => done())
  },
  leaseLost(input, done) {
    say('lost', shard)
    done()
  },
  shardEnded(input, done) {
    input.checkpointer.checkpoint((error) => {
      say(error ? 'late' : 'end', shard)
      done()
    })
  },
  shutdownRequested(input, done) {
    input.checkpointer.checkpoint((error) => {
      say(error ? 'late' : 'leave', shard)
      done()
    })
  },
}).run()
