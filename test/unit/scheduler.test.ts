// The scheduler picks the best pool, spreads what is equal, and gives a reason for every pool that it leaves out.
import { describe, expect, it } from 'vitest';
import { capacityCeilingGib } from '../../domain/scheduler/capacity.ts';
import { explainRejections } from '../../domain/scheduler/explain.ts';
import { rankPools } from '../../domain/scheduler/schedule.ts';
import type { PoolState, RequestSpec } from '../../domain/scheduler/spec.ts';
import { normalize } from '../../domain/scheduler/weighers/weigher.ts';

const spec: RequestSpec = {
  volumeId: '99999999-9999-4999-8999-999999999999',
  sizeGib: 1,
  availabilityZone: null,
  extraSpecs: {},
  volumeTypeName: null,
  multiattach: false,
  schedulerHints: {},
  pinnedHost: null,
  hintHosts: {},
  excludedPools: [],
};

function pool(host: string, changes: Partial<PoolState> = {}): PoolState {
  return {
    id: `${host}@file#file`,
    serviceHost: `${host}@file`,
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
    multiattach: false,
    capabilities: {},
    ...changes,
  };
}

/** Repeatable numbers in [0, 1) (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const hosts = (ranking: { ranked: readonly { poolId: string }[] }): string[] =>
  ranking.ranked.map(({ poolId }) => poolId.split('@')[0] ?? '');

function share(picks: readonly string[], host: string): number {
  return picks.filter((pick) => pick === host).length / picks.length;
}

describe('which pools are out', () => {
  it.each<[string, Partial<RequestSpec>, Partial<PoolState>, string, string]>([
    ['a service that is down', {}, { serviceUp: false }, 'ServiceState', 'service_down_time'],
    [
      'a disabled one',
      {},
      { serviceDisabled: true, disabledReason: 'new disks' },
      'ServiceState',
      'disabled: new disks',
    ],
    ['a frozen one', {}, { frozen: true }, 'ServiceState', 'frozen'],
    ['one tried before', { excludedPools: ['a@file#file'] }, {}, 'AlreadyTried', 'before'],
    ["one that is not a clone's source's", { pinnedHost: 'b@file#file' }, {}, 'PinnedBackend', 'b@file#file'],
    ['one in another zone', { availabilityZone: 'z' }, {}, 'AvailabilityZoneFilter', 'not in z'],
    ['a full one', {}, { allocatedGib: 100 }, 'CapacityFilter', '0 GiB left'],
    ['one that cannot do it', { extraSpecs: { ssd: '<is> True' } }, {}, 'CapabilitiesFilter', 'ssd'],
  ])('%s, with the reason', (_promise, request, state, filter, reason) => {
    const { ranked, rejected } = rankPools({ ...spec, ...request }, [pool('a', state)]);
    expect(ranked).toEqual([]);
    expect(rejected).toEqual([{ poolId: 'a@file#file', filter, reason: expect.stringContaining(reason) as string }]);
  });

  it('the gates hold even when no filter is configured', () => {
    const pools = [pool('down', { serviceUp: false }), pool('up'), pool('full', { allocatedGib: 100 })];
    expect(hosts(rankPools(spec, pools, { filters: [] }))).toEqual(['up', 'full']);
  });

  it('a clone goes to its source, named with or without its pool', () => {
    for (const pinnedHost of ['b@file#file', 'b@file']) {
      expect(hosts(rankPools({ ...spec, pinnedHost }, [pool('a'), pool('b')]))).toEqual(['b']);
    }
  });

  it('every pool is either ranked or rejected, once', () => {
    const random = seededRandom(7);
    const pools = Array.from({ length: 500 }, (_, index) =>
      pool(`h${index}`, {
        allocatedGib: Math.floor(random() * 110),
        serviceUp: random() > 0.2,
        frozen: random() > 0.9,
      }),
    );
    const { ranked, rejected } = rankPools(spec, pools, { random });
    const ids = [...ranked, ...rejected].map(({ poolId }) => poolId).toSorted();
    expect(ids).toEqual(pools.map(({ id }) => id).toSorted());
    const weights = ranked.map(({ weight }) => weight);
    expect(weights).toEqual(weights.toSorted((left, right) => right - left));
  });
});

describe('which pool is best', () => {
  const small = pool('small', { totalGib: 50, allocatedVolumes: 1, allocatedGib: 1 });
  const large = pool('large', { totalGib: 1000, freeGib: 1000, allocatedVolumes: 9, allocatedGib: 90 });
  const unknown = pool('unknown', { totalGib: Infinity, freeGib: Infinity, allocatedVolumes: 5, allocatedGib: 50 });
  const pools = [small, unknown, large];

  it.each([
    ['CapacityWeigher', undefined, ['large', 'small', 'unknown']],
    ['CapacityWeigher', -1, ['small', 'large', 'unknown']],
    ['AllocatedCapacityWeigher', undefined, ['small', 'unknown', 'large']],
    ['AllocatedCapacityWeigher', 1, ['large', 'unknown', 'small']],
    ['VolumeNumberWeigher', undefined, ['small', 'unknown', 'large']],
    ['VolumeNumberWeigher', 1, ['large', 'unknown', 'small']],
  ] as const)('%s with multiplier %s', (weigher, multiplier, order) => {
    const multipliers = multiplier === undefined ? {} : { [weigher]: multiplier };
    // Whichever way the multiplier points, a pool that does not report its capacity comes last.
    expect(hosts(rankPools(spec, pools, { weighers: [weigher], multipliers }))).toEqual(order);
  });

  it('the one that rates itself best (GoodnessWeigher)', () => {
    const rated = (host: string, goodness: unknown) => pool(host, { capabilities: { goodness_function: goodness } });
    const pools = [
      rated('fails', 'volume.nope'),
      rated('good', 'volume.size < 10 ? 80 : 10'),
      rated('out of range', '1000'),
      rated('perfect', '1 < 2'),
      rated('none', null),
    ];
    const { ranked } = rankPools(spec, pools, { weighers: ['GoodnessWeigher'] });
    expect(ranked.slice(0, 2)).toEqual([
      { poolId: 'perfect@file#file', weight: 1 },
      { poolId: 'good@file#file', weight: 0.8 },
    ]);
    expect(ranked.slice(2).every(({ weight }) => weight === 0)).toBe(true);
  });

  it('weighers add up, each scaled to 0…1 first', () => {
    const weighers = ['CapacityWeigher', 'VolumeNumberWeigher'] as const;
    const { ranked } = rankPools(spec, [small, large], { weighers, multipliers: { CapacityWeigher: 3 } });
    expect(ranked).toEqual([
      { poolId: large.id, weight: 2 },
      { poolId: small.id, weight: 0 },
    ]);
  });

  it('no pools, no ranking; equal weights normalize to 0', () => {
    expect(rankPools(spec, [])).toEqual({ ranked: [], rejected: [] });
    expect(normalize([3, 3])).toEqual([0, 0]);
    expect(normalize([1, 2, 3])).toEqual([0, 0.5, 1]);
  });
});

describe('a burst spreads', () => {
  const equal = ['a', 'b', 'c', 'd'].map((host) => pool(host));

  it('over equal pools, with chance', () => {
    const random = seededRandom(1);
    const picks = Array.from({ length: 4000 }, () => hosts(rankPools(spec, equal, { random }))[0] ?? '');
    for (const host of ['a', 'b', 'c', 'd']) expect(Math.abs(share(picks, host) - 0.25)).toBeLessThan(0.04);
  });

  it('over equal pools without chance, to the emptiest first', () => {
    const pools = [
      pool('a', { allocatedVolumes: 2 }),
      pool('b', { allocatedVolumes: 1 }),
      pool('c', { allocatedVolumes: 3 }),
    ];
    expect(hosts(rankPools(spec, pools))).toEqual(['b', 'a', 'c']);
  });

  it('placed one by one it fills every pool to its ceiling and no further', () => {
    const random = seededRandom(3);
    const state = new Map(
      [30, 45, 75].map((totalGib, index) => {
        const one = pool(`h${index}`, { totalGib, freeGib: totalGib });
        return [one.id, one] as const;
      }),
    );
    let refused = 0;
    for (let count = 0; count < 200; count += 1) {
      const best = state.get(rankPools(spec, [...state.values()], { random }).ranked[0]?.poolId ?? '');
      if (best) state.set(best.id, { ...best, allocatedGib: best.allocatedGib + 1 });
      else refused += 1;
    }
    expect(refused).toBe(50);
    for (const one of state.values()) expect(one.allocatedGib).toBe(capacityCeilingGib(one));
  });

  it('in proportion to the weights with the stochastic handler', () => {
    const pools = [pool('one', { totalGib: 100 }), pool('three', { totalGib: 300, freeGib: 300 })];
    const random = seededRandom(2);
    const options = { weightHandler: 'StochasticHostWeightHandler', random } as const;
    const picks = Array.from({ length: 4000 }, () => hosts(rankPools(spec, pools, options))[0] ?? '');
    expect(Math.abs(share(picks, 'three') - 0.75)).toBeLessThan(0.03);
  });

  it('the stochastic handler ranks every pool, also when all weigh nothing or less', () => {
    const options = {
      weightHandler: 'StochasticHostWeightHandler',
      weighers: ['AllocatedCapacityWeigher'],
      random: seededRandom(5),
    } as const;
    expect(hosts(rankPools(spec, equal, options)).toSorted()).toEqual(['a', 'b', 'c', 'd']);
    const uneven = [pool('full', { allocatedGib: 90 }), pool('empty')];
    expect(hosts(rankPools(spec, uneven, options))).toEqual(['empty', 'full']);
  });
});

describe('ten thousand pools', () => {
  it('each is looked at a fixed number of times, whatever their number', () => {
    function looksPerPool(count: number): number {
      let looks = 0;
      const pools = Array.from({ length: count }, (_, index) => {
        return new Proxy(pool(`h${index}`, { capabilities: { filter_function: 'volume.size < 5' } }), {
          get(target, name: keyof PoolState) {
            if (name === 'capabilities') looks += 1;
            return target[name];
          },
        });
      });
      const filters = ['CapacityFilter', 'CapabilitiesFilter', 'DriverFilter'] as const;
      const extraSpecs = { volume_backend_name: 'file' };
      expect(rankPools({ ...spec, extraSpecs }, pools, { filters, random: seededRandom(1) }).ranked).toHaveLength(
        count,
      );
      return looks / count;
    }
    expect(looksPerPool(10_000)).toBe(looksPerPool(10));
  });

  it('a refusal by all of them is still told in a few lines', () => {
    const pools = Array.from({ length: 10_000 }, (_, index) =>
      pool(`h${index}`, index % 2 === 0 ? { allocatedGib: 100 } : { serviceUp: false }),
    );
    const told = explainRejections(spec, rankPools(spec, pools).rejected);
    expect(told.split('\n')).toHaveLength(2);
    expect(told).toContain('and 4997 more');
    expect(told.length).toBeLessThan(2000);
  });

  it("a clone's refusal is about its source's pool alone", () => {
    const request = { ...spec, pinnedHost: 'b@file#file' };
    const told = (pools: PoolState[]): string => explainRejections(request, rankPools(request, pools).rejected);
    expect(told([pool('a'), pool('b', { serviceUp: false })])).toMatch(/^ServiceState: b@file#file its service/);
    expect(told([pool('a')])).toContain('It must go to b@file#file');
    expect(told([])).toBe('No back-end has reported a pool.');
  });
});
