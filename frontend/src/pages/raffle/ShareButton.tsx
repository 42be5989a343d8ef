import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import type { Raffle } from '../../sdk/types';
import { announce } from '../../ui/announce';
import { Button, buttonClass, IconButton } from '../../ui/Button';
import { Dialog, DialogActions } from '../../ui/Dialog';
import { TextField } from '../../ui/Field';
import { raffleLink, whatsAppLink } from './share';

/** Shares a raffle by the device's own sheet; where there is none, by WhatsApp or a copied link. */
export function ShareButton({ raffle }: { raffle: Pick<Raffle, 'id' | 'title'> }) {
  const { t } = useLingui();
  const [search] = useSearchParams();
  const [open, setOpen] = useState(false);
  const [copied, setCopied] = useState(false);
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

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(url);
      setCopied(true);
      announce(t`Enlace copiado`);
    } catch {
      // Not allowed here: the link is in the field, selected by a tap, to copy by hand.
      setCopied(false);
    }
  }

  return (
    <>
      <IconButton icon="share" label={t`Compartir`} onClick={share} />
      <Dialog open={open} title={t`Compartir`} onClose={() => setOpen(false)}>
        <TextField
          label={t`Enlace`}
          readOnly
          value={url}
          onFocus={(event) => event.currentTarget.select()}
        />
        <DialogActions>
          <a
            className={buttonClass('primary')}
            href={whatsAppLink(`${text} ${url}`)}
            target="_blank"
            rel="noreferrer"
          >
            WhatsApp
          </a>
          <Button icon={copied ? 'check' : 'copy'} onClick={copy}>
            {copied ? t`Copiado` : t`Copiar enlace`}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
