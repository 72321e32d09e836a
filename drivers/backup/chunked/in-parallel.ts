// Works through a sequence with a few at a time.

/**
 * Calls `work` with each item, at most `limit` at once, pulling items as it goes. After a failure no more are begun,
 * those under way are waited for, and the first failure is thrown.
 */
export async function inParallel<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = oneByOne(items);
  let failed = false;
  const lane = async (): Promise<void> => {
    try {
      while (!failed) {
        const { done, value } = await iterator.next();
        if (done) return;
        await work(value);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: limit }, lane));
  await iterator.return(undefined);
  const failure = lanes.find((each) => each.status === 'rejected');
  if (failure) throw failure.reason;
}

async function* oneByOne<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items;
}
