// Starts worker.ts in a thread that runs from source: under Node 20, `--import tsx` does nothing in a thread.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
