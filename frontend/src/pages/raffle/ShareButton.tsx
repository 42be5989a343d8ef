import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { lazyPart, Once } from '../../app/lazy';
import type { Raffle } from '../../sdk/types';
import { IconButton } from '../../ui/Button';
import { raffleLink } from './share';

const ShareDialog = lazyPart(async () => (await import('./ShareDialog')).ShareDialog);

/** Shares a raffle by the device's own sheet; where there is none, by a dialog of ours. */
export function ShareButton({ raffle }: { raffle: Pick<Raffle, 'id' | 'title'> }) {
  const { t } = useLingui();
  const [search] = useSearchParams();
  const [open, setOpen] = useState(false);
  const number = search.get('n');
  const url = raffleLink(raffle.id, number);
  const text = number
    ? t`Mire el número ${number} de «${raffle.title}»`
    : t`Escoja su número en «${raffle.title}»`;

  async function share(): Promise<void> {
    if (!navigator.share) {
      setOpen(true);
      return;
    }
    try {
      await navigator.share({ title: raffle.title, text, url });
    } catch (error) {
      // The person closed the device's sheet: nothing to say. Anything else: our own way.
      if (!(error instanceof DOMException && error.name === 'AbortError')) setOpen(true);
    }
  }

  return (
    <>
      <IconButton icon="share" label={t`Compartir`} onClick={share} />
      <Once when={open}>
        <ShareDialog open={open} url={url} text={text} onClose={() => setOpen(false)} />
      </Once>
    </>
  );
}
