// Addresses of this machine's loopback network, one for each host of a test, so that all use their well-known ports.
import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { claimPort } from '../../../workers/embedded/ports.ts';

/** Answers the n-th address (1 … 250) of a /24 that nobody uses yet: Linux answers on all of 127.0.0.0/8. */
export type HostAddress = (n: number) => string;

/** Finds a network in which the wished ports are free on its first address. */
export async function loopbackNetwork(ports: readonly number[]): Promise<HostAddress> {
  for (let attempt = 1; ; attempt += 1) {
    const network = `127.${randomInt(64, 250)}.${randomInt(1, 250)}`;
    const address: HostAddress = (n) => `${network}.${n}`;
    try {
      for (const port of ports) await claimPort({ flag: 'a test', port, host: address(1) });
      return address;
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}

/** True when something takes connections there. */
export function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}
