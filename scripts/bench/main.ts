import { aws } from './aws.ts';
import { cameras } from './cameras.ts';
import { live } from './live.ts';
import { media } from './media.ts';
import { offline } from './offline.ts';
import { spool } from './spool.ts';

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const wanted = process.argv.slice(2);
const all = wanted.length === 0;
if (all || wanted.includes('aws')) aws(rounds);
if (all || wanted.includes('media')) await media();
if (all || wanted.includes('live')) await live(rounds, 'first');
if (all || wanted.includes('live-late')) await live(rounds, 'late');
if (all || wanted.includes('cameras')) await cameras(rounds);
if (all || wanted.includes('spool')) await spool();
if (all || wanted.includes('offline')) await offline('https', rounds);
if (all || wanted.includes('offline-http')) await offline('http', rounds);
