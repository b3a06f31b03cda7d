import kvs = require('kvs-launch');
import local = require('kvs-launch/local');

const error: kvs.KvsError = new kvs.KvsError('STATUS_NOT_FOUND', 'nothing is here');
const code: string = error.code;
console.log(code, typeof kvs.KinesisVideoProducer, typeof local.startLocalService);
