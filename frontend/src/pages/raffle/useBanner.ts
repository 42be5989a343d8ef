import { useEffect, useRef, useState } from 'react';
import type { ConnectionView } from '../../sdk/types';
import { type Banner, bannerOf } from './banner';

const TICK_MS = 500;

/** The banner for now. Ticks only while not live. */
export function useBanner(view: ConnectionView): Banner {
  const since = useRef(performance.now());
  const [, tick] = useState(0);
  const calm = view.state === 'live' || view.state === 'closed';

  useEffect(() => {
    if (calm) return;
    const timer = setInterval(() => tick((n) => n + 1), TICK_MS);
    return () => clearInterval(timer);
  }, [calm]);

  return bannerOf(view, performance.now(), since.current);
}
