// Has the instant starter's operations end by themselves, for clients that wait for that.
import type { InstantStarter } from './instant-starter.ts';

/** How long a volume is `creating`: `cinder create` shows it once more before it is done. */
const creatingMs = 400;

/** Operations are over soon after their acceptance has been answered. */
export function settling(starter: InstantStarter): InstantStarter['submit'] {
  return async (request) => {
    const accepted = await starter.submit(request);
    setTimeout(() => void starter.settle(), request.kind === 'volumeCreate' ? creatingMs : 0);
    return accepted;
  };
}
