// Every change of the API comes at its own microversion: not one earlier, and not one later.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { maximumMicroversion, minorOf, justBelow } from '../../api/http/microversion.ts';
import { microversions, type ApiChange } from '../../api/http/microversion-table.ts';
import { leaveMessage } from './support/peer-world.ts';
import { probes, type Ask } from './support/microversion-probes.ts';
import { makeWorld, type World } from './support/microversion-world.ts';
import { project, startVolumeLab, type VolumeLab } from './support/volume-lab.ts';

let lab: VolumeLab;
let world: World;

const asking =
  (version: string): Ask =>
  async (method, path, body) => {
    const response = await fetch(`${lab.url}/v3/${project}${path}`, {
      method,
      headers: {
        'X-Auth-Token': `admin:${project}`,
        'Content-Type': 'application/json',
        'OpenStack-API-Version': `volume ${version}`,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      etag: response.headers.get('etag'),
      body: text === '' ? null : (JSON.parse(text) as unknown),
    };
  };

beforeAll(async () => {
  lab = await startVolumeLab();
  await lab.db.pool.create({ data: { id: 'peer@lf#lf', host: 'peer@lf', name: 'lf', totalGib: 1000, freeGib: 1000 } });
  const send = (method: string, path: string, body?: object, version = maximumMicroversion as string) =>
    lab.call(method, path, { body, version });
  world = await makeWorld(send, () => lab.starter.settle());
  await leaveMessage(lab.db, project);
}, 120_000);
afterAll(() => lab?.stop());

test('the table has one change for each microversion, in their order', () => {
  const numbers = Object.values(microversions).map(minorOf);
  expect(numbers).toEqual(Array.from({ length: minorOf(maximumMicroversion) }, (_, index) => index + 1));
});

const seen = (Object.keys(microversions) as ApiChange[]).flatMap((change) => {
  const probe = probes[change];
  return 'see' in probe ? [{ change, version: microversions[change], probe }] : [];
});

test.each(seen)('$version: $change', async ({ version, probe }) => {
  expect(await probe.see(asking(justBelow(version)), world)).toEqual(probe.below);
  expect(await probe.see(asking(version), world)).toEqual(probe.at);
});
