// Which addresses only this machine can reach.
import { isIP } from 'node:net';

/** Of an address to listen at, as a configuration writes it. */
export function isLoopback(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith('127.');
  return address === '::1' || address === 'localhost';
}
