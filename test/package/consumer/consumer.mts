import { KinesisVideoProducer, KvsError } from 'kvs-launch';
import { startLocalService } from 'kvs-launch/local';

const error: KvsError = new KvsError('STATUS_NOT_FOUND', 'nothing is here');
const code: 'STATUS_NOT_FOUND' extends typeof error.code ? string : never = error.code;
console.log(code, typeof KinesisVideoProducer, typeof startLocalService);
