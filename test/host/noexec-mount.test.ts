import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noexecAdvice, noexecMount } from '../../src/host/native/noexec-mount.ts';

/**
 * As /proc/self/mountinfo has it: the fifth field is the mount point, the sixth its options. What was moved
 * may be listed before what it lies on.
 */
const TABLE = `30 21 254:2 / /srv/noexec-data rw,nosuid,noexec - ext4 /dev/vdb1 rw
31 30 254:3 / /srv/noexec-data/apps rw,relatime - ext4 /dev/vdc1 rw
32 21 254:4 / /mnt/my\\040cameras rw,noexec - ext4 /dev/vdd1 rw
33 21 254:5 / /home rw,noexec - ext4 /dev/vde1 rw
34 33 254:6 / /home rw,relatime - ext4 /dev/vdf1 rw
35 21 0:50 / /options rw,relatime - tmpfs noexec rw,noexec
21 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
`;

test('a file system that is mounted noexec is named by its mount point', () => {
  assert.equal(noexecMount('/srv/noexec-data/kvs/build', TABLE), '/srv/noexec-data');
  assert.equal(noexecMount('/srv/noexec-data', TABLE), '/srv/noexec-data');
  assert.equal(noexecMount('/mnt/my cameras/kvs', TABLE), '/mnt/my cameras');
});

test('a path on another file system is not on one that is mounted noexec', () => {
  assert.equal(noexecMount('/srv/noexec-data/apps/kvs', TABLE), undefined, 'mounted below it');
  assert.equal(noexecMount('/srv/noexec-data-2/kvs', TABLE), undefined, 'a longer name');
  assert.equal(noexecMount('/home/pi/kvs', TABLE), undefined, 'covered by another mount');
  assert.equal(noexecMount('/options/kvs', TABLE), undefined, 'the word in another field');
  assert.equal(noexecMount('/usr/lib/kvs', TABLE), undefined);
});

test('without a table of mounts nothing is said', () => {
  assert.equal(noexecMount('/srv/noexec-data/kvs', ''), undefined);
  assert.equal(noexecAdvice('/usr/lib/kvs', TABLE), undefined);
});

test('the advice names the path, the mount and what to do', () => {
  assert.match(
    noexecAdvice('/srv/noexec-data/kvs', TABLE) ?? '',
    /^\/srv\/noexec-data\/kvs is on \/srv\/noexec-data, which is mounted noexec.*Install kvs-launch/,
  );
});
