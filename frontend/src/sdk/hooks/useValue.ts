import { useSyncExternalStore } from 'react';
import type { Observable } from '../observable';

/** The value of an observable; renders again when it changes. */
export function useValue<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.subscribe, observable.get, observable.get);
}
