import { useEffect, useState } from 'react';
import { pageStore } from '../../offline/store';
import { ApiError } from '../../sdk/errors';
import { raffleService } from '../../sdk/services/raffleService';

type Titles = Readonly<Record<string, string>>;

const KEY = 'titles';
const AT_ONCE = 4;

/** The titles of these raffles, by id; also those that this browser knew before. */
export function useTitles(raffleIds: readonly string[]): Titles {
  const [titles, setTitles] = useState<Titles>({});
  const wanted = [...new Set(raffleIds)].join(' ');

  useEffect(() => {
    if (wanted === '') return;
    let here = true;
    const learn = (more: Titles) => here && setTitles((before) => ({ ...before, ...more }));
    void (async () => {
      learn((await pageStore.get<Titles>(KEY)) ?? {});
      const left = wanted.split(' ');
      const workers = Array.from({ length: AT_ONCE }, async () => {
        for (let id = left.shift(); id && here; id = left.shift()) {
          const title = await titleOf(id);
          if (title === null) continue;
          const found = { [id]: title };
          learn(found);
          void pageStore.update<Titles>(KEY, (old) => ({ ...old, ...found }));
        }
      });
      await Promise.all(workers);
    })();
    return () => {
      here = false;
    };
  }, [wanted]);

  return titles;
}

/** Null when it cannot be told now; a card without its title still tells the numbers. */
async function titleOf(id: string): Promise<string | null> {
  try {
    return (await raffleService.get(id)).title;
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}
