export { KvsError } from './errors/kvs-error.ts';
