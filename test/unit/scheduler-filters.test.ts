// Each filter says yes and no where Cinder's does, and says why.
import { describe, expect, it } from 'vitest';
import type { PoolState, RequestSpec } from '../../domain/scheduler/spec.ts';
import { capacityCeilingGib } from '../../domain/scheduler/capacity.ts';
import { matchesExtraSpec } from '../../domain/scheduler/extra-spec-match.ts';
import { schedulerFilters, type SchedulerFilterName } from '../../domain/scheduler/filters/table.ts';

const volumeA = '11111111-1111-4111-8111-111111111111';
const volumeB = '22222222-2222-4222-8222-222222222222';

function spec(changes: Partial<RequestSpec> = {}): RequestSpec {
  return {
    volumeId: '99999999-9999-4999-8999-999999999999',
    sizeGib: 10,
    availabilityZone: null,
    extraSpecs: {},
    volumeTypeName: 'fast',
    multiattach: false,
    schedulerHints: {},
    pinnedHost: null,
    hintHosts: {},
    excludedPools: [],
    ...changes,
  };
}

function pool(changes: Partial<PoolState> = {}): PoolState {
  return {
    id: 'a@lvm#ssd',
    serviceHost: 'a@lvm',
    availabilityZone: 'nova',
    serviceUp: true,
    serviceDisabled: false,
    frozen: false,
    totalGib: 100,
    freeGib: 100,
    allocatedGib: 0,
    allocatedVolumes: 0,
    reservedPercentage: 0,
    maxOverSubscriptionRatio: 1,
    thinProvisioning: false,
    multiattach: true,
    capabilities: {},
    ...changes,
  };
}

/** Null when the filter passes the pool, otherwise its reason. */
function ask(name: SchedulerFilterName, request: Partial<RequestSpec>, state: Partial<PoolState> = {}): string | null {
  return schedulerFilters[name](spec(request))?.(pool(state)) ?? null;
}

describe('an extra spec is met as in Cinder', () => {
  // Answers of cinder.scheduler.filters.extra_specs_ops.match (29.0.0) to the same questions.
  it.each<[unknown, string, boolean]>([
    ['12', '12', true],
    [12, '12', false],
    ['12', '= 12', true],
    ['13', '= 12', true],
    ['11', '= 12', false],
    ['12.0', '== 12', true],
    ['abc', '= 12', false],
    [true, '<is> True', true],
    [true, 'True', false],
    ['True', 'True', true],
    [true, '<is> yes', true],
    [false, '<is> no', true],
    [null, '<is> no', false],
    ['abcd', '<in> bc', true],
    ['x y', '<in> y', true],
    [5, '<in> 5', false],
    ['a', '<or> a <or> b', true],
    ['b', '<or> a <or> b', true],
    ['b', '<or> a b', false],
    ['<or>', '<or>', false],
    ['a b', 's== a b', false],
    ['a', 's== a', true],
    ['b', 's> a', true],
    ['B', 's> a', false],
    ['', '', true],
    [' ', '', false],
    ['5', '>= 5', true],
    ['4', '<= 5', true],
    ['x', '!= 5', false],
    ['6', '!= 5', true],
    ['a', '= ', false],
    ['', '>=', false],
    ['=', '=', false],
    ['a', ' a', false],
    [true, '== 1', true],
    [5, 's== 5', false],
    ['a b', 'a b', true],
    ['inf', '> 3', false],
    ['iSCSI', 'iSCSI', true],
    ['constructor', 'constructor', true],
    [['nfs', 'NFS'], 'NFS', true],
    [['nfs', 'NFS'], 'iSCSI', false],
    [['a', 'b', 'c'], '<all-in> a c', true],
    [['a', 'b'], '<all-in> a c', false],
    ['a', '<all-in>', false],
  ])('%j against %j is %s', (capability, requirement, met) => {
    expect(matchesExtraSpec(capability, requirement)).toBe(met);
  });
});

describe('CapabilitiesFilter', () => {
  it.each<[Record<string, string>, Partial<PoolState>, string | null]>([
    [{}, {}, null],
    [{ 'vendor:thing': 'x', 'provisioning:type': 'thick' }, {}, null],
    [{ volume_backend_name: 'lvm' }, {}, null],
    [{ volume_backend_name: 'fast' }, { capabilities: { volume_backend_name: 'fast' } }, null],
    [{ 'capabilities:volume_backend_name': 'slow' }, {}, 'has volume_backend_name = "lvm"'],
    [{ nope: '1' }, {}, 'does not report the capability nope'],
    [{ constructor: 'x' }, {}, 'does not report the capability constructor'],
    [{ 'capabilities:__proto__:x': 'x' }, {}, 'does not report'],
    [{ 'capabilities:tier:kind': 'ssd' }, { capabilities: { tier: { kind: 'ssd' } } }, null],
    [{ 'capabilities:tier:kind': 'hdd' }, { capabilities: { tier: { kind: 'ssd' } } }, 'tier:kind = "ssd"'],
    [{ 'capabilities:tier:kind': 'hdd' }, { capabilities: { tier: 'flat' } }, 'does not report'],
    [{ multiattach: '<is> True' }, { multiattach: true }, null],
    [{ multiattach: '<is> True' }, { multiattach: false }, 'has multiattach = false'],
    [{ thin_provisioning_support: '<is> True' }, { thinProvisioning: true }, null],
    [{ total_capacity_gb: '>= 101' }, {}, 'volume type fast asks for total_capacity_gb = >= 101'],
  ])('%j: %j → %s', (extraSpecs, state, reason) => {
    const answer = ask('CapabilitiesFilter', { extraSpecs }, state);
    if (reason === null) expect(answer).toBeNull();
    else expect(answer).toContain(reason);
  });

  it('a multiattach volume does not go to a pool that cannot attach it twice', () => {
    expect(ask('CapabilitiesFilter', { multiattach: true }, { multiattach: false })).toContain('multiattach');
  });
});

describe('CapacityFilter', () => {
  const thin = { thinProvisioning: true, maxOverSubscriptionRatio: 2 };
  const thick = { 'provisioning:type': 'thick' };
  it.each<[string, Partial<RequestSpec>, Partial<PoolState>, boolean]>([
    ['the last GiB fits', { sizeGib: 1 }, { allocatedGib: 99 }, true],
    ['one more does not', { sizeGib: 2 }, { allocatedGib: 99 }, false],
    ['reserved space is not promised', { sizeGib: 91 }, { reservedPercentage: 10 }, false],
    ['what is beside the reserve is', { sizeGib: 90 }, { reservedPercentage: 10 }, true],
    ['free space is not reduced by promises again', { sizeGib: 40 }, { allocatedGib: 60, freeGib: 40 }, true],
    ['a full disk is full whoever filled it', { sizeGib: 10 }, { freeGib: 5 }, false],
    ['a thin pool is over-subscribed', { sizeGib: 150 }, thin, true],
    ['but only to its ratio', { sizeGib: 201 }, thin, false],
    ['a ratio means nothing to a thick pool', { sizeGib: 150 }, { maxOverSubscriptionRatio: 2 }, false],
    ['nor to a thick volume in a thin pool', { sizeGib: 101, extraSpecs: thick }, thin, false],
    ['a thick volume fits where it fits', { sizeGib: 100, extraSpecs: thick }, thin, true],
    ['a ratio below 1 is a mistake', { sizeGib: 1 }, { ...thin, maxOverSubscriptionRatio: 0.5 }, false],
    ['one NaN wide is a mistake too', { sizeGib: 1 }, { ...thin, maxOverSubscriptionRatio: Number.NaN }, false],
    ['a thin pool with next to nothing free is full', { sizeGib: 10 }, { ...thin, freeGib: 4 }, false],
    ['infinite pools take anything', { sizeGib: 1e9 }, { totalGib: Infinity, freeGib: Infinity }, true],
    ['also with a reserve', { sizeGib: 1 }, { totalGib: Infinity, freeGib: Infinity, reservedPercentage: 5 }, true],
    ['an unknown total has no reserve', { sizeGib: 1 }, { totalGib: Infinity, reservedPercentage: 5 }, false],
    ['an unknown total with none is taken at its free space', { sizeGib: 1 }, { totalGib: Infinity }, true],
    ['unknown free space leaves the promises to decide', { sizeGib: 101 }, { freeGib: Infinity }, false],
    ['an empty total', { sizeGib: 1 }, { totalGib: 0 }, false],
    ['no report', { sizeGib: 1 }, { freeGib: Number.NaN }, false],
    ['a manage request needs no space', { sizeGib: 0 }, { allocatedGib: 100, freeGib: 0 }, true],
  ])('%s', (_promise, request, state, passes) => {
    const answer = ask('CapacityFilter', request, state);
    expect(answer === null, answer ?? 'passed').toBe(passes);
  });

  it('its reason gives the numbers that it judged by', () => {
    const state = { allocatedGib: 85, reservedPercentage: 10 };
    expect(ask('CapacityFilter', {}, state)).toBe(
      'needs 10 GiB, has 5 GiB left to promise: 85 GiB of 90 GiB are taken ' +
        '(total 100 GiB, 10 % reserved, over-subscription ratio 1)',
    );
  });

  it('agrees with the ceiling that the conditional update compares with, for any pool', () => {
    for (let seed = 1; seed <= 2000; seed += 1) {
      const state = {
        totalGib: (seed * 7919) % 997 || 1,
        freeGib: Infinity,
        allocatedGib: (seed * 104_729) % 2000,
        reservedPercentage: seed % 101,
        maxOverSubscriptionRatio: 1 + (seed % 40) / 3,
        thinProvisioning: seed % 2 === 0,
      };
      const sizeGib = 1 + (seed % 50);
      const fits = state.allocatedGib + sizeGib <= capacityCeilingGib(pool(state));
      expect(ask('CapacityFilter', { sizeGib }, state) === null).toBe(fits);
    }
  });
});

describe('zones, hints and neighbours', () => {
  const hosts = { [volumeA]: 'a@lvm#ssd', [volumeB]: 'b@lvm#ssd' };
  const named = (hints: RequestSpec['schedulerHints']): Partial<RequestSpec> => ({
    schedulerHints: hints,
    hintHosts: hosts,
  });
  it.each<[SchedulerFilterName, Partial<RequestSpec>, boolean]>([
    ['AvailabilityZoneFilter', {}, true],
    ['AvailabilityZoneFilter', { availabilityZone: 'nova' }, true],
    ['AvailabilityZoneFilter', { availabilityZone: 'elsewhere' }, false],
    ['IgnoreAttemptedHostsFilter', { excludedPools: ['a@lvm#ssd'] }, false],
    ['DifferentBackendFilter', named({}), true],
    ['DifferentBackendFilter', named({ different_host: [volumeA] }), false],
    ['DifferentBackendFilter', named({ different_host: [volumeB] }), true],
    ['DifferentBackendFilter', named({ different_host: [volumeB, volumeA] }), false],
    ['DifferentBackendFilter', named({ different_host: volumeA.toUpperCase().replaceAll('-', '') }), false],
    ['DifferentBackendFilter', named({ different_host: ['nonsense'] }), false],
    ['DifferentBackendFilter', named({ different_host: [] }), true],
    ['SameBackendFilter', named({}), true],
    ['SameBackendFilter', named({ same_host: volumeA }), true],
    ['SameBackendFilter', named({ same_host: [volumeB] }), false],
    ['SameBackendFilter', named({ same_host: [volumeB, volumeA] }), true],
    ['SameBackendFilter', named({ same_host: ['33333333-3333-4333-8333-333333333333'] }), false],
    ['SameBackendFilter', named({ same_host: ['../x'] }), false],
    ['InstanceLocalityFilter', {}, true],
    ['InstanceLocalityFilter', { schedulerHints: { local_to_instance: volumeA }, instanceHost: 'a' }, true],
    ['InstanceLocalityFilter', { schedulerHints: { local_to_instance: volumeA }, instanceHost: 'b' }, false],
    ['InstanceLocalityFilter', { schedulerHints: { local_to_instance: volumeA }, instanceHost: null }, false],
  ])('%s %j → %s', (name, request, passes) => {
    expect(ask(name, request) === null).toBe(passes);
  });
});

describe('JsonFilter', () => {
  it.each<[unknown, boolean]>([
    [['=', '$backend_id', 'a@lvm#ssd'], true],
    [['=', '$host', 'b@lvm#ssd'], false],
    [['>=', '$free_capacity_gb', 100], true],
    [['<', '$free_capacity_gb', 100], false],
    [['and', ['=', '$pool_name', 'ssd'], ['>', '$total_capacity_gb', 50]], true],
    [['or', ['=', '$pool_name', 'hdd'], ['>', '$total_capacity_gb', 500]], false],
    [['not', ['=', '$pool_name', 'hdd']], true],
    [['not', ['not', ['=', '$pool_name', 'hdd']]], false],
    [['in', '$pool_name', 'hdd', 'ssd'], true],
    [['=', '$capabilities.tier.kind', 'ssd'], true],
    [['=', '$nope', 'x'], false],
    [['<', '$pool_name', 5], false],
    [['='], false],
    [[], true],
    [['and', []], true],
    [['constructor', 1], false],
    [['eval', 'process.exit()'], false],
    [{ a: 1 }, false],
  ])('%j → %s', (query, passes) => {
    const state = { capabilities: { tier: { kind: 'ssd' } } };
    expect(ask('JsonFilter', { schedulerHints: { query: JSON.stringify(query) } }, state) === null).toBe(passes);
  });

  it.each(['{', '['.repeat(2000) + ']'.repeat(2000), `["=", "${'x'.repeat(5000)}", 1]`])(
    'a bad query fits no pool and throws nothing (%#)',
    (query) => {
      expect(ask('JsonFilter', { schedulerHints: { query } })).toContain('cannot be judged');
    },
  );
});

describe('DriverFilter', () => {
  it.each<[unknown, string | null]>([
    [undefined, null],
    [null, null],
    ['volume.size < 20', null],
    ['volume.size > 20', 'is ruled out by its filter_function'],
    ['(stats.total_capacity_gb - stats.allocated_capacity_gb) / 2 >= volume.size and capabilities.fast', null],
    ["capabilities.storage_protocol == 'NFS'", null],
    ['capabilities.storage_protocol == FC', 'is ruled out'],
    ["extra.tier == 'gold'", null],
    ['volume.nope > 1', 'fails: volume.nope has no value'],
    ['volume.size >', 'fails: a value expected at the end'],
    ['process.exit(1)', 'fails: no function process.exit'],
  ])('%s → %s', (filterFunction, reason) => {
    const capabilities = { filter_function: filterFunction, fast: true, storage_protocol: ['nfs', 'NFS'] };
    const answer = ask('DriverFilter', { extraSpecs: { tier: 'gold' } }, { capabilities });
    if (reason === null) expect(answer).toBeNull();
    else expect(answer).toContain(reason);
  });
});
