// A backup store that notes what is put into it.
import type { BackupStore, ObjectData } from '../../../drivers/backup/driver.ts';

/** The same store, with the names of what is put into it. */
export function counting(store: BackupStore): { readonly store: BackupStore; readonly puts: string[] } {
  const puts: string[] = [];
  const put = (container: string, name: string, data: ObjectData, signal: AbortSignal): Promise<void> => {
    puts.push(name);
    return store.put(container, name, data, signal);
  };
  const counted = new Proxy(store, {
    get: (inner, key) => {
      if (key === 'put') return put;
      const value: unknown = Reflect.get(inner, key, inner);
      return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
    },
  });
  return { store: counted, puts };
}
