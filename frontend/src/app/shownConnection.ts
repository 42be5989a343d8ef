import { useEffect } from 'react';
import { type Observable, Value } from '../sdk/observable';
import type { ConnectionView } from '../sdk/types';

const shown = new Value<Observable<ConnectionView> | null>(null);

/** The connection that the header tells about; null on pages that have none. */
export const shownConnection: Observable<Observable<ConnectionView> | null> = shown;

/** Shows this connection in the header for as long as the calling component is there. */
export function useShownConnection(connection: Observable<ConnectionView>): void {
  useEffect(() => {
    shown.set(connection);
    return () => {
      if (shown.get() === connection) shown.set(null);
    };
  }, [connection]);
}
