import { aws } from './aws.ts';
import { cameras } from './cameras.ts';
import { files } from './files.ts';
import { checkRatios, type Ratio, saveRatios } from './lib/ratios.ts';
import { live } from './live.ts';
import { media } from './media.ts';
import { offline } from './offline.ts';
import { rtsp } from './rtsp.ts';
import { spool } from './spool.ts';
import { weeks } from './weeks.ts';

const CHECKED: readonly string[] = ['live', 'offline'];

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const words = process.argv.slice(2);
const [isCheck, isSave] = [words.includes('--check'), words.includes('--save')];
const named = words.filter((word) => !word.startsWith('--'));
const wanted = named.length === 0 && (isCheck || isSave) ? CHECKED : named;

const ratios: Ratio[] = [];
if (wants('aws')) aws(rounds);
if (wants('media')) await media();
if (wants('live')) ratios.push(...(await live(rounds, 'first')));
if (wants('live-late')) ratios.push(...(await live(rounds, 'late')));
if (wants('cameras')) await cameras(rounds);
if (wants('rtsp')) await rtsp();
if (wants('files')) await files(rounds);
if (wants('spool')) await spool();
if (wants('weeks')) await weeks();
if (wants('offline')) ratios.push(...(await offline('https', rounds)));
if (wants('offline-long')) await offline('https', rounds, 3000);
if (wants('offline-http')) ratios.push(...(await offline('http', rounds)));
if (isSave) saveRatios(ratios);
if (isCheck && !checkRatios(ratios)) {
  console.error('A ratio is worse than scripts/bench/ratios.json allows.');
  process.exitCode = 1;
}

function wants(part: string): boolean {
  return wanted.length === 0 || wanted.includes(part);
}
