// Turns Ctrl-C and SIGTERM into an orderly stop, and the second one into an end at once.

export interface SignalHandling {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Settles at the first signal. */
  readonly received: Promise<void>;
  /** Gives the signals their ordinary meaning back. */
  dispose(): void;
}

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Takes over SIGINT, SIGTERM and SIGHUP (a closed terminal) of this process. */
export function stopOnSignals(handlers: { onFirst: () => void; onSecond: () => void }): SignalHandling {
  const controller = new AbortController();
  const { promise, resolve } = withResolvers();
  const handle = (): void => {
    if (controller.signal.aborted) {
      handlers.onSecond();
      process.exit(130);
    }
    handlers.onFirst();
    controller.abort(new Error('stopped by a signal'));
    resolve();
  };
  for (const name of names) process.on(name, handle);
  return {
    signal: controller.signal,
    received: promise,
    dispose: () => names.forEach((name) => process.off(name, handle)),
  };
}

/** Promise.withResolvers() came with Node 22. */
function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
