// Preloaded into a worker's process: its workflow threads keep no stack trace for each promise (docs/decisions/0015).
import { promiseHooks } from 'node:v8';
import { isMainThread } from 'node:worker_threads';

// Only the SDK's workflow threads ask for this hook. Where Node has none, the SDK does without it and says so; that is
// its own way of doing without, and it has no option for it.
if (!isMainThread) {
  promiseHooks.createHook = () => {
    throw new Error('no stack traces of promises: docs/decisions/0015');
  };
}
